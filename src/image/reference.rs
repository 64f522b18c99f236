//! Names of images, with the transports of skopeo (containers-transports(5)): `docker-archive:FILE[:REF]`,
//! `oci-archive:FILE[:TAG]`, `oci:DIR[:TAG]` and `docker://HOST/APP/TYPE[:TAG|@DIGEST]`.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use super::Digest;

/// What is meant where no tag is given.
const LATEST: &str = "latest";
/// The longest tag (distribution specification, "Pulling manifests").
const LONGEST_TAG: usize = 128;

/// The name of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reference {
    /// It is in a file or a directory.
    Stored(Stored),
    /// It is in a registry.
    InRegistry(InRegistry),
}

/// An image in a file or a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored {
    /// A file as `docker save` writes it.
    DockerArchive {
        /// The file.
        file: PathBuf,
        /// Which of its images: `NAME:TAG`, or `@N` for the Nth from 0.
        name: Option<String>,
    },
    /// An OCI layout as a tar.
    OciArchive {
        /// The file.
        file: PathBuf,
        /// Which of its images.
        tag: Option<String>,
    },
    /// An OCI layout.
    OciDirectory {
        /// The directory.
        directory: PathBuf,
        /// Which of its images.
        tag: Option<String>,
    },
}

/// An image that was pushed already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InRegistry {
    /// The registry's host, with its port if it has one.
    pub host: String,
    /// The app.
    pub app: String,
    /// The process type.
    pub process_type: String,
    /// Which of its images.
    pub pick: ImageSelector,
}

/// Which image of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSelector {
    /// What a tag stands for now.
    Tag(String),
    /// The one whose manifest has this digest.
    Digest(Digest),
}

impl Stored {
    /// The file or the directory.
    pub fn path(&self) -> &Path {
        match self {
            Self::DockerArchive { file, .. } | Self::OciArchive { file, .. } => file,
            Self::OciDirectory { directory, .. } => directory,
        }
    }
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("docker://") {
            return rest.parse().map(Self::InRegistry);
        }
        let Some((transport, rest)) = text.split_once(':') else {
            return Err(format!("it names no transport: {EXPECTED}"));
        };
        let (path, which) = split(rest);
        if path.as_os_str().is_empty() {
            return Err(format!("it names no file: {EXPECTED}"));
        }
        if which.is_some_and(str::is_empty) {
            return Err("nothing stands behind the last colon".to_owned());
        }
        let which = which.map(str::to_owned);
        let stored = match transport {
            "docker-archive" => Stored::DockerArchive {
                file: path,
                name: which,
            },
            "oci-archive" => Stored::OciArchive {
                file: path,
                tag: which,
            },
            "oci" => Stored::OciDirectory {
                directory: path,
                tag: which,
            },
            "docker-daemon" | "containers-storage" => {
                return Err(format!(
                    "launchway asks no daemon and no storage of images: save it to a file first (`docker save -o web.tar IMAGE`), \
                     then name it `docker-archive:web.tar`; {EXPECTED}"
                ));
            }
            _ => return Err(format!("the transport is not known: {EXPECTED}")),
        };
        Ok(Self::Stored(stored))
    }
}

const EXPECTED: &str = "expected `docker-archive:FILE[:NAME:TAG]`, `oci-archive:FILE[:TAG]`, `oci:DIRECTORY[:TAG]` or \
                        `docker://HOST/APP/TYPE[:TAG]`";

/// The path, and what stands behind the first colon, as skopeo has it. The colon of a drive is part of the path.
fn split(text: &str) -> (PathBuf, Option<&str>) {
    let bytes = text.as_bytes();
    let is_drive = matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
    let from = if is_drive { 2 } else { 0 };
    match text[from..].find(':') {
        Some(at) => (
            PathBuf::from(&text[..from + at]),
            Some(&text[from + at + 1..]),
        ),
        None => (PathBuf::from(text), None),
    }
}

impl FromStr for InRegistry {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| Err(format!("{why}: expected `docker://HOST/APP/TYPE[:TAG]`"));
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let mut parts = name.splitn(3, '/');
        let (Some(host), Some(app), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
            return wrong("it does not name an app and a process type");
        };
        let (process_type, tag) = match rest.split_once(':') {
            Some((process_type, tag)) => (process_type, Some(tag)),
            None => (rest, None),
        };
        if host.is_empty() || !host.bytes().all(is_of_host) {
            return wrong("it names no host");
        }
        if app.is_empty() || !app.bytes().all(is_of_name) {
            return wrong("it names no app");
        }
        if process_type.is_empty() || !process_type.bytes().all(is_of_name) {
            return wrong("it names no process type");
        }
        let pick = match (tag, digest) {
            (_, Some(digest)) => ImageSelector::Digest(digest.parse()?),
            (Some(tag), None) if is_tag(tag) => ImageSelector::Tag(tag.to_owned()),
            (Some(_), None) => return wrong("what stands behind the colon is not a tag"),
            (None, None) => ImageSelector::Tag(LATEST.to_owned()),
        };
        Ok(Self {
            host: host.to_ascii_lowercase(),
            app: app.to_owned(),
            process_type: process_type.to_owned(),
            pick,
        })
    }
}

fn is_of_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

fn is_tag(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.len() <= LONGEST_TAG
        && text.bytes().all(|byte| is_of_name(byte) || byte == b'.')
}

impl fmt::Display for ImageSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn each_transport_is_read() {
        let docker = |file: &str, name: Option<&str>| {
            Reference::Stored(Stored::DockerArchive {
                file: file.into(),
                name: name.map(str::to_owned),
            })
        };
        let oci = |file: &str, tag: Option<&str>| {
            Reference::Stored(Stored::OciArchive {
                file: file.into(),
                tag: tag.map(str::to_owned),
            })
        };
        let directory = |directory: &str, tag: Option<&str>| {
            Reference::Stored(Stored::OciDirectory {
                directory: directory.into(),
                tag: tag.map(str::to_owned),
            })
        };
        let pushed = |host: &str, pick: ImageSelector| {
            Reference::InRegistry(InRegistry {
                host: host.to_owned(),
                app: "acme-shop".to_owned(),
                process_type: "web".to_owned(),
                pick,
            })
        };
        let tag = |tag: &str| ImageSelector::Tag(tag.to_owned());
        for (text, expected) in [
            ("docker-archive:web.tar", docker("web.tar", None)),
            (
                "docker-archive:out/web.tar:acme/web:1.2",
                docker("out/web.tar", Some("acme/web:1.2")),
            ),
            (
                "docker-archive:/a b/web.tar:@1",
                docker("/a b/web.tar", Some("@1")),
            ),
            (
                r"docker-archive:C:\out\web.tar",
                docker(r"C:\out\web.tar", None),
            ),
            ("oci-archive:web.tar:v1", oci("web.tar", Some("v1"))),
            ("oci-archive:C:/web.tar:v1", oci("C:/web.tar", Some("v1"))),
            ("oci:image", directory("image", None)),
            ("oci:image:web", directory("image", Some("web"))),
            (
                "docker://registry.heroku.com/acme-shop/web",
                pushed("registry.heroku.com", tag("latest")),
            ),
            (
                "docker://Registry.heroku.com/acme-shop/web:v1.2",
                pushed("registry.heroku.com", tag("v1.2")),
            ),
            (
                "docker://127.0.0.1:5000/acme-shop/web",
                pushed("127.0.0.1:5000", tag("latest")),
            ),
            (
                &format!("docker://registry.heroku.com/acme-shop/web@{DIGEST}"),
                pushed(
                    "registry.heroku.com",
                    ImageSelector::Digest(Digest::of(b"")),
                ),
            ),
            (
                &format!("docker://registry.heroku.com/acme-shop/web:v1@{DIGEST}"),
                pushed(
                    "registry.heroku.com",
                    ImageSelector::Digest(Digest::of(b"")),
                ),
            ),
        ] {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, why) in [
            ("web.tar", "names no transport"),
            ("docker-archive:", "names no file"),
            ("docker-archive::web", "names no file"),
            ("docker-archive:web.tar:", "behind the last colon"),
            ("docker-daemon:web:latest", "asks no daemon"),
            ("dir:web", "transport is not known"),
            (
                "https://registry.heroku.com/a/web",
                "transport is not known",
            ),
            ("docker://registry.heroku.com/web", "app and a process type"),
            ("docker:///acme-shop/web", "names no host"),
            (
                "docker://me:secret@registry.heroku.com/a/web",
                "app and a process type",
            ),
            ("docker://registry.heroku.com//web", "names no app"),
            ("docker://registry.heroku.com/../web", "names no app"),
            ("docker://registry.heroku.com/a/", "names no process type"),
            (
                "docker://registry.heroku.com/a/web/x",
                "names no process type",
            ),
            ("docker://registry.heroku.com/a/web:", "not a tag"),
            ("docker://registry.heroku.com/a/web:a/../b", "not a tag"),
            (
                "docker://registry.heroku.com/a/web@sha512:00",
                "a digest is",
            ),
        ] {
            let said = text.parse::<Reference>().unwrap_err();
            assert!(
                said.contains(why) && !said.contains("secret"),
                "{text}: {said}"
            );
        }
    }
}
