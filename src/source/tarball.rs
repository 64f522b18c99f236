//! Entries as a tar stream that is the same on every machine: names, contents, links and the executable bit, nothing else.
//!
//! Headers are plain ustar wherever that is enough; a longer name or link target has GNU's `@LongLink` entry before it, and
//! a file of 8 GiB or more has GNU's binary size. Every reader in use understands both. Directories have no entries of
//! their own: git does not know them either, and readers make them.

use std::fs::{File, Metadata};
use std::io::{self, Read};

use tar::{EntryType, Header};

use super::error::Error;
use super::gzip::Blocks;
use super::index::{Form, Tracked};
use super::names::shown;

/// The time of every entry: 1980-01-01 00:00:01 UTC. Not 0, which some readers warn about, and not before ZIP's epoch,
/// which breaks build tools that make ZIP files of what they unpacked.
const TIME: u64 = 315_532_801;

/// The mode of a file that may be executed.
pub(super) const EXECUTABLE: u32 = 0o755;

/// A tar record: everything in the stream is padded to a multiple of it.
const RECORD: usize = 512;

/// The first size that ustar can't say.
const HUGE: u64 = 8 * 1024 * 1024 * 1024;

const NAME: usize = 100;
const PREFIX: usize = 155;

/// The header of a file, ready to write.
pub(super) fn file_header(path: &[u8], size: u64, mode: u32) -> Vec<u8> {
    header(EntryType::Regular, path, b"", size, mode)
}

/// The header of a symbolic link, ready to write.
pub(super) fn link_header(path: &[u8], target: &[u8]) -> Vec<u8> {
    header(EntryType::Symlink, path, target, 0, 0o777)
}

/// What ends the stream.
pub(super) fn end() -> [u8; 2 * RECORD] {
    [0; 2 * RECORD]
}

fn header(kind: EntryType, path: &[u8], target: &[u8], size: u64, mode: u32) -> Vec<u8> {
    let split = split(path);
    let fits = split.is_some() && target.len() <= NAME && size < HUGE;
    let mut written = Vec::new();
    if target.len() > NAME {
        long(&mut written, EntryType::GNULongLink, target);
    }
    if !fits && path.len() > NAME {
        long(&mut written, EntryType::GNULongName, path);
    }
    let mut header = if fits {
        Header::new_ustar()
    } else {
        Header::new_gnu()
    };
    common(&mut header, kind, size, mode);
    put(&mut header.as_old_mut().linkname, target);
    match split {
        Some((prefix, name)) if fits => {
            put(&mut header.as_old_mut().name, name);
            if let Some(ustar) = header.as_ustar_mut() {
                put(&mut ustar.prefix, prefix);
            }
        }
        _ => put(&mut header.as_old_mut().name, path),
    }
    header.set_cksum();
    written.extend_from_slice(header.as_bytes());
    written
}

/// GNU's way to say what a header has no room for: an entry of its own before it.
fn long(written: &mut Vec<u8>, kind: EntryType, value: &[u8]) {
    let mut header = Header::new_gnu();
    common(&mut header, kind, value.len() as u64 + 1, 0o644);
    put(&mut header.as_old_mut().name, b"././@LongLink");
    header.set_cksum();
    written.extend_from_slice(header.as_bytes());
    written.extend_from_slice(value);
    written.push(0);
    written.resize(written.len().next_multiple_of(RECORD), 0);
}

fn common(header: &mut Header, kind: EntryType, size: u64, mode: u32) {
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(TIME);
    header.set_size(size);
}

fn put(field: &mut [u8], value: &[u8]) {
    let length = value.len().min(field.len());
    field[..length].copy_from_slice(&value[..length]);
}

/// ustar's two fields for a name.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= NAME {
        return Some((b"", path));
    }
    let earliest = path.len().checked_sub(NAME + 1)?;
    let at = earliest + path[earliest..].iter().position(|&byte| byte == b'/')?;
    let name = &path[at + 1..];
    (at <= PREFIX && at > 0 && !name.is_empty()).then_some((&path[..at], name))
}

/// The mode of a file in the archive: whether its owner may execute it or, where the work tree does not say, whether git
/// has it that way.
pub(super) fn mode(metadata: &Metadata, tracked: Option<Tracked>) -> u32 {
    let executable = match tracked {
        Some(tracked) if !tracked.has_modes => tracked.form == Form::Executable,
        _ => is_executable(metadata),
    };
    if executable { EXECUTABLE } else { 0o644 }
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}

/// Writes the content of a file that was opened, in full records. It must have the size that its header says, and be left
/// alone meanwhile: anything else would make an archive that lies or can't be read. `look` sees all of it, piece by piece.
pub(super) fn append(
    blocks: &mut Blocks<'_>,
    path: &[u8],
    file: &mut File,
    before: &Metadata,
    mut look: impl FnMut(&[u8]),
) -> Result<(), Error> {
    let changed = |how| Error::Changed {
        path: shown(path),
        how,
    };
    let mut left = before.len();
    while left > 0 {
        let space = blocks.space()?;
        let most = usize::try_from(left).map_or(space.len(), |left| left.min(space.len()));
        let read = match file.read(&mut space[..most]) {
            Ok(0) => return Err(changed("was cut short")),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(path, &error)),
        };
        look(&space[..read]);
        blocks.advance(read);
        left -= read as u64;
    }
    let after = file.metadata().map_err(|error| unreadable(path, &error))?;
    if after.len() != before.len() {
        return Err(changed("changed its size"));
    }
    if is_touched(before, &after) {
        return Err(changed("changed"));
    }
    blocks.pad(RECORD)
}

fn unreadable(path: &[u8], error: &io::Error) -> Error {
    Error::Unreadable(vec![super::error::Unreadable {
        path: shown(path),
        error: error.to_string(),
    }])
}

fn is_touched(before: &Metadata, after: &Metadata) -> bool {
    before.modified().ok() != after.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::{file_header, link_header, split};

    #[test]
    fn names_are_split_where_ustar_can() {
        let exactly = "a".repeat(100);
        assert_eq!(
            split(exactly.as_bytes()),
            Some((&b""[..], exactly.as_bytes()))
        );
        let long = format!("{}/{}", "d".repeat(155), "f".repeat(100));
        let (prefix, name) = split(long.as_bytes()).unwrap();
        assert_eq!((prefix.len(), name.len()), (155, 100));
        assert_eq!(split("f".repeat(101).as_bytes()), None);
        assert_eq!(split(format!("{}/f", "d".repeat(156)).as_bytes()), None);
        assert_eq!(split(format!("d/{}", "f".repeat(101)).as_bytes()), None);
    }

    #[test]
    fn headers_are_as_short_as_they_can_be() {
        assert_eq!(file_header(b"a", 1, 0o644).len(), 512);
        assert_eq!(
            file_header(format!("{}/f", "d".repeat(150)).as_bytes(), 1, 0o644).len(),
            512
        );
        assert_eq!(
            file_header("f".repeat(101).as_bytes(), 1, 0o644).len(),
            3 * 512
        );
        assert_eq!(link_header(b"a", "t".repeat(101).as_bytes()).len(), 3 * 512);
        assert_eq!(file_header(b"a", 9 << 30, 0o644).len(), 512);
    }
}
