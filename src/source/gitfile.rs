//! The small files of a repository. A `.git` may be anybody's: of a cache, an archive, an earlier step of the job. A pipe that
//! nobody writes to is not waited for, and what has no end is not read to its end.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

/// The largest file that names something: a ref, a directory.
const LARGEST_NAME: u64 = 64 << 10;
/// The largest list or configuration: `packed-refs` of a large repository has some megabytes.
const LARGEST: u64 = 64 << 20;

/// The bytes of a file that is a regular one, and not too large.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    at_most(path, LARGEST)
}

/// The text of one.
pub(super) fn text(path: &Path) -> io::Result<String> {
    utf8(read(path)?)
}

/// The text of a file that names something.
pub(super) fn name(path: &Path) -> io::Result<String> {
    utf8(at_most(path, LARGEST_NAME)?)
}

/// Refuses what is no regular file.
pub(super) fn regular(path: &Path) -> io::Result<()> {
    if fs::metadata(path)?.is_file() {
        return Ok(());
    }
    Err(io::Error::other("it is not a regular file"))
}

fn utf8(bytes: Vec<u8>) -> io::Result<String> {
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}

fn at_most(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    regular(path)?;
    let mut bytes = Vec::new();
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        return Err(io::Error::other("it is too large"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_is_not_too_large_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("HEAD");
        assert_eq!(text(&file).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&file, "ref").unwrap();
        assert_eq!(name(&file).unwrap(), "ref");
        fs::write(&file, vec![b'x'; (64 << 10) + 1]).unwrap();
        assert_eq!(name(&file).unwrap_err().to_string(), "it is too large");
        assert!(text(&file).is_ok());
        fs::write(&file, [0xff]).unwrap();
        assert!(name(&file).is_err() && read(&file).is_ok());
        let why = read(dir.path()).unwrap_err().to_string();
        assert_eq!(why, "it is not a regular file");
    }
}
