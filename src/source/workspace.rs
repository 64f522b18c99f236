//! The directory that is packed, found on the disk.

use std::io;
use std::path::PathBuf;

use super::error::Error;
use super::options::Options;
use super::repository::Repository;
use super::select::Selector;

/// The directory that is packed.
pub(super) struct Workspace {
    /// Absolute and without links.
    pub(super) root: PathBuf,
    /// The checkout that it is in.
    pub(super) repository: Option<Repository>,
}

impl Workspace {
    pub(super) fn open(options: &Options) -> Result<Self, Error> {
        let path = || options.dir.clone();
        let root = std::fs::canonicalize(&options.dir).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing(path()),
            io::ErrorKind::NotADirectory => Error::NotADirectory(path()),
            _ => Error::Workspace {
                path: path(),
                source,
            },
        })?;
        if !root.is_dir() {
            return Err(Error::NotADirectory(path()));
        }
        std::fs::read_dir(&root).map_err(|source| Error::Workspace {
            path: path(),
            source,
        })?;
        let repository = Repository::around(&root).map_err(|lost| Error::Lost {
            path: lost.path,
            why: lost.why,
        })?;
        Ok(Self { root, repository })
    }

    pub(super) fn selector(&self, options: &Options) -> Result<Selector, Error> {
        Selector::new(&self.root, self.repository.as_ref(), options)
    }
}
