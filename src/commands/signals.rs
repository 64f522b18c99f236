//! What ends a command early: signals and the deadline.

use std::time::{Duration, Instant};

use super::Context;
use crate::{exit::Exit, failure::Failure};

/// How long everything that follows a signal may take: a CI system kills what does not end within 7.5 s.
#[derive(Clone, Copy, Debug)]
pub(super) struct CleanUp {
    /// All of it.
    pub(super) all: Duration,
    /// Of that, the wait for the answer to a request that creates something.
    pub(super) answer: Duration,
    /// Of that, the search for a build that such a request may have created.
    pub(super) look: Duration,
    /// Until then others may be told how the run ended (`notify`).
    pub(super) tell: Duration,
    /// After that the process ends, whatever it is doing.
    pub(super) last_resort: Duration,
}

impl CleanUp {
    /// Longer or shorter than it is but in tests. The last resort comes no sooner, or a slow machine would cut off what is
    /// still being said.
    pub(super) fn scaled(scale: f64) -> Self {
        let of = |millis| Duration::from_millis(millis).mul_f64(scale.clamp(0.01, 100.0));
        Self {
            all: of(5000),
            answer: of(2000),
            look: of(1000),
            tell: of(6000),
            last_resort: of(6500).max(Duration::from_millis(6500)),
        }
    }
}

impl Context<'_> {
    /// How long clean-up may take. The variable is for tests: none of them may depend on how quick a machine is.
    pub(super) fn clean_up(&self) -> CleanUp {
        let scale = self.env.get("LAUNCHWAY_TEST_CLEAN_UP");
        CleanUp::scaled(scale.and_then(|scale| scale.parse().ok()).unwrap_or(1.0))
    }
}

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

/// Ends the process if the run does not: it hangs in a write, because the reader of its output has stopped reading without
/// closing the pipe.
#[expect(clippy::exit, reason = "who hangs can't return")]
pub(super) async fn last_resort(mut signals: Signals, limit: Option<Duration>, clean_up: CleanUp) {
    let end = ended(&mut signals, limit).await;
    tokio::time::sleep(clean_up.last_resort).await;
    std::process::exit(end.code().into())
}

/// The same once there is a verdict, which stays the exit code. `cut_off` is when a signal or the deadline ended the run, if
/// one did; `left` is what is left of its time.
#[expect(clippy::exit, reason = "who hangs can't return")]
pub(super) async fn last_resort_after(
    verdict: Exit,
    mut signals: Signals,
    cut_off: Option<Instant>,
    left: Option<Duration>,
    clean_up: CleanUp,
) {
    let since = match cut_off {
        Some(since) => since,
        None => {
            ended(&mut signals, left).await;
            Instant::now()
        }
    };
    tokio::time::sleep(clean_up.last_resort.saturating_sub(since.elapsed())).await;
    std::process::exit(verdict.code().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ci_system_has_nothing_to_kill() {
        let clean_up = CleanUp::scaled(1.0);
        assert!(clean_up.answer + clean_up.look < clean_up.all);
        assert!(clean_up.all < clean_up.tell);
        assert!(clean_up.tell < clean_up.last_resort);
        assert!(clean_up.last_resort < Duration::from_secs(7));
    }
}
