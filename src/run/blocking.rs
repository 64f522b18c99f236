//! Blocking work, on threads of its own.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::{exit::Exit, failure::Failure};

/// Runs blocking work on a thread of its own. If the future is dropped, `work` sees that it is cancelled and must stop:
/// nothing waits for it any more.
pub async fn blocking<T: Send + 'static>(
    doing: &str,
    work: impl FnOnce(&(dyn Fn() -> bool + Sync)) -> T + Send + 'static,
) -> Result<T, Failure> {
    let cancelled = Cancelled(Arc::new(AtomicBool::new(false)));
    let flag = Arc::clone(&cancelled.0);
    tokio::task::spawn_blocking(move || work(&|| flag.load(Ordering::Relaxed)))
        .await
        .map_err(|e| Failure::new(Exit::Internal, format!("{doing} was aborted: {e}")))
}

/// Sets its flag when dropped.
struct Cancelled(Arc<AtomicBool>);

impl Drop for Cancelled {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
