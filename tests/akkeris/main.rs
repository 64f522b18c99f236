//! Akkeris: the sandbox holds its recordings, and the client copes with its oddities.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on ends here"
)]

#[cfg(unix)]
mod cancel;
mod content;
mod delivery;
#[path = "../support/foretold.rs"]
mod foretold;
mod oddities;
mod recordings;
mod refusals;
mod requests;
mod shape;
mod support;
mod twins;
