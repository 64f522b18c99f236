//! What is where in a tar. Only headers are read; contents are passed over, and read where they are. Nothing is unpacked.

use std::{
    collections::HashMap,
    fs::{File, Metadata},
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use tar::{EntryType, Header, PaxExtensions};

use super::{
    BlobLocation, Error,
    names::{linked, normal, shown},
    place::regular,
    store::Store,
};

/// A header, and what everything is padded to.
const BLOCK: u64 = 512;
/// How many entries an archive may have. One of 127 layers, which is Docker's limit, has some 400.
const MOST_ENTRIES: usize = 20_000;
/// How long the name of an entry may be, and what else stands before its header.
const LARGEST_PREAMBLE: u64 = 64 << 10;
/// How many links may stand between a name and a file.
const MOST_LINKS: usize = 8;

/// A tar.
pub(super) struct TarIndex {
    path: PathBuf,
    metadata: Metadata,
    entries: HashMap<String, Entry>,
}

enum Entry {
    File {
        offset: u64,
        size: u64,
    },
    /// A link, to a name in the archive or out of it.
    Link(Option<String>),
    /// Neither a file nor a link.
    Other,
    /// There are several of this name: programs differ in which one they take.
    Several,
}

impl TarIndex {
    /// Reads the headers of an archive.
    pub(super) fn read(path: &Path, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Self, Error> {
        let (file, metadata) = regular(path)?;
        let entries = Headers {
            path,
            file,
            length: metadata.len(),
            at: 0,
        }
        .read(cancelled)?;
        Ok(Self {
            path: path.to_owned(),
            metadata,
            entries,
        })
    }
}

impl Store for TarIndex {
    fn path(&self) -> &Path {
        &self.path
    }

    fn find(&self, name: &str) -> Result<Option<BlobLocation>, Error> {
        let refused = |why: String| Err(Error::refused(&self.path, why));
        let out = || refused(format!("{} leads out of the archive", shown(name)));
        let Some(mut at) = normal(name) else {
            return out();
        };
        for _ in 0..MOST_LINKS {
            match self.entries.get(&at) {
                None => return Ok(None),
                Some(Entry::File { offset, size }) => {
                    let part = Some((*offset, *size));
                    return Ok(Some(BlobLocation::theirs(&self.path, &self.metadata, part)));
                }
                Some(Entry::Link(Some(to))) => at.clone_from(to),
                Some(Entry::Link(None)) => return out(),
                Some(Entry::Other) => return refused(format!("{} is not a file", shown(name))),
                Some(Entry::Several) => {
                    return refused(format!("{} is in it more than once", shown(name)));
                }
            }
        }
        refused(format!("{} leads from link to link", shown(name)))
    }
}

/// Reads headers one after the other.
struct Headers<'a> {
    path: &'a Path,
    file: File,
    length: u64,
    at: u64,
}

/// What stands before a header, about it.
#[derive(Default)]
struct Before {
    name: Option<String>,
    link: Option<String>,
    size: Option<u64>,
}

impl Headers<'_> {
    fn read(
        mut self,
        cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<HashMap<String, Entry>, Error> {
        let mut entries = HashMap::new();
        let mut before = Before::default();
        let mut count = 0;
        while let Some(header) = self.header()? {
            count += 1;
            if cancelled() {
                return Err(Error::Cancelled);
            }
            if count > MOST_ENTRIES {
                let why = format!("it has more than {MOST_ENTRIES} entries: no image does");
                return Err(self.refused(why));
            }
            let offset = self.at + BLOCK;
            let size = self.size(&header, &before)?;
            let end = offset.checked_add(size).filter(|end| *end <= self.length);
            let Some(end) = end else {
                return Err(self.refused("it is not whole: it ends within a file that is in it"));
            };
            match header.entry_type() {
                EntryType::XHeader => self.extended(offset, size, &mut before)?,
                EntryType::GNULongName => before.name = self.text(offset, size)?,
                EntryType::GNULongLink => before.link = self.text(offset, size)?,
                EntryType::XGlobalHeader => {}
                kind => {
                    let about = std::mem::take(&mut before);
                    let own = || String::from_utf8(header.path_bytes().into_owned()).ok();
                    // What is not text is not looked for.
                    if let Some(name) = about.name.or_else(own).and_then(|name| normal(&name)) {
                        let target = || {
                            let own = header.link_name_bytes()?.into_owned();
                            String::from_utf8(own).ok()
                        };
                        let to = about.link.or_else(target);
                        let entry = entry(kind, &name, to.as_deref(), offset, size);
                        let is_directory = kind == EntryType::Directory;
                        let known = entries.remove(&name).filter(|_| !is_directory);
                        let entry = known.map_or(entry, |_| Entry::Several);
                        entries.insert(name, entry);
                    }
                }
            }
            self.at = end.next_multiple_of(BLOCK);
        }
        Ok(entries)
    }

    /// The header at the place that was reached; `None` at the end.
    fn header(&mut self) -> Result<Option<Header>, Error> {
        if self.at == self.length && self.at > 0 {
            return Ok(None);
        }
        let mut header = Header::new_old();
        let room = header.as_mut_bytes();
        let had = self.length.saturating_sub(self.at).min(BLOCK);
        let had = usize::try_from(had).unwrap_or(room.len());
        let read = self
            .file
            .seek(SeekFrom::Start(self.at))
            .and_then(|_| self.file.read_exact(&mut room[..had]));
        read.map_err(|e| self.unreadable(e))?;
        if let Some(other) = compressed(room).filter(|_| self.at == 0) {
            let why = format!("it is not a tar: it is {other}");
            return Err(self
                .refused(why)
                .advise("give the tar itself, unpacked once"));
        }
        if had < room.len() || (self.at == 0 && room.iter().all(|byte| *byte == 0)) {
            return Err(self.refused("it is not a tar, or not a whole one"));
        }
        if room.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let sum = room.iter().enumerate().map(|(at, byte)| match at {
            // The sum is taken as if it were spaces itself.
            148..156 => u32::from(b' '),
            _ => u32::from(*byte),
        });
        let sum: u32 = sum.sum();
        if header.cksum().ok() != Some(sum) {
            return Err(self.refused("it is not a tar, or not a whole one"));
        }
        Ok(Some(header))
    }

    fn size(&self, header: &Header, before: &Before) -> Result<u64, Error> {
        let size = match before.size {
            Some(size) => Some(size),
            None => header.entry_size().ok(),
        };
        size.ok_or_else(|| self.refused("it has a file whose size is no size"))
    }

    fn extended(&mut self, offset: u64, size: u64, before: &mut Before) -> Result<(), Error> {
        let bytes = self.preamble(offset, size)?;
        for record in PaxExtensions::new(&bytes).flatten() {
            let (Ok(key), Ok(value)) = (record.key(), record.value()) else {
                continue;
            };
            match key {
                "path" => before.name = Some(value.to_owned()),
                "linkpath" => before.link = Some(value.to_owned()),
                "size" => {
                    let size = value
                        .parse()
                        .map_err(|_| self.refused("it has a file whose size is no size"))?;
                    before.size = Some(size);
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn text(&mut self, offset: u64, size: u64) -> Result<Option<String>, Error> {
        let mut bytes = self.preamble(offset, size)?;
        while bytes.last() == Some(&0) {
            bytes.pop();
        }
        Ok(String::from_utf8(bytes).ok())
    }

    fn preamble(&mut self, offset: u64, size: u64) -> Result<Vec<u8>, Error> {
        if size > LARGEST_PREAMBLE {
            return Err(self.refused("the name of a file in it is too long"));
        }
        let mut bytes = Vec::new();
        let read = self.file.seek(SeekFrom::Start(offset));
        let read = read.and_then(|_| (&self.file).take(size).read_to_end(&mut bytes));
        read.map_err(|e| self.unreadable(e))?;
        Ok(bytes)
    }

    fn refused(&self, why: impl Into<String>) -> Error {
        Error::refused(self.path, why)
    }

    fn unreadable(&self, source: io::Error) -> Error {
        Error::Unreadable {
            path: self.path.to_owned(),
            source,
        }
    }
}

fn entry(kind: EntryType, name: &str, target: Option<&str>, offset: u64, size: u64) -> Entry {
    match kind {
        EntryType::Regular | EntryType::Continuous => Entry::File { offset, size },
        EntryType::Symlink => Entry::Link(target.and_then(|target| linked(name, target))),
        EntryType::Link => Entry::Link(target.and_then(normal)),
        _ => Entry::Other,
    }
}

/// What a file is by its first bytes, if it is compressed.
pub(super) fn compressed(beginning: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 5] = [
        (&[0x1f, 0x8b], "compressed with gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "compressed with zstd"),
        (&[0xfd, b'7', b'z', b'X', b'Z'], "compressed with xz"),
        (b"BZh", "compressed with bzip2"),
        (b"PK\x03\x04", "a zip"),
    ];
    let mut kinds = KINDS.iter();
    let found = kinds.find(|(magic, _)| beginning.starts_with(magic));
    found.map(|(_, name)| *name)
}
