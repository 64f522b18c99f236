//! The binary as users run it, against the embedded platform over real HTTP: exit code, output, requests, record, and
//! what the platform runs afterwards. What must hold for every run, whatever its scenario, is in `support::invariants`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on ends here"
)]
#![cfg_attr(not(unix), allow(dead_code, reason = "signals are sent on Unix only"))]

#[path = "../support/foretold.rs"]
mod foretold;
#[path = "../support/leaks.rs"]
mod leaks;
#[path = "../support/schema.rs"]
mod schema;
#[macro_use]
mod support;

mod between;
mod build;
#[cfg(unix)]
mod cancel;
mod checks;
mod content;
mod denied;
mod deploy;
mod fir;
#[cfg(unix)]
mod hanging;
mod lost;
mod preboot;
mod promote;
mod promotion;
mod refused;
mod release;
mod requests;
mod retry;
mod secrets;
mod slug;
mod stream;
mod tls;
mod trust;
mod twins;
mod usage;
mod verify;
mod workspace;
