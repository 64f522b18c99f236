//! Opening what is in the workspace without following a link in any part of its path: a directory that is swapped for a
//! link while it is packed leads nowhere.
//!
//! Linux has a call for it, openat2(2) with `RESOLVE_NO_SYMLINKS`. Where that is missing, or forbidden by a sandbox, and on
//! other Unixes the directories are opened one after the other. On Windows only the entry itself is looked at.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A directory whose entries are opened.
#[derive(Debug)]
pub(super) struct Root {
    #[cfg(unix)]
    directory: rustix::fd::OwnedFd,
    #[cfg(not(unix))]
    path: PathBuf,
}

#[cfg(unix)]
impl Root {
    /// The directory at `path`, whose own links are resolved already.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = rustix::fs::open(path, flags, Mode::empty())?;
        Ok(Self { directory })
    }

    /// Opens a file for reading, without waiting for a pipe's other end.
    pub(super) fn file(&self, inner: &Path) -> io::Result<(File, Metadata)> {
        use rustix::fs::OFlags;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK;
        let file = File::from(self.descriptor(inner, flags)?);
        let metadata = file.metadata()?;
        Ok((file, metadata))
    }

    /// The target of a link.
    pub(super) fn link(&self, inner: &Path) -> io::Result<PathBuf> {
        use std::os::unix::ffi::OsStringExt as _;
        let name = inner.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let read = |directory: &rustix::fd::OwnedFd| {
            let target = rustix::fs::readlinkat(directory, name, Vec::new())?;
            Ok(PathBuf::from(std::ffi::OsString::from_vec(
                target.into_bytes(),
            )))
        };
        match inner.parent().filter(|up| !up.as_os_str().is_empty()) {
            Some(up) => read(&self.descriptor(up, rustix::fs::OFlags::DIRECTORY)?),
            None => read(&self.directory),
        }
    }

    fn descriptor(
        &self,
        inner: &Path,
        flags: rustix::fs::OFlags,
    ) -> io::Result<rustix::fd::OwnedFd> {
        use rustix::fs::OFlags;
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{Mode, ResolveFlags, openat2};
            use rustix::io::Errno;
            let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH;
            match openat2(&self.directory, inner, flags, Mode::empty(), resolve) {
                // Unknown to the kernel, or to the filter of a container's runtime.
                Err(Errno::NOSYS | Errno::PERM) => {}
                opened => return Ok(opened?),
            }
        }
        one_by_one(&self.directory, inner, flags)
    }
}

/// Opens the directories of a path one after the other, none of them through a link.
#[cfg(unix)]
fn one_by_one(
    root: &rustix::fd::OwnedFd,
    inner: &Path,
    flags: rustix::fs::OFlags,
) -> io::Result<rustix::fd::OwnedFd> {
    use rustix::fs::{Mode, OFlags, openat};
    use std::path::Component;
    let directory = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let mut parts = inner.components().peekable();
    let mut at = None;
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        let flags = if parts.peek().is_some() {
            directory
        } else {
            flags
        };
        at = Some(openat(
            at.as_ref().unwrap_or(root),
            name,
            flags,
            Mode::empty(),
        )?);
    }
    at.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(not(unix))]
impl Root {
    /// The directory at `path`, whose own links are resolved already.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Opens a file for reading.
    pub(super) fn file(&self, inner: &Path) -> io::Result<(File, Metadata)> {
        let path = self.path.join(inner);
        if std::fs::symlink_metadata(&path)?.is_symlink() {
            return Err(io::Error::other("it is a link now"));
        }
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok((file, metadata))
    }

    /// The target of a link.
    pub(super) fn link(&self, inner: &Path) -> io::Result<PathBuf> {
        std::fs::read_link(self.path.join(inner))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::io::Read as _;
    use std::os::unix::fs::symlink;

    use rustix::fs::OFlags;

    use super::*;

    #[test]
    fn no_part_of_a_path_is_a_link() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("file"), "outside").unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("a/b")).unwrap();
        fs::write(dir.path().join("a/b/file"), "inside").unwrap();
        symlink("file", dir.path().join("a/b/link")).unwrap();
        symlink("b", dir.path().join("a/inner")).unwrap();
        symlink(outside.path(), dir.path().join("a/outer")).unwrap();
        let root = Root::open(dir.path()).unwrap();
        let mut text = String::new();
        let (mut file, _) = root.file(Path::new("a/b/file")).unwrap();
        file.read_to_string(&mut text).unwrap();
        assert_eq!(text, "inside");
        assert_eq!(root.link(Path::new("a/b/link")).unwrap(), Path::new("file"));
        for path in [
            "a/b/link",
            "a/inner/file",
            "a/outer/file",
            "../x",
            "a/../a/b/file",
        ] {
            let path = Path::new(path);
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
            assert!(
                one_by_one(&root.directory, path, flags).is_err(),
                "{path:?}"
            );
            if !path.ends_with("a/../a/b/file") {
                assert!(root.file(path).is_err(), "{path:?}");
            }
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW;
        assert!(one_by_one(&root.directory, Path::new("a/b/file"), flags).is_ok());
        assert!(root.link(Path::new("a/outer/file")).is_err());
    }
}
