//! An image that was opened and checked.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use super::{Digest, Error};

/// An image in a file or a directory, checked whole. Clones share what was made of it.
#[derive(Clone, Debug)]
pub struct Image(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: Digest,
    revision: Option<String>,
    bytes: u64,
}

/// Where the bytes of a blob are.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Where in the file they begin.
    pub offset: u64,
    /// How many they are.
    pub size: u64,
    /// The file's own length and time of change when it was looked at.
    pub mark: (u64, Option<SystemTime>),
}

/// A blob to push.
#[derive(Clone, Debug)]
pub struct Blob {
    /// Its digest.
    pub digest: Digest,
    /// How many bytes it has.
    pub size: u64,
    /// Where they are.
    pub place: Place,
}

/// What is pushed of an image.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Docker's manifest, version 2, schema 2.
    pub manifest: Vec<u8>,
    /// Its digest.
    pub manifest_digest: Digest,
    /// The configuration and the layers that it names, each once.
    pub blobs: Vec<Blob>,
}

impl Image {
    /// What the platform knows it by: the digest of its configuration. It is the same however the layers are compressed.
    pub fn id(&self) -> &Digest {
        &self.0.id
    }

    /// The commit that it says it was made of: the label `org.opencontainers.image.revision`.
    pub fn revision(&self) -> Option<&str> {
        self.0.revision.as_deref()
    }

    /// How many bytes configuration and layers have where they are: more than what is sent, if they are not compressed.
    pub fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// What is pushed of it. Layers that are not compressed are, once, into files without names that are gone with the image.
    /// Blocks until it is done, in constant memory.
    pub fn parts(&self, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Parts, Error> {
        let _ = cancelled;
        Err(Error::refused("", "it can't be read yet"))
    }
}
