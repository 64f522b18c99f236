//! Workspaces to pack, and what is found in their archives.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use launchway::source::{self, Archive, Error, Options};

/// A directory that is gone after the test.
pub(crate) struct Workspace {
    pub(crate) dir: tempfile::TempDir,
}

/// An entry of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) content: Vec<u8>,
    pub(crate) target: Option<Vec<u8>>,
}

impl Workspace {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    /// A workspace with these files; a name that ends with a separator is an empty directory.
    pub(crate) fn with(files: &[(&str, &str)]) -> Self {
        let workspace = Self::new();
        for (path, content) in files {
            workspace.file(path, content);
        }
        workspace
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub(crate) fn file(&self, path: &str, content: &str) -> &Self {
        let file = self.join(path);
        if path.ends_with('/') {
            fs::create_dir_all(file).unwrap();
        } else {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content).unwrap();
        }
        self
    }

    /// Runs git in it, without anything that the machine's own configuration says.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(self.path(), arguments)
    }

    pub(crate) fn options(&self) -> Options {
        Options::new(self.path())
    }

    /// The paths in its archive.
    pub(crate) fn packed(&self) -> Vec<String> {
        paths(&self.options())
    }
}

pub(crate) fn git(dir: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args([
            "-c",
            "core.excludesFile=",
            "-c",
            "protocol.file.allow=always",
        ])
        .args([
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@example.com",
            "-c",
            "commit.gpgsign=false",
        ])
        .args(arguments)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("GIT_DIR")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn try_pack(options: &Options) -> Result<Archive, Error> {
    source::pack(options, &|| false)
}

pub(crate) fn pack(options: &Options) -> Archive {
    try_pack(options).unwrap()
}

pub(crate) fn bytes(archive: &Archive) -> Vec<u8> {
    let mut bytes = Vec::new();
    archive.reader().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, archive.archive_bytes);
    bytes
}

pub(crate) fn entries(archive: &Archive) -> Vec<Found> {
    let bytes = bytes(archive);
    let mut tar = tar::Archive::new(GzDecoder::new(bytes.as_slice()));
    tar.entries()
        .unwrap()
        .map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            Found {
                path: entry.path_bytes().into_owned(),
                mode: entry.header().mode().unwrap(),
                content,
                target: entry.link_name_bytes().map(std::borrow::Cow::into_owned),
            }
        })
        .collect()
}

pub(crate) fn paths(options: &Options) -> Vec<String> {
    let entries = entries(&pack(options));
    entries
        .into_iter()
        .map(|entry| String::from_utf8_lossy(&entry.path).into_owned())
        .collect()
}
