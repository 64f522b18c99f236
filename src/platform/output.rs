//! The output of something under way, however the platform gives it: as a stream or as snapshots.

use async_trait::async_trait;

use crate::http::{Error, SecretUrl};

/// What a look at an output gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Output; perhaps empty: a heartbeat.
    Bytes(Vec<u8>),
    /// There is none yet.
    NotYet,
    /// It ended; there may be more in another look.
    End,
    /// It ended, and all of it was delivered.
    Complete,
}

/// A place in an output. What was delivered once is not delivered again.
#[async_trait(?Send)]
pub trait Output {
    /// Sets its new address, where it is reopened.
    fn moved(&mut self, to: SecretUrl);

    /// The next piece. After `NotYet`, `End` or an error the next call connects again: pause before it. Dropping the
    /// future loses nothing.
    async fn next(&mut self) -> Result<Piece, Error>;
}
