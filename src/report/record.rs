//! Writes the run record to a file: whole or not at all, so that a later job never reads half of one.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::json;
use crate::record::Record;
use crate::redact::Redactor;

/// Writes the record, without secrets, to `path`; `-` is standard output. An existing file is replaced in one step; what
/// is no file (`/dev/stdout`, a named pipe) is written to.
pub fn write(path: &Path, record: &Record, redactor: &Redactor) -> io::Result<()> {
    let json = serde_json::to_string_pretty(record).map_err(io::Error::other)?;
    let mut json = json::defuse(&redactor.clean_json(&json));
    json.push('\n');
    if path == Path::new("-") {
        return put(&mut io::stdout(), &json);
    }
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if !there.is_file() => {
            put(&mut fs::OpenOptions::new().write(true).open(path)?, &json)
        }
        // Through a link: the file behind it is replaced, not the link.
        Ok(_) => replace(&path.canonicalize()?, &json),
        Err(_) => replace(path, &json),
    }
}

fn put(to: &mut impl Write, json: &str) -> io::Result<()> {
    to.write_all(json.as_bytes())?;
    to.flush()
}

fn replace(path: &Path, json: &str) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".launchway-record-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A record is for others to read; the umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory)?;
    put(&mut file, json)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("record.json");
        fs::write(&path, "old").unwrap();
        let record = fixtures::happy().record;
        write(&path, &record, &Redactor::new(["acme-shop-eu"])).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(json["stages"][1]["apps"][0]["app"], "***");
        assert_eq!(json["source"]["version"], fixtures::VERSION);
        assert_eq!(names(directory.path()), ["record.json"]);
    }

    #[test]
    fn a_place_that_can_t_be_written_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let record = fixtures::happy().record;
        let to = |path: &Path| write(path, &record, &Redactor::default());
        assert!(to(&directory.path().join("missing/record.json")).is_err());
        assert!(to(directory.path()).is_err());
        assert!(names(directory.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_devices_are_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let record = fixtures::happy().record;
        write(&link, &record, &Redactor::default()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&file).unwrap().starts_with('{'));
        write(Path::new("/dev/null"), &record, &Redactor::default()).unwrap();
    }
}
