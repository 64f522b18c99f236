use super::*;
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use tar::{Builder, Header};

/// A tarball of entries: the kind, the name as it is, and the content or the target.
fn tarball(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, name, content) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        let is_link = matches!(kind, EntryType::Link | EntryType::Symlink);
        header.set_size(if is_link { 0 } else { content.len() as u64 });
        if is_link {
            header.as_gnu_mut().unwrap().linkname[..content.len()]
                .copy_from_slice(content.as_bytes());
        }
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        let body: &[u8] = if is_link { b"" } else { content.as_bytes() };
        builder.append(&header, body).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

fn looked_through(bytes: &[u8]) -> Result<Slug, String> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    slug(file.path(), 1 << 20, &|| false).map_err(|error| {
        let text = error.to_string();
        let name = file.path().display().to_string();
        text.replace(&name, "FILE")
    })
}

const FILE: EntryType = EntryType::Regular;
const WEB: (EntryType, &str, &str) = (FILE, "./app/web.js", "listen()");

#[test]
fn a_slug_is_counted_and_hashed() {
    let bytes = tarball(&[
        (EntryType::Directory, "./", ""),
        (EntryType::Directory, "./app/", ""),
        WEB,
        (EntryType::Symlink, "./app/python", "/usr/bin/python3"),
        (EntryType::Link, "./app/again.js", "./app/web.js"),
    ]);
    let slug = looked_through(&bytes).unwrap();
    assert_eq!((slug.files, slug.bytes), (3, 8));
    assert_eq!(slug.archive_bytes, bytes.len() as u64);
    let mut digest = Sha256::new();
    digest.update(&bytes);
    assert_eq!(slug.sha256, units::hex(&digest.finalize()));
}

#[test]
fn what_is_no_slug_is_refused() {
    for (entries, expected) in [
        (vec![(FILE, "web.js", "")], "web.js is not under ./app"),
        (
            vec![(FILE, "app/web.js", "")],
            "app/web.js is not under ./app",
        ),
        (
            vec![(FILE, "/app/web.js", "")],
            "/app/web.js is not under ./app",
        ),
        (vec![(FILE, "./apple/web.js", "")], "is not under ./app"),
        (
            vec![WEB, (FILE, "./lib/x", "")],
            "./lib/x is not under ./app",
        ),
        (
            vec![(FILE, "./app/../x", "")],
            "./app/../x leads out of ./app",
        ),
        (
            vec![WEB, (EntryType::Link, "./app/p", "/etc/passwd")],
            "./app/p links to it: /etc/passwd is not under ./app",
        ),
        (
            vec![
                (EntryType::Symlink, "./app/etc", "/etc"),
                (FILE, "./app/./etc/passwd", "x"),
            ],
            "lies beyond the link etc",
        ),
        (
            vec![WEB, (EntryType::Fifo, "./app/p", "")],
            "is neither a file",
        ),
        (vec![(EntryType::Directory, "./app/", "")], "no files"),
    ] {
        let error = looked_through(&tarball(&entries)).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn what_is_not_whole_is_refused() {
    let bytes = tarball(&[WEB]);
    let mut flipped = bytes.clone();
    let at = flipped.len() - 6;
    flipped[at] ^= 1;
    let mut more = bytes.clone();
    more.extend(b"behind it");
    let cut = bytes[..bytes.len() - 4].to_vec();
    for bytes in [cut, flipped, more, b"PK no gzip".to_vec(), Vec::new()] {
        let error = looked_through(&bytes).unwrap_err();
        assert!(error.starts_with("FILE is not a slug"), "{error}");
    }
}

#[test]
fn one_that_is_too_large_or_changes_is_refused() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&tarball(&[WEB])).unwrap();
    let error = slug(file.path(), 10, &|| false).unwrap_err();
    assert!(matches!(error, SlugError::TooLarge { .. }), "{error}");
    let one = slug(file.path(), 1 << 20, &|| false).unwrap();
    assert!(one.reader().is_ok());
    file.write_all(b"more").unwrap();
    assert!(one.reader().is_err());
    assert!(matches!(
        slug(file.path(), 1 << 20, &|| true),
        Err(SlugError::Cancelled)
    ));
}
