//! The archive is read alike by every program that people use.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use launchway::source::Archive;

use super::support::{Workspace, bytes, pack};

/// A workspace with all that is hard to say in a tar.
fn odd_names() -> Workspace {
    let workspace = Workspace::new();
    let long_name = "n".repeat(255);
    let exactly = "e".repeat(100);
    let deep = ["directory-of-some-length"; 11].join("/");
    let deeper = [200; 3].map(|length| "d".repeat(length)).join("/");
    for name in [
        "plain",
        "with space",
        "new\nline",
        "-leading",
        "--checkpoint=1",
        "tab\there",
        "back\\slash",
        "ünïcode",
        "quote'\"",
        "*",
        &exactly,
        &long_name,
        &format!("{}/{}", "p".repeat(155), "q".repeat(100)),
        &format!("{}/{}", "p".repeat(156), "q".repeat(99)),
        &format!("{deep}/file"),
        &format!("{deeper}/{long_name}"),
    ] {
        workspace.file(name, &format!("content of {name}"));
    }
    fs::write(
        workspace.path().join(OsStr::from_bytes(b"not\xffutf8")),
        "bytes",
    )
    .unwrap();
    workspace.file("empty", "");
    workspace.file("exactly-a-record", &"r".repeat(512));
    workspace.file("large", &"0123456789".repeat(300_000));
    workspace.file("run.sh", "#!/bin/sh\n");
    fs::set_permissions(workspace.join("run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    symlink("plain", workspace.join("link")).unwrap();
    symlink(format!("{deeper}/{long_name}"), workspace.join("long-link")).unwrap();
    symlink(
        OsStr::from_bytes(b"not\xffutf8"),
        workspace.join(&"l".repeat(120)),
    )
    .unwrap();
    symlink("nowhere", workspace.join("dangling")).unwrap();
    workspace
}

/// What is in a directory: a file's mode and content, a link's target.
fn contents(directory: &Path) -> BTreeMap<Vec<u8>, (u32, Vec<u8>)> {
    let mut found = BTreeMap::new();
    gather(directory, directory, &mut found);
    found
}

fn gather(root: &Path, directory: &Path, found: &mut BTreeMap<Vec<u8>, (u32, Vec<u8>)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let name = path
            .strip_prefix(root)
            .unwrap()
            .as_os_str()
            .as_bytes()
            .to_vec();
        if metadata.is_dir() {
            gather(root, &path, found);
        } else if metadata.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            found.insert(name, (0, target.as_os_str().as_bytes().to_vec()));
        } else {
            let executable = metadata.permissions().mode() & 0o100;
            found.insert(name, (executable, fs::read(&path).unwrap()));
        }
    }
}

/// Unpacks the archive with a program; false if it is not installed.
fn unpack(archive: &Archive, program: &str, arguments: &[&str]) -> Option<tempfile::TempDir> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tgz"), bytes(archive)).unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let run = Command::new(program)
        .args(arguments)
        .current_dir(&out)
        .env("LC_ALL", "C")
        .output();
    let Ok(output) = run else {
        eprintln!("{program} is not installed: not tried");
        return None;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    assert_eq!(said, "", "{program} has something to say");
    Some(dir)
}

fn is_read_by(program: &str, arguments: &[&str]) {
    let workspace = odd_names();
    let archive = pack(&workspace.options());
    if let Some(dir) = unpack(&archive, program, arguments) {
        let expected = contents(workspace.path());
        let found = contents(&dir.path().join("out"));
        for (name, expected) in &expected {
            let name_shown = String::from_utf8_lossy(name);
            let found = found.get(name);
            assert!(
                found == Some(expected),
                "{program}: {name_shown}: {:?}",
                found.map(|found| found.0)
            );
        }
        assert_eq!(
            found.len(),
            expected.len(),
            "{program} found something else too"
        );
    }
}

#[test]
fn gnu_tar_reads_it() {
    is_read_by("tar", &["-xzf", "../a.tgz"]);
}

#[test]
fn bsdtar_reads_it() {
    is_read_by("bsdtar", &["-xzf", "../a.tgz"]);
}

#[test]
fn busybox_reads_it() {
    is_read_by("busybox", &["tar", "-xzf", "../a.tgz"]);
}

#[test]
fn python_reads_it() {
    let script = "import tarfile\n\
                  with tarfile.open('../a.tgz', 'r:gz', encoding='utf-8', errors='surrogateescape') as archive:\n\
                  \x20   archive.extractall('.', **({'filter': 'tar'} if hasattr(tarfile, 'data_filter') else {}))\n";
    is_read_by("python3", &["-X", "utf8", "-c", script]);
}

#[test]
fn gzip_finds_one_sound_member() {
    let archive = pack(&odd_names().options());
    drop(unpack(&archive, "gzip", &["-t", "../a.tgz"]));
    drop(unpack(&archive, "pigz", &["-t", "../a.tgz"]));
}
