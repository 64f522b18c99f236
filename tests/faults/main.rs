//! The truth under faults: whatever the network, the platform and the machine do, the exit code is true, nothing happens
//! twice, nothing hangs and no secret is shown. The binary as users run it, against the embedded platform.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on ends here"
)]

mod approving;
mod flood;
#[path = "../it/support/image.rs"]
#[allow(dead_code, reason = "shared with the other tests")]
mod image;
mod kill;
#[path = "../it/support/leaks.rs"]
mod leaks;
mod machine;
mod matrix;
mod model;
mod streams;
#[path = "../it/support/stub.rs"]
#[allow(dead_code, reason = "these tests need less of it")]
mod stub;
mod support;
#[path = "../it/support/wait.rs"]
#[cfg_attr(
    not(unix),
    allow(dead_code, reason = "what is waited for exists on Unix only")
)]
mod wait;
mod ways;
