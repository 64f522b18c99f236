//! The runtime that a command works in.

use crate::{exit::Exit, failure::Failure};

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
            .next("see what the limits of this shell or container are: `ulimit -a`")
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
