//! The archive as a platform takes it.

use std::{fs::File, io};

/// A packed source in a file.
#[derive(Clone, Copy)]
pub struct Tarball<'a> {
    /// What the source is called; unique to its content.
    pub version: &'a str,
    /// Bytes of the archive, compressed.
    pub bytes: u64,
    /// Opens the archive at its beginning. Only one reader at a time.
    pub open: &'a dyn Fn() -> io::Result<File>,
}
