//! Where bytes are: in a file that was looked at, or in one that this run made.

use std::{
    fs::{File, Metadata},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use sha2::{Digest as _, Sha256};

use super::{Digest, Error};

/// How much is read at a time.
const CHUNK: usize = 128 << 10;

/// Where the bytes of a blob are.
#[derive(Clone, Debug)]
pub struct BlobLocation {
    source: Source,
    /// Where in the file they begin.
    offset: u64,
    /// How many they are.
    pub size: u64,
}

#[derive(Clone, Debug)]
enum Source {
    /// A file of the user's, with its length and time of change when it was looked at.
    Theirs(PathBuf, (u64, Option<SystemTime>)),
    /// A file without a name, of this run. It stands for one of theirs.
    Ours(PathBuf, Arc<File>),
}

/// Opens a file of the user's. Nothing but a regular file is opened: a pipe that nobody writes to would hold that up for ever.
pub(super) fn regular(path: &Path) -> Result<(File, Metadata), Error> {
    let unreadable = |source| Error::Unreadable {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Error::refused(path, "it is not a regular file"));
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    Ok((file, metadata))
}

fn mark(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

impl BlobLocation {
    /// A part of a file of the user's, or all of it.
    pub(super) fn theirs(path: &Path, metadata: &Metadata, part: Option<(u64, u64)>) -> Self {
        let (offset, size) = part.unwrap_or((0, metadata.len()));
        Self {
            source: Source::Theirs(path.to_owned(), mark(metadata)),
            offset,
            size,
        }
    }

    /// All of a file that was made of what is at a place.
    pub(super) fn made_of(other: &Self, file: File, size: u64) -> Self {
        Self {
            source: Source::Ours(other.path().to_owned(), Arc::new(file)),
            offset: 0,
            size,
        }
    }

    /// The user's file that it is in, or was made of.
    pub fn path(&self) -> &Path {
        match &self.source {
            Source::Theirs(path, _) | Source::Ours(path, _) => path,
        }
    }

    /// The bytes from one of them on. A file that has changed since it was looked at is an error.
    pub fn reader(&self, from: u64) -> io::Result<Reader> {
        let file = match &self.source {
            Source::Ours(_, file) => Arc::clone(file),
            Source::Theirs(path, seen) => {
                let file = File::open(path)?;
                if mark(&file.metadata()?) != *seen {
                    return Err(io::Error::other("it has changed since it was looked at"));
                }
                Arc::new(file)
            }
        };
        let from = from.min(self.size);
        Ok(Reader {
            file,
            at: self.offset.saturating_add(from),
            left: self.size - from,
        })
    }

    /// The first bytes.
    pub(super) fn beginning(&self) -> Result<[u8; 4], Error> {
        let mut beginning = [0; 4];
        let mut reader = self.reader(0).map_err(|e| self.unreadable(e))?;
        let mut filled = 0;
        while filled < beginning.len() {
            match reader.read(&mut beginning[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(e) => return Err(self.unreadable(e)),
            }
        }
        Ok(beginning)
    }

    /// All of the bytes, which are few: more than `most` are refused. `what` says what they should be.
    pub(super) fn all(&self, what: &str, most: u64) -> Result<Vec<u8>, Error> {
        if self.size > most {
            let why = format!("{what} has {} bytes: none is that long", self.size);
            return Err(Error::refused(self.path(), why));
        }
        let mut bytes = Vec::new();
        let read = self.reader(0).and_then(|mut r| r.read_to_end(&mut bytes));
        read.map_err(|e| self.unreadable(e))?;
        Ok(bytes)
    }

    /// The digest of the bytes up to one of them.
    pub fn hash(&self, until: u64, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Sha256, Error> {
        let reader = self.reader(0).map_err(|e| self.unreadable(e))?;
        hash(reader.take(until), cancelled, |e| self.unreadable(e))
    }

    /// The digest of all of them.
    pub(super) fn digest(&self, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Digest, Error> {
        self.hash(self.size, cancelled).map(Digest::of_hash)
    }

    pub(super) fn unreadable(&self, source: io::Error) -> Error {
        Error::Unreadable {
            path: self.path().to_owned(),
            source,
        }
    }
}

/// The hash of all that comes.
pub(super) fn hash(
    mut reader: impl Read,
    cancelled: &(dyn Fn() -> bool + Sync),
    failed: impl Fn(io::Error) -> Error,
) -> Result<Sha256, Error> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        if cancelled() {
            return Err(Error::Cancelled);
        }
        match reader.read(&mut chunk) {
            Ok(0) => return Ok(hash),
            Ok(read) => hash.update(&chunk[..read]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(e)),
        }
    }
}

/// Reads a part of a file. It has a position of its own: others may read the same file.
#[derive(Debug)]
pub struct Reader {
    file: Arc<File>,
    at: u64,
    left: u64,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).map_or(buffer.len(), |left| left.min(buffer.len()));
        if most == 0 {
            return Ok(0);
        }
        let read = read_at(&self.file, &mut buffer[..most], self.at)?;
        if read == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "it ends too soon",
            ));
        }
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}
