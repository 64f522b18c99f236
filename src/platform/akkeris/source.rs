//! The source within the build request: a `data:` address, for there is no place to upload to.
//!
//! `data:base64,` is the only form that the build worker decodes; a media type in it makes the build fail. The worker
//! gets the request in one environment variable, with the app's config vars, so the kernel's 128 KiB are the limit: without
//! vars 73 159 bytes of tarball were seen to build, 74 179 were accepted and then failed.

use std::{
    collections::BTreeSet,
    io::{self, Read as _},
    path::{Component, Path},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use flate2::read::MultiGzDecoder;
use url::Url;

use crate::{
    http::{Error, Kind, SecretUrl},
    platform::{Tarball, UnsuitableArchive},
    units,
};

/// The longest environment variable that the kernel takes.
const LONGEST_VARIABLE: u64 = 128 << 10;
/// About what the worker gets beside the source and the app's config vars.
const ABOUT_THE_REST: u64 = 1000;
/// The longest version that the platform keeps.
const LONGEST_VERSION: usize = 128;

/// Why no build can be made of this archive. `vars` is the size of the app's config vars, if the source is sent.
pub(super) fn unfit(tarball: Tarball<'_>, vars: Option<u64>) -> Option<UnsuitableArchive> {
    let version = tarball.version;
    if version.len() > LONGEST_VERSION {
        return Some(UnsuitableArchive {
            what: format!(
                "the source's version has {} characters; the platform keeps {LONGEST_VERSION}",
                version.len()
            ),
            next: "give a shorter one in `source.version`".to_owned(),
        });
    }
    match has_dockerfile(tarball) {
        Ok(true) => {}
        Ok(false) => {
            return Some(UnsuitableArchive {
                what: "there is no Dockerfile at the root of the source".to_owned(),
                next: "the platform builds with a Dockerfile: add one, or see with \
                       `launchway pack --explain Dockerfile` why it is left out"
                    .to_owned(),
            });
        }
        Err(error) => {
            return Some(UnsuitableArchive {
                what: format!("the archive can't be read again: {error}"),
                next: "run it again".to_owned(),
            });
        }
    }
    let vars = vars?;
    let largest = largest(vars);
    (tarball.bytes > largest).then(|| UnsuitableArchive {
        what: format!(
            "the archive has {}; beside the app's config vars ({}) the platform takes at most {} within a build request",
            units::bytes(tarball.bytes),
            units::bytes(vars),
            units::bytes(largest)
        ),
        next: "leave out more with `source.exclude`; or host the archive: `source.upload` with a pair of pre-signed addresses, \
               or `source.url` where it is already; or have fewer or shorter config vars; or name a built image in `build.image`"
            .to_owned(),
    })
}

/// The largest archive that gets through beside config vars of this size: it is encoded twice on its way, they are once.
fn largest(vars: u64) -> u64 {
    let beside = (vars + ABOUT_THE_REST) * 4 / 3;
    LONGEST_VARIABLE.saturating_sub(beside + 1) * 9 / 16
}

/// Whether the worker finds a Dockerfile: at the root, or in the one directory that everything is in.
fn has_dockerfile(tarball: Tarball<'_>) -> io::Result<bool> {
    let mut tar = tar::Archive::new(MultiGzDecoder::new((tarball.open)()?));
    let mut tops = BTreeSet::new();
    let mut within = false;
    for entry in tar.entries()? {
        let entry = entry?;
        let path = entry.path()?;
        let parts: Vec<_> = Path::new(path.as_ref())
            .components()
            .filter_map(|part| match part {
                Component::Normal(name) => Some(name.to_os_string()),
                _ => None,
            })
            .collect();
        match parts.as_slice() {
            [] => continue,
            [only] if only == "Dockerfile" => return Ok(true),
            // A file at the root, or a directory that nothing is in.
            [_] if !entry.header().entry_type().is_dir() => {
                tops.insert(None);
            }
            [_, name] if name == "Dockerfile" => within = true,
            _ => {}
        }
        tops.insert(parts.into_iter().next());
    }
    Ok(within && tops.len() == 1)
}

/// The archive as an address.
pub(super) fn data_url(tarball: Tarball<'_>) -> Result<SecretUrl, Error> {
    let cannot = |why: String| Error::new(Kind::Local, "the build request", why);
    let mut bytes = Vec::new();
    (tarball.open)()
        .and_then(|mut file| file.read_to_end(&mut bytes))
        .map_err(|e| cannot(format!("cannot read the archive: {e}")))?;
    let url = Url::parse(&format!("data:base64,{}", STANDARD.encode(&bytes)));
    url.map(SecretUrl::new).map_err(|e| cannot(e.to_string()))
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Seek as _, SeekFrom},
    };

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> File {
        let mut tar = tar::Builder::new(GzEncoder::new(
            tempfile::tempfile().unwrap(),
            Compression::none(),
        ));
        for (path, bytes) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, *bytes).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    fn why_unfit(mut file: &File, vars: Option<u64>) -> Option<UnsuitableArchive> {
        let tarball = Tarball {
            version: "v",
            bytes: file.seek(SeekFrom::End(0)).unwrap(),
            open: &|| {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Ok(file)
            },
        };
        unfit(tarball, vars)
    }

    #[test]
    fn a_dockerfile_must_be_where_the_worker_looks() {
        for (paths, expected) in [
            (["Dockerfile", "a/b"], true),
            (["shop/Dockerfile", "shop/x"], true),
            (["shop/Dockerfile", "x"], false),
            (["shop/Dockerfile", "other/x"], false),
            (["a/b/Dockerfile", "a/x"], false),
        ] {
            let file = archive(&paths.map(|path| (path, &b"x"[..])));
            let found = why_unfit(&file, Some(2));
            assert_eq!(found.is_none(), expected, "{found:?}");
        }
    }

    #[test]
    fn config_vars_take_room_from_the_archive() {
        // What was seen: 73 159 bytes pass without vars; 60 676 do with 15 kB of them, and not with 19 kB.
        for (vars, archive, fits) in [
            (2, 72_900, true),
            (2, 74_179, false),
            (15_000, 60_676, true),
            (19_000, 60_676, false),
            (200_000, 1, false),
        ] {
            assert_eq!(archive <= largest(vars), fits, "{vars} {archive}");
        }
    }

    #[test]
    fn what_is_too_large_for_a_request_may_still_be_hosted() {
        let large = vec![0; 200_000];
        let archive = archive(&[("Dockerfile", b"FROM alpine"), ("large", &large)]);
        let why = why_unfit(&archive, Some(2)).unwrap();
        assert!(why.next.contains("source.upload"), "{why:?}");
        assert_eq!(why_unfit(&archive, None), None);
    }
}
