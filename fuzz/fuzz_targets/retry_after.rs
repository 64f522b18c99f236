//! Any `Retry-After` leads to a pause within bounds.
#![no_main]

use std::time::{Duration, SystemTime};

use launchway::http::retry::{LONGEST_RETRY_AFTER, pause, retry_after};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|value: &str| {
    let asked = retry_after(value, SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let planned = Duration::from_secs(1);
    for left in [Duration::ZERO, Duration::from_secs(45), Duration::MAX] {
        let pause = pause(planned, asked, left);
        assert!(pause.is_none_or(|pause| pause <= LONGEST_RETRY_AFTER && pause <= left));
    }
});
