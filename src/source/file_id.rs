//! File identity: the same file under any name.

use std::fs::File;
use std::path::Path;

/// A file, by its device and its number there; on Windows by its volume and its index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId(Id);

/// The files that standard output and standard error go to. A terminal, a pipe and `/dev/null` are none.
pub fn outputs() -> Vec<FileId> {
    let mut found: Vec<FileId> = Vec::new();
    for file in standard_streams().into_iter().flatten() {
        if let Some(id) = FileId::of(&file)
            && !found.contains(&id)
        {
            found.push(id);
        }
    }
    found
}

#[cfg(unix)]
type Id = (u64, u64);

#[cfg(unix)]
impl FileId {
    fn of(file: &File) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let found = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some(Self((found.dev(), found.ino())))
    }

    /// Whether the entry at `path` is this file. A link to it is another one.
    pub(super) fn is(&self, path: &Path) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        std::fs::symlink_metadata(path).is_ok_and(|found| (found.dev(), found.ino()) == self.0)
    }
}

#[cfg(unix)]
fn standard_streams() -> [Option<File>; 2] {
    use std::os::fd::AsFd as _;
    let (out, err) = (std::io::stdout(), std::io::stderr());
    [out.as_fd(), err.as_fd()].map(|stream| stream.try_clone_to_owned().ok().map(File::from))
}

#[cfg(windows)]
type Id = std::sync::Arc<same_file::Handle>;

#[cfg(windows)]
impl FileId {
    fn of(file: &File) -> Option<Self> {
        file.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let handle = same_file::Handle::from_file(file.try_clone().ok()?).ok()?;
        Some(Self(handle.into()))
    }

    /// Whether the entry at `path` is this file. A link to it is another one.
    pub(super) fn is(&self, path: &Path) -> bool {
        let is_file = std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
        is_file && same_file::Handle::from_path(path).is_ok_and(|found| found == *self.0)
    }
}

#[cfg(windows)]
fn standard_streams() -> [Option<File>; 2] {
    use std::os::windows::io::AsHandle as _;
    let (out, err) = (std::io::stdout(), std::io::stderr());
    [out.as_handle(), err.as_handle()]
        .map(|stream| stream.try_clone_to_owned().ok().map(File::from))
}
