//! Files by their names, in a tar or in a directory.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    BlobLocation, Digest, Error,
    names::{normal, shown},
    place::regular,
};

/// The longest manifest, index or configuration: what registries take.
const LARGEST_JSON: u64 = 4 << 20;

/// Where files are found by their names.
pub(super) trait Store {
    /// The archive or the directory.
    fn path(&self) -> &Path;

    /// A file; `None` if there is none. A name that leads out is refused.
    fn find(&self, name: &str) -> Result<Option<BlobLocation>, Error>;

    /// Refuses what is there.
    fn refused(&self, why: impl Into<String>) -> Error {
        Error::refused(self.path(), why)
    }

    /// A file that must be there.
    fn needed(&self, name: &str) -> Result<BlobLocation, Error> {
        let missing = || self.refused(format!("{} is not in it", shown(name)));
        self.find(name)?.ok_or_else(missing)
    }

    /// The text of a file that must be there, and is short.
    fn json(&self, name: &str) -> Result<Vec<u8>, Error> {
        self.needed(name)?.all(&shown(name), LARGEST_JSON)
    }

    /// Where the blob of a digest is.
    fn blob(&self, digest: &Digest) -> Result<BlobLocation, Error> {
        self.needed(&format!("blobs/sha256/{}", digest.hex()))
    }

    /// A short blob, which must be what its digest says.
    fn short_blob(&self, digest: &Digest) -> Result<Vec<u8>, Error> {
        let bytes = self.blob(digest)?.all(digest.as_str(), LARGEST_JSON)?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        Err(self.refused(format!("its {digest} is not what its digest says")))
    }
}

/// A directory.
pub(super) struct Directory {
    root: PathBuf,
}

impl Directory {
    /// Opens a directory.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable {
            path: path.to_owned(),
            source,
        };
        let root = path.canonicalize().map_err(unreadable)?;
        if !root.is_dir() {
            let why = "it is not a directory";
            return Err(Error::refused(path, why).advise("of a tar say `oci-archive:FILE`"));
        }
        Ok(Self { root })
    }
}

impl Store for Directory {
    fn path(&self) -> &Path {
        &self.root
    }

    fn find(&self, name: &str) -> Result<Option<BlobLocation>, Error> {
        let out = || self.refused(format!("{} leads out of the directory", shown(name)));
        let named = self.root.join(normal(name).ok_or_else(out)?);
        let path = match named.canonicalize() {
            Ok(path) => path,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(Error::Unreadable {
                    path: named,
                    source,
                });
            }
        };
        if !path.starts_with(&self.root) {
            return Err(out());
        }
        let (_, metadata) = regular(&path)?;
        Ok(Some(BlobLocation::theirs(&path, &metadata, None)))
    }
}
