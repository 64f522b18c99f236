//! Waiting for what comes from elsewhere.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// The longest that anything in these tests may take: what takes longer hangs, on the busiest machine, too.
pub(crate) const LONGEST: Duration = Duration::from_mins(3);

/// Between two looks. It takes nothing from what is waited for, and decides nothing.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// Looks until something is there. What is known instead is said if it does not come.
#[track_caller]
pub(crate) fn eventually<T>(
    mut look: impl FnMut() -> Option<T>,
    instead: impl Fn() -> String,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        let hangs = began.elapsed() > LONGEST;
        assert!(!hangs, "it does not come: {}", instead());
        sleep(PAUSE);
    }
}
