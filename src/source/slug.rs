//! A slug that was made elsewhere: looked through whole before anything is sent. The platform unpacks what is in `./app` and
//! passes over the rest (<https://devcenter.heroku.com/articles/platform-api-deploying-slugs>), without a word.

use std::cell::Cell;
use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};

use super::names::shown;
use crate::units;

/// Where everything is.
const ROOT: &[u8] = b"./app";

/// What may stand between two entries: long names and pax records, which are held in memory.
const LARGEST_PREAMBLE: u64 = 256 << 10;

/// A tar record: everything in the stream is padded to a multiple of it.
const RECORD: u64 = 512;

/// A slug in a file that holds what it should.
#[derive(Debug)]
pub struct Slug {
    path: PathBuf,
    mark: (u64, Option<SystemTime>),
    /// Files and links in it.
    pub files: u64,
    /// Bytes of the files in it.
    pub bytes: u64,
    /// Bytes of the file itself.
    pub archive_bytes: u64,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: String,
}

/// Why a file is not taken for a slug.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SlugError {
    /// The system does not give it.
    #[error("can't read the slug {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is something else.
    #[error("{} is not a slug: {why}", path.display())]
    NotOne {
        /// The file.
        path: PathBuf,
        /// What it should be.
        why: String,
    },
    /// It is larger than allowed.
    #[error("the slug {} has {}, and `source.max_size` allows {}", path.display(), units::bytes(*bytes), units::bytes(*most))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size.
        bytes: u64,
        /// The largest that is allowed.
        most: u64,
    },
    /// The run was cancelled.
    #[error("looking through the slug was cancelled")]
    Cancelled,
}

impl Slug {
    /// The file from its beginning. A file that has changed since it was looked through is an error.
    pub fn reader(&self) -> io::Result<File> {
        let file = File::open(&self.path)?;
        if mark(&file.metadata()?) != self.mark {
            return Err(io::Error::other(
                "the slug has changed since it was looked through",
            ));
        }
        Ok(file)
    }
}

fn mark(metadata: &Metadata) -> (u64, Option<SystemTime>) {
    (metadata.len(), metadata.modified().ok())
}

/// Looks through a slug: gzip and tar are whole, everything is under `./app`, and nothing leads out of it. Blocks until it is
/// done, in constant memory but for the names of links; `cancelled` is asked often.
pub fn slug(
    path: &Path,
    most: u64,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Slug, SlugError> {
    let unreadable = |source| SlugError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let not_one = |why: String| SlugError::NotOne {
        path: path.to_owned(),
        why,
    };
    // Before it is opened: a pipe that nobody writes to would hold that up for ever.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(not_one("it is not a regular file".to_owned()));
    }
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.len() > most {
        return Err(SlugError::TooLarge {
            path: path.to_owned(),
            bytes: metadata.len(),
            most,
        });
    }
    let mut raw = Hashed {
        inner: file,
        digest: Sha256::new(),
        cancelled,
    };
    let looked = look(&mut raw);
    if cancelled() {
        return Err(SlugError::Cancelled);
    }
    let (files, bytes) = looked.map_err(not_one)?;
    if files == 0 {
        return Err(not_one("there are no files in it".to_owned()));
    }
    Ok(Slug {
        path: path.to_owned(),
        mark: mark(&metadata),
        files,
        bytes,
        archive_bytes: metadata.len(),
        sha256: units::hex(&raw.digest.finalize()),
    })
}

/// Counts files and their bytes to the end of the stream. The error says what is wrong.
fn look(raw: &mut Hashed<'_, File>) -> Result<(u64, u64), String> {
    let allowance = Rc::new(Cell::new(LARGEST_PREAMBLE));
    let mut archive = Archive::new(Metered {
        inner: MultiGzDecoder::new(raw),
        left: Rc::clone(&allowance),
    });
    let broken = |error: io::Error| format!("its gzip or its tar is not whole: {error}");
    let (mut files, mut bytes) = (0, 0_u64);
    let mut links: HashSet<Vec<u8>> = HashSet::new();
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let left = entry.size().saturating_add(RECORD + LARGEST_PREAMBLE);
        allowance.set(left);
        let kind = entry.header().entry_type();
        if kind == EntryType::XGlobalHeader {
            continue;
        }
        let name = entry.path_bytes();
        let is_directory = kind == EntryType::Directory;
        if is_directory && matches!(&*name, b"." | b"./") {
            continue;
        }
        let path = beneath(&name)?;
        if let Some(link) = above(&path).find(|above| links.contains(*above)) {
            let link = shown(link);
            return Err(format!("{} lies beyond the link {link}", shown(&name)));
        }
        match kind {
            EntryType::Directory => {}
            EntryType::Regular | EntryType::Continuous => {
                files += 1;
                bytes = bytes.saturating_add(entry.size());
            }
            // Where one leads is known on the dyno only: it may well lead to what its stack has.
            EntryType::Symlink => {
                files += 1;
                links.insert(path);
            }
            EntryType::Link => {
                files += 1;
                let target = entry.link_name_bytes().unwrap_or_default();
                beneath(&target).map_err(|why| format!("{} links to it: {why}", shown(&name)))?;
            }
            EntryType::GNUSparse => {
                return Err(format!(
                    "{} is stored as a sparse file: pack it without `--sparse`",
                    shown(&name)
                ));
            }
            _ => {
                return Err(format!(
                    "{} is neither a file nor a directory nor a link",
                    shown(&name)
                ));
            }
        }
    }
    // What is behind the last entry is read, too: the checksum of gzip stands at its end.
    allowance.set(u64::MAX);
    let mut rest = archive.into_inner();
    io::copy(&mut rest, &mut io::sink()).map_err(broken)?;
    Ok((files, bytes))
}

/// A name without what changes nothing in it, if it lies under `./app`.
fn beneath(name: &[u8]) -> Result<Vec<u8>, String> {
    let inside = name
        .strip_prefix(ROOT)
        .filter(|rest| rest.is_empty() || rest.starts_with(b"/"));
    let Some(inside) = inside else {
        return Err(format!(
            "{} is not under ./app, where the platform expects everything (`tar -czf slug.tgz ./app` in the directory \
             above `app` makes a slug)",
            shown(name)
        ));
    };
    let parts = inside.split(|byte| *byte == b'/');
    let parts: Vec<&[u8]> = parts.filter(|part| !matches!(*part, b"" | b".")).collect();
    if parts.contains(&&b".."[..]) {
        return Err(format!("{} leads out of ./app", shown(name)));
    }
    Ok(parts.join(&b'/'))
}

/// The directories that a path lies in.
fn above(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/');
    ends.map(|(at, _)| &path[..at])
}

/// A reader that takes the digest of what is read, until it is cancelled.
struct Hashed<'a, R> {
    inner: R,
    digest: Sha256,
    cancelled: &'a (dyn Fn() -> bool + Sync),
}

impl<R: Read> Read for Hashed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if (self.cancelled)() {
            return Err(io::Error::other("cancelled"));
        }
        let read = self.inner.read(buffer)?;
        self.digest.update(&buffer[..read]);
        Ok(read)
    }
}

/// A reader that gives no more than it is allowed: a few bytes of gzip unpack to a name that fills the memory.
struct Metered<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(io::Error::other("the name of a file is too long"));
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.inner.read(&mut buffer[..most])?;
        self.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

#[cfg(test)]
mod tests;
