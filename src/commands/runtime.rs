//! The runtime that a command works in, and what bounds the commands that change nothing.

use std::{cell::Cell, time::Duration};

use super::{
    Context,
    signals::{Signals, ended, last_resort},
};
use crate::{ci::timeout, exit::Exit, failure::Failure, units};

/// How long a thread that packs may take to notice that it is cancelled.
const LET_GO: Duration = Duration::from_secs(2);

/// What a command is doing, for the message when it is cut short.
pub(super) type Doing = Cell<&'static str>;

impl Context<'_> {
    /// Does something that changes nothing on the platform: until it is done, a signal comes, or the time of `--timeout`
    /// is over.
    pub(super) fn read_only<T>(
        &self,
        doing: &Doing,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let runtime = runtime()?;
        let limit = self.global.timeout;
        let result = runtime.block_on(async {
            let mut signals = Signals::new()?;
            tokio::spawn(last_resort(Signals::new()?, limit, self.clean_up()));
            tokio::select! {
                result = Box::pin(work) => result,
                end = ended(&mut signals, limit) => Err(cut_short(end, limit, doing.get())),
            }
        });
        // What packs has been told to stop, and removes what it left; what hangs where it writes is not waited for.
        runtime.shutdown_timeout(LET_GO);
        result
    }

    /// How long a command that changes something may take: `--timeout`, or what the CI system leaves of the job's time.
    pub(super) fn time_limit(&self) -> Option<Duration> {
        let left = || timeout::left(&self.env, jiff::Timestamp::now());
        self.global.timeout.or_else(left)
    }
}

/// A command that ended before its work did.
fn cut_short(end: Exit, limit: Option<Duration>, doing: &str) -> Failure {
    let (why, next) = match (end, limit) {
        (Exit::Interrupted, _) => ("SIGINT (Ctrl-C)".to_owned(), "safe to run again"),
        (Exit::Deadline, Some(limit)) => (
            format!("the time limit of {} (`--timeout`)", units::duration(limit)),
            "safe to run again, with more time",
        ),
        _ => ("SIGTERM".to_owned(), "safe to run again"),
    };
    let what = match end {
        Exit::Deadline => format!("{why} passed while {doing}"),
        _ => format!("{why} ended it while {doing}"),
    };
    Failure::new(end, what)
        .state("nothing was changed on the platform")
        .next(next)
}

/// The runtime that a command works in.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = spare_descriptors().and_then(|()| {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
    });
    runtime.map_err(|e| {
        Failure::new(Exit::Io, format!("cannot start: {e}"))
            .state("nothing was sent to the platform")
            .next("check the limits of this shell or container: `ulimit -a`")
    })
}

/// Sees whether there are the few file descriptors that every run needs: the runtime does not fail without them, it
/// panics.
fn spare_descriptors() -> std::io::Result<()> {
    const FEW: usize = 16;
    let null = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let spare: Result<Vec<_>, _> = (0..FEW).map(|_| std::fs::File::open(null)).collect();
    spare.map(drop)
}
