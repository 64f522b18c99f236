//! What can be said about packing: the `source` part of `deploy.yaml`, and what the CI system knows.

use std::path::PathBuf;

use super::file_id::FileId;
pub use crate::model::{Compression, Secrets, Symlinks};

/// What to pack, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory to pack; seen from `home` if that is given.
    pub dir: PathBuf,
    /// The directory of `deploy.yaml`. What is packed lies in the checkout that holds it or, without one, in it.
    pub home: Option<PathBuf>,
    /// Patterns, in gitignore's language, of what to leave out.
    pub exclude: Vec<String>,
    /// Patterns, in gitignore's language, of what to take in whatever any ignore file says.
    pub include: Vec<String>,
    /// The version to give to the archive; the commit if there is none.
    pub version: Option<String>,
    /// The commits that the CI system names, the one that people know first. The checkout's HEAD wins over them.
    pub commits: Vec<String>,
    /// What to do about links that leave the workspace.
    pub symlinks: Symlinks,
    /// What to do about files that look like secrets.
    pub secrets: Secrets,
    /// The largest compressed archive that is accepted, in bytes.
    pub max_size: u64,
    /// How hard to compress.
    pub compression: Compression,
    /// Files that are never packed: those that launchway writes, such as the archive and the reports, and the token's.
    pub own: Vec<PathBuf>,
    /// The files that standard output and standard error go to (`super::outputs`): they are never packed either.
    pub outputs: Vec<FileId>,
}

/// The default of `max_size`: twice what Heroku accepts as a compressed slug, since sources shrink while they are built.
pub const DEFAULT_MAX_SIZE: u64 = 1024 * 1024 * 1024;

impl Options {
    /// The defaults, for a directory.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            home: None,
            exclude: Vec::new(),
            include: Vec::new(),
            version: None,
            commits: Vec::new(),
            symlinks: Symlinks::default(),
            secrets: Secrets::default(),
            max_size: DEFAULT_MAX_SIZE,
            compression: Compression::default(),
            own: Vec::new(),
            outputs: Vec::new(),
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::new(".")
    }
}
