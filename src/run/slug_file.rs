//! The file of a slug: downloaded from the pre-signed address that the platform gives, and verified against what the
//! platform says of it.

use std::{
    fs::File,
    io::{self, Seek as _, SeekFrom},
    time::Duration,
};

use super::Run;
use crate::{
    exit::Exit,
    failure::Failure,
    http::{
        Error, Kind,
        download::{self, Downloaded},
    },
    journal::{WaitGuard, event::Event},
    platform::types::{App, Slug},
    units,
};

/// How often a download is tried. Each try has a new address: one that is too old is refused.
const TRIES: u32 = 3;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_secs(2);
/// How long all of it may take: as long as an address is good for (heroku.md §2).
const LONGEST: Duration = Duration::from_hours(1);

impl Run<'_> {
    /// Downloads the file of a slug into an empty file. What does not match its checksum is not taken.
    pub async fn download_slug(
        &self,
        app: &App,
        slug: Slug,
        into: &mut File,
    ) -> Result<Downloaded, Failure> {
        let name = format!("slug {} of {}", slug.id, app.name);
        let doing = format!("downloading {name}");
        let download = self.try_download(app, slug, into, &doing);
        let what = format!("the file of {name}");
        let _waiting = WaitGuard::begin(self.journal, &what, LONGEST, "it is given up");
        match tokio::time::timeout(LONGEST, download).await {
            Ok(downloaded) => downloaded,
            Err(_) => Err(Failure::new(
                Exit::Unavailable,
                format!("{name} did not come within {}", units::duration(LONGEST)),
            )
            .state("nothing was written, and nothing was changed on the platform")),
        }
    }

    async fn try_download(
        &self,
        app: &App,
        mut slug: Slug,
        into: &mut File,
        doing: &str,
    ) -> Result<Downloaded, Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let Some(url) = &slug.file else {
                let what = format!(
                    "the platform gives no address for the file of slug {}",
                    slug.id
                );
                return Err(Failure::new(Exit::Refused, what));
            };
            let services = self.platform.services();
            let came = match emptied(into) {
                Ok(()) => download::get(&services.outside, url, into).await,
                Err(why) => Err(Error::new(Kind::Local, doing, why.to_string())),
            };
            let wrong = match came {
                Ok(came) => match mismatch(&slug, &came) {
                    None => {
                        if slug.sha256.is_none() {
                            self.journal.warn(format!(
                                "the platform has no checksum of slug {}: its file is not verified",
                                slug.id
                            ));
                        }
                        return Ok(came);
                    }
                    Some(wrong) if tries < TRIES => wrong,
                    Some(wrong) => {
                        return Err(Failure::new(
                            Exit::Unavailable,
                            format!(
                                "the file of slug {} is not what it should be: {wrong}",
                                slug.id
                            ),
                        )
                        .state("nothing was written, and nothing was changed on the platform"));
                    }
                },
                Err(error) if tries < TRIES && may_help(&error) => error.reason(),
                Err(error) => return Err(self.cannot_read(doing, &error)),
            };
            let pause = self.pacing().of(PAUSE);
            self.journal.emit(Event::Retrying {
                request: doing.to_owned(),
                why: wrong,
                pause,
                left: None,
            });
            tokio::time::sleep(pause).await;
            let again = self.platform.slug(app, &slug.id, self.retry_budget()).await;
            slug = again.map_err(|error| self.cannot_read(doing, &error))?;
        }
    }
}

/// Whether another address may help: the old one may have expired, or a new file may not be everywhere yet.
fn may_help(error: &Error) -> bool {
    error.is_transient() || error.kind == Kind::NotFound
}

/// Empties a file.
fn emptied(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0)).map(drop)
}

/// What is wrong with a file, given what is known of its slug.
fn mismatch(slug: &Slug, came: &Downloaded) -> Option<String> {
    if let Some(wanted) = slug
        .sha256
        .as_ref()
        .filter(|wanted| **wanted != came.sha256)
    {
        return Some(format!("its SHA-256 is {}, not {wanted}", came.sha256));
    }
    let wanted = slug.bytes.filter(|wanted| *wanted != came.bytes);
    // The platform's size may be that of what is unpacked: a checksum that fits says more.
    let wanted = wanted.filter(|_| slug.sha256.is_none())?;
    Some(format!("it has {} bytes, not {wanted}", came.bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_against_its_checksum() {
        let slug = |sha256: Option<&str>, bytes| Slug {
            id: "s".to_owned(),
            version: None,
            bytes,
            sha256: sha256.map(str::to_owned),
            buildpack: None,
            process_types: std::collections::BTreeMap::new(),
            created_at: None,
            file: None,
        };
        let came = Downloaded {
            bytes: 3,
            sha256: "aa".to_owned(),
        };
        for (sha256, bytes, fits) in [
            (Some("aa"), Some(3), true),
            (Some("aa"), Some(4), true),
            (Some("bb"), Some(3), false),
            (None, Some(3), true),
            (None, Some(4), false),
            (None, None, true),
        ] {
            let wrong = mismatch(&slug(sha256, bytes), &came);
            assert_eq!(wrong.is_none(), fits, "{sha256:?} {bytes:?}: {wrong:?}");
        }
    }
}
