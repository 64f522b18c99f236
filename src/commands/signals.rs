//! What ends a command from outside: signals and the deadline.

use std::time::Duration;

use crate::{exit::Exit, failure::Failure};

/// When the process ends after a signal, whatever it is doing: a CI system kills what does not end within 7.5 s.
const LAST_RESORT: Duration = Duration::from_millis(6500);

/// SIGINT and SIGTERM; Ctrl-C and Ctrl-Break on Windows.
pub(super) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(windows)]
    interrupt: tokio::signal::windows::CtrlC,
    #[cfg(windows)]
    terminate: tokio::signal::windows::CtrlBreak,
}

impl Signals {
    pub(super) fn new() -> Result<Self, Failure> {
        #[cfg(unix)]
        let made = {
            use tokio::signal::unix::{SignalKind, signal};
            signal(SignalKind::interrupt()).and_then(|interrupt| {
                Ok(Self {
                    interrupt,
                    terminate: signal(SignalKind::terminate())?,
                })
            })
        };
        #[cfg(windows)]
        let made = {
            use tokio::signal::windows::{ctrl_break, ctrl_c};
            ctrl_c().and_then(|interrupt| {
                Ok(Self {
                    interrupt,
                    terminate: ctrl_break()?,
                })
            })
        };
        made.map_err(|e| Failure::new(Exit::Io, format!("cannot listen for signals: {e}")))
    }

    /// The next signal, as the exit code that it means.
    pub(super) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

/// Comes when a signal or the deadline ends the run.
pub(super) async fn ended(signals: &mut Signals, limit: Option<Duration>) -> Exit {
    let deadline = async {
        match limit {
            Some(limit) => tokio::time::sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        exit = signals.next() => exit,
        () = deadline => Exit::Deadline,
    }
}

/// Ends the process if the run does not end itself: it hangs where it writes, for whoever reads its output has stopped
/// reading without going away.
#[expect(clippy::exit, reason = "who hangs can't return")]
pub(super) async fn last_resort(mut signals: Signals, limit: Option<Duration>) {
    let end = ended(&mut signals, limit).await;
    tokio::time::sleep(LAST_RESORT).await;
    std::process::exit(end.code().into())
}
