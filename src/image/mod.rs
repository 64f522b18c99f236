//! Container images in files, as builders save them: what is to be pushed of one, checked before anything is sent.
//!
//! ```text
//! reference -> (docker_archive | layout) over (tar_index | directory) -> opened -> gzipped
//! ```

mod digest;
mod error;
mod opened;
mod reference;

use std::path::Path;

pub use digest::Digest;
pub use error::Error;
pub use opened::{Blob, Image, Parts, Place};
pub use reference::{InRegistry, Pick, Reference, Stored};

/// Opens an image and checks it whole: everything that it names is there, and is what its digest says. A relative path is
/// one under `directory`. Blocks until it is done, in constant memory; `cancelled` is asked often.
pub fn open(
    stored: &Stored,
    directory: &Path,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Image, Error> {
    let path = directory.join(stored.path());
    let _ = cancelled;
    Err(Error::refused(path, "it can't be read yet").advise("build.slug or the source"))
}
