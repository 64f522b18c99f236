//! The platform's registry of container images, as a client that pushes to it: the distribution specification
//! (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md>). A repository is an app and a process type.

mod address;

use std::time::Duration;

use secrecy::SecretString;

use crate::{
    http::{Error, Kind, Outside, Pacing},
    image::{Digest, Image, Pick},
    journal::Journal,
    redact::Redactor,
};

pub use address::{Address, VARIABLE, address};

/// A registry: where it is, and the token for it.
pub struct Registry {
    address: Address,
}

/// How far a push is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes sent so far.
    pub sent: u64,
    /// Bytes that have to be sent in all.
    pub bytes: u64,
}

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The image's id, which the platform releases it by.
    pub id: Digest,
    /// The digest of the manifest that was put.
    pub manifest_digest: Digest,
    /// How many blobs were sent.
    pub blobs_sent: u64,
    /// How many were there already.
    pub blobs_there: u64,
    /// How many bytes were sent.
    pub bytes_sent: u64,
}

impl Registry {
    /// Makes the clients of a registry. The token goes to its own origin and nowhere else.
    pub fn new(
        address: Address,
        token: SecretString,
        outside: &Outside,
        pacing: Pacing,
        journal: Journal,
        redactor: Redactor,
    ) -> Result<Self, String> {
        let _ = (token, outside, pacing, journal, redactor);
        Ok(Self { address })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Pushes an image as the tag `latest` of a process type of an app. Blobs that are there are not sent again, and nothing
    /// is tagged before all of it is there: done twice it is done once. `progress` is told a few times a second.
    pub async fn push(
        &self,
        image: &Image,
        app: &str,
        process_type: &str,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Pushed, Error> {
        let _ = (image, progress);
        std::future::ready(()).await;
        let request = format!("pushing to {app}/{process_type}");
        Err(Error::new(Kind::Unsupported, request, "not yet"))
    }

    /// The id of an image that is in the registry. `budget` bounds how long the request is repeated.
    pub async fn image_id(
        &self,
        app: &str,
        process_type: &str,
        pick: &Pick,
        budget: Duration,
    ) -> Result<Digest, Error> {
        let _ = (pick, budget);
        std::future::ready(()).await;
        let request = format!("reading the manifest of {app}/{process_type}");
        Err(Error::new(Kind::Unsupported, request, "not yet"))
    }
}

/// What to do about a request of the registry that failed, where that is known.
pub fn advice(error: &Error) -> Option<&'static str> {
    let _ = error;
    None
}
