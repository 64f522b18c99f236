//! Akkeris: the sandbox holds its recordings, and the client copes with its oddities.

#[cfg(unix)]
mod cancel;
mod content;
mod delivery;
mod gates;
mod listings;
mod oddities;
mod recordings;
mod refusals;
mod requests;
mod rollback;
mod shape;
mod statuses;
mod support;
mod twins;
