//! Container images in files, as builders save them: what is to be pushed of one, checked before anything is sent.
//!
//! ```text
//! reference -> (docker_archive | layout) over store (tar_index | directory) -> opened -> parts
//! ```

mod digest;
mod docker_archive;
mod error;
mod layout;
mod names;
mod opened;
mod place;
mod pushed;
mod reference;
mod store;
mod tar_index;
mod wire;

use std::path::Path;

pub use digest::Digest;
pub use error::Error;
pub use opened::{Blob, Image, PushParts};
pub use place::{BlobLocation, Reader};
pub use pushed::{MANIFEST, blobs_of, id_of};
pub use reference::{ImageSelector, InRegistry, Reference, Stored};

use store::Directory;
use tar_index::TarIndex;

/// Opens an image and checks it whole: everything that it names is there, and is what its digest says. A relative path is
/// one under `directory`. Blocks until it is done, in constant memory; `cancelled` is asked often.
pub fn open(
    stored: &Stored,
    directory: &Path,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Image, Error> {
    let path = directory.join(stored.path());
    match stored {
        Stored::DockerArchive { name, .. } => {
            let store = TarIndex::read(&path, cancelled)?;
            docker_archive::read(&store, name.as_deref(), cancelled)
        }
        Stored::OciArchive { tag, .. } => {
            let store = TarIndex::read(&path, cancelled)?;
            layout::read(&store, tag.as_deref(), cancelled)
        }
        Stored::OciDirectory { tag, .. } => {
            layout::read(&Directory::open(&path)?, tag.as_deref(), cancelled)
        }
    }
}

#[cfg(test)]
mod tests;
