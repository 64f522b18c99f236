//! Looking into a source: what the build finds in the tarball, without unpacking it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Component;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use tar::{Archive, Entry, EntryType};

/// The largest Procfile that is read.
const LARGEST_PROCFILE: u64 = 64 * 1024;

/// What may stand between two entries: a long name, a long link name and pax records of 64 KiB each, and their headers.
/// All of it is held in memory, and a few bytes of gzip unpack to a thousand times as many.
const LARGEST_PREAMBLE: u64 = 3 * 64 * 1024 + 16 * BLOCK;

/// What tar pads everything to.
const BLOCK: u64 = 512;

/// What is in a source.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) links: u64,
    pub(super) bytes: u64,
    /// The names at the app's root.
    pub(super) top: BTreeSet<String>,
    /// The process types of the Procfile.
    pub(super) process_types: BTreeMap<String, String>,
}

/// Reads a gzipped tarball. The error is a sentence for the build's log.
pub(super) fn inspect(gzip: &[u8]) -> Result<Contents, String> {
    let allowance = Rc::new(Cell::new(LARGEST_PREAMBLE));
    let mut archive = Archive::new(Metered {
        inner: MultiGzDecoder::new(gzip),
        left: Rc::clone(&allowance),
    });
    let mut contents = Contents::default();
    let mut names = BTreeSet::new();
    let mut procfiles = BTreeMap::new();
    let unreadable =
        |error: std::io::Error| format!("The source is not a gzipped tarball: {error}");
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let body = stored_size(&mut entry).map_err(unreadable)?;
        allowance.set(body.saturating_add(BLOCK + LARGEST_PREAMBLE));
        let parts = parts(&entry.path().map_err(unreadable)?)?;
        let kind = entry.header().entry_type();
        match kind {
            EntryType::Symlink | EntryType::Link => contents.links += 1,
            EntryType::Directory => {}
            kind if kind.is_file() => {
                contents.files += 1;
                contents.bytes += entry.size();
            }
            _ => continue,
        }
        let is_directory = kind == EntryType::Directory;
        if parts.last().is_some_and(|name| name == "Procfile") && parts.len() <= 2 {
            let mut text = String::new();
            (&mut entry)
                .take(LARGEST_PROCFILE)
                .read_to_string(&mut text)
                .map_err(|error| format!("The Procfile cannot be read: {error}"))?;
            procfiles.insert(parts.join("/"), text);
        }
        if (1..=2).contains(&parts.len()) {
            names.insert((parts.join("/"), is_directory));
        }
    }
    if contents.files == 0 {
        return Err("There are no files in the source.".to_owned());
    }
    let root = root(&names);
    let procfile = procfiles.remove(&format!("{root}Procfile"));
    contents.process_types = procfile
        .map(|text| procfile_types(&text))
        .unwrap_or_default();
    contents.top = names
        .into_iter()
        .filter_map(|(name, _)| {
            let name = name.strip_prefix(&root)?;
            (!name.is_empty() && !name.contains('/')).then(|| name.to_owned())
        })
        .collect();
    Ok(contents)
}

/// Whether everything in a gzipped tarball is under `./app`, as in a slug. The error is a sentence.
pub(super) fn is_slug(gzip: &[u8]) -> Result<(), String> {
    let unreadable = |error: std::io::Error| format!("The slug is not a gzipped tarball: {error}");
    let mut archive = Archive::new(Metered {
        inner: MultiGzDecoder::new(gzip),
        left: Rc::new(Cell::new(1 << 30)),
    });
    for entry in archive.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.path_bytes();
        if !name.starts_with(b"./app") && &*name != b"./" {
            let name = String::from_utf8_lossy(&name);
            return Err(format!("{name} is not under ./app."));
        }
    }
    Ok(())
}

/// A reader that gives no more than it is allowed.
struct Metered<R> {
    inner: R,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let left = self.left.get();
        if left == 0 {
            return Err(std::io::Error::other(
                "the name, link name and pax records of a file are too long",
            ));
        }
        let most = usize::try_from(left).map_or(buffer.len(), |left| left.min(buffer.len()));
        let read = self.inner.read(&mut buffer[..most])?;
        self.left.set(left.saturating_sub(read as u64));
        Ok(read)
    }
}

/// How many bytes an entry takes in the archive: a sparse file's size counts its holes, too.
fn stored_size<R: Read>(entry: &mut Entry<'_, R>) -> std::io::Result<u64> {
    if entry.header().entry_type() != EntryType::GNUSparse {
        return Ok(entry.size());
    }
    let size = entry.pax_extensions()?.and_then(|records| {
        records
            .flatten()
            .find(|record| record.key() == Ok("size"))
            .and_then(|record| record.value().ok()?.parse().ok())
    });
    size.map_or_else(|| entry.header().entry_size(), Ok)
}

/// The parts of a path within the archive; one that leads out of it is an error.
fn parts(path: &std::path::Path) -> Result<Vec<String>, String> {
    path.components()
        .filter(|part| *part != Component::CurDir)
        .map(|part| match part {
            Component::Normal(name) => Ok(name.to_string_lossy().into_owned()),
            _ => Err(format!(
                "The source has a path that leads out of it: {}",
                path.display()
            )),
        })
        .collect()
}

/// The prefix of the app's root: archives that GitHub makes have everything in one folder.
fn root(names: &BTreeSet<(String, bool)>) -> String {
    let mut tops = BTreeSet::new();
    for (name, is_directory) in names {
        match name.split_once('/') {
            Some((top, _)) => {
                tops.insert(top);
            }
            None if *is_directory => {
                tops.insert(name);
            }
            None => return String::new(),
        }
    }
    match tops.into_iter().collect::<Vec<_>>().as_slice() {
        [only] => format!("{only}/"),
        _ => String::new(),
    }
}

/// The process types that a Procfile declares.
fn procfile_types(text: &str) -> BTreeMap<String, String> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, command)| (name.trim(), command.trim()))
        .filter(|(name, command)| {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            !name.is_empty() && name.chars().all(is_word) && !command.is_empty()
        })
        .map(|(name, command)| (name.to_owned(), command.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    fn pack(files: &[(&str, &str)]) -> Vec<u8> {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder
                .append_data(&mut header, path, text.as_bytes())
                .unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    #[test]
    fn files_are_counted_and_the_procfile_is_read() {
        let gzip = pack(&[
            (
                "./Procfile",
                "web: node .\nrelease: ./migrate\n# no: comment\n",
            ),
            ("./package.json", "{}"),
            ("./src/index.js", "1"),
        ]);
        let contents = inspect(&gzip).unwrap();
        assert_eq!((contents.files, contents.bytes), (3, 48));
        assert_eq!(contents.process_types["release"], "./migrate");
        assert_eq!(contents.process_types.len(), 2);
        assert!(contents.top.contains("package.json"));
    }

    #[test]
    fn one_folder_around_everything_is_the_root() {
        let gzip = pack(&[("shop-1/Procfile", "web: x"), ("shop-1/Gemfile", "")]);
        let contents = inspect(&gzip).unwrap();
        assert_eq!(contents.process_types["web"], "x");
        assert!(contents.top.contains("Gemfile"));
    }

    #[test]
    fn what_is_no_source_is_refused() {
        assert!(
            inspect(b"hello")
                .unwrap_err()
                .contains("not a gzipped tarball")
        );
        assert!(inspect(&pack(&[])).unwrap_err().contains("no files"));
        let whole = pack(&[("a", "b")]);
        assert!(inspect(&whole[..whole.len() / 2]).is_err());
    }

    /// A gzipped tarball with one extension before a file: it says `size`, and has `bytes`.
    fn extended(kind: EntryType, size: u64, bytes: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        let mut tar = header.as_bytes().to_vec();
        tar.extend_from_slice(bytes);
        tar.resize(tar.len().next_multiple_of(512), 0);
        let mut file = tar::Header::new_gnu();
        file.set_path("a").unwrap();
        file.set_size(1);
        file.set_cksum();
        tar.extend_from_slice(file.as_bytes());
        tar.push(b'b');
        tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        std::io::Write::write_all(&mut gzip, &tar).unwrap();
        gzip.finish().unwrap()
    }

    #[test]
    fn what_describes_a_file_is_bounded() {
        for kind in [
            EntryType::GNULongName,
            EntryType::GNULongLink,
            EntryType::XHeader,
        ] {
            // A size that the bytes do not bear out.
            let claimed = inspect(&extended(kind, 1 << 30, b"few"));
            assert!(
                claimed.unwrap_err().contains("not a gzipped tarball"),
                "{kind:?}"
            );
            let long = vec![b'n'; 8 << 20];
            let refused = inspect(&extended(kind, long.len() as u64, &long)).unwrap_err();
            assert!(refused.contains("too long"), "{kind:?}: {refused}");
        }
        let short = [b'n'; 4000];
        let contents = inspect(&extended(EntryType::GNULongName, 4000, &short)).unwrap();
        assert_eq!((contents.files, contents.bytes), (1, 1));
    }

    #[test]
    fn a_large_file_is_no_long_name() {
        let large = "x".repeat(2 << 20);
        let gzip = pack(&[("a", &large), ("b", &large), ("Procfile", "web: x")]);
        assert_eq!(inspect(&gzip).unwrap().files, 3);
    }
}
