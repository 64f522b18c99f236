//! Why an image is not taken.

use std::{io, path::PathBuf};

/// Why an image is not taken. What it says is about a file of the user's; digests and names in it are cleaned of what is not
/// text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system does not give it.
    #[error("can't read the image {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else, is not whole, or is of a kind that the platform does not take.
    #[error("can't take the image {}: {why}", path.display())]
    Refused {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
        /// What to do.
        next: Option<&'static str>,
    },
    /// The run was cancelled.
    #[error("reading the image was cancelled")]
    Cancelled,
}

impl Error {
    /// Something is wrong with what is at a path.
    pub(super) fn refused(path: impl Into<PathBuf>, why: impl Into<String>) -> Self {
        Self::Refused {
            path: path.into(),
            why: why.into(),
            next: None,
        }
    }

    /// Says what to do.
    #[must_use]
    pub(super) fn advise(mut self, what: &'static str) -> Self {
        if let Self::Refused { next, .. } = &mut self {
            *next = Some(what);
        }
        self
    }

    /// What to do, where that is known.
    pub fn next(&self) -> Option<&'static str> {
        match self {
            Self::Refused { next, .. } => *next,
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound => Some(
                "an earlier step of the job has to write it, for example `docker save -o FILE NAME:TAG`; the path is relative to \
                 deploy.yaml",
            ),
            Self::Unreadable { .. } | Self::Cancelled => None,
        }
    }
}
