//! What is built, and how the platform gets it: the archive of the workspace, handed over in the platform's own way,
//! put on an upload host or hosted already; or an image that needs no building.

use std::{fs::File, io, sync::Arc};

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{
    Run,
    blocking::blocking,
    elsewhere::{self, ExternalSource},
    images::ImagesInput,
    pack::{cannot_pack, pack_options},
    slug::SlugInput,
};
use crate::{
    config::Delivery,
    exit::Exit,
    failure::Failure,
    http::{Error, Kind, Phase, SecretUrl, upload},
    journal::{Fact, record::SourceRecord},
    platform::{
        Content, Tarball,
        types::{App, BuildRequest, Uploaded},
    },
    source::{self, Archive},
};

/// What is built.
pub enum BuildInput {
    /// The packed workspace.
    Archive(Archive),
    /// An archive that is hosted already, and the commit of the workspace that it goes with.
    Hosted(ExternalSource, Option<String>),
    /// An image in a registry.
    Image(ExternalSource),
    /// A slug that was made elsewhere.
    Slug(SlugInput),
    /// Images that were built elsewhere, one for each process type.
    Images(Arc<ImagesInput>),
}

impl BuildInput {
    /// The version of the source.
    pub fn version(&self) -> &str {
        match self {
            Self::Archive(archive) => &archive.identity.version,
            Self::Hosted(elsewhere, _) | Self::Image(elsewhere) => &elsewhere.version,
            Self::Slug(slug) => slug.version(),
            Self::Images(images) => &images.version,
        }
    }

    /// Its content, as the platform is searched for it.
    pub fn content(&self) -> Content {
        match self {
            Self::Archive(archive) => {
                Content::packed(self.version(), &archive.sha256, &archive.tar_sha256)
            }
            Self::Hosted(elsewhere, _) | Self::Image(elsewhere) => elsewhere.content(),
            Self::Slug(slug) => slug.content(),
            Self::Images(images) => images.content(),
        }
    }
}

impl Run<'_> {
    /// Prepares what is built. Sends nothing.
    pub async fn input(&self) -> Result<BuildInput, Failure> {
        if let Some(given) = &self.config.build.slug {
            return Ok(BuildInput::Slug(self.slug_input(given).await?));
        }
        if !self.config.build.images.is_empty() {
            return Ok(BuildInput::Images(Arc::new(self.images_input().await?)));
        }
        if !elsewhere::is_packed(self.config) {
            return self.input_elsewhere().await;
        }
        let (archive, hosted) = self.pack().await?;
        if let Some(hosted) = hosted {
            // Only the one who put it there knows its content.
            return Ok(BuildInput::Hosted(hosted, archive.facts.identity.commit));
        }
        Ok(BuildInput::Archive(archive))
    }

    /// What is built elsewhere, without the workspace.
    async fn input_elsewhere(&self) -> Result<BuildInput, Failure> {
        let is_image = self.config.build.image.is_some();
        let commit = if is_image {
            None
        } else {
            let options = pack_options(self.config, self.ci, self.own_files);
            let look =
                move |cancelled: &(dyn Fn() -> bool + Sync)| source::commit(&options, cancelled);
            let commit = blocking("asking git", look).await?;
            commit.map_err(|e| cannot_pack(&e))?
        };
        let elsewhere = self.elsewhere(commit.as_deref()).await?;
        let elsewhere =
            elsewhere.ok_or_else(|| Failure::new(Exit::Internal, "there is nothing to build"))?;
        self.journal.record(Fact::Source(SourceRecord {
            version: elsewhere.version.clone(),
            commit: commit.clone(),
            sha256: elsewhere.sha256.clone().unwrap_or_default(),
            ..SourceRecord::default()
        }));
        Ok(if is_image {
            BuildInput::Image(elsewhere)
        } else {
            BuildInput::Hosted(elsewhere, commit)
        })
    }

    /// Checks whether the platform can build this archive on an app. Uploads nothing.
    pub async fn accepts(&self, archive: &Archive, app: &App) -> Result<(), Failure> {
        let sent = matches!(self.config.source.delivery, Delivery::Platform);
        let open = || archive.reader();
        let found = self
            .platform
            .unfit(app, tarball(archive, &open), sent, self.retry_budget())
            .await;
        let doing = format!("reading what limits the source of {}", app.name);
        match found.map_err(|e| self.cannot_read(&doing, &e))? {
            None => Ok(()),
            Some(unfit) => Err(Failure::new(Exit::Workspace, unfit.what)
                .state("nothing was sent to the platform")
                .next(unfit.next)),
        }
    }

    /// Puts the input where the platform fetches it, and returns the request for its build. `before` are the builds
    /// that exist already.
    pub(super) async fn deliver(
        &self,
        input: &BuildInput,
        before: Vec<String>,
    ) -> Result<(BuildRequest, Option<SecretUrl>), Failure> {
        let mut put_at = None;
        let (source, sha256, commit) = match input {
            BuildInput::Slug(_) | BuildInput::Images(_) => {
                return Err(Failure::new(Exit::Internal, "it is built already"));
            }
            BuildInput::Image(ExternalSource { url, sha256, .. }) => {
                (url.clone(), sha256.clone(), None)
            }
            BuildInput::Hosted(ExternalSource { url, sha256, .. }, commit) => {
                (url.clone(), sha256.clone(), commit.clone())
            }
            BuildInput::Archive(archive) => {
                let open = || archive.reader();
                let source = match &self.config.source.delivery {
                    Delivery::Upload { put, get } => {
                        let put = self.secret_url(put, "", "source.upload.put")?;
                        let get = self.secret_url(get, "", "source.upload.get")?;
                        let sent = upload::put(
                            &self.platform.services().outside,
                            self.pacing(),
                            self.journal,
                            &put,
                            archive.archive_bytes,
                            open,
                        )
                        .await;
                        sent.map(|()| Uploaded {
                            get,
                            put: Some(put),
                        })
                    }
                    _ => self.platform.send_source(tarball(archive, &open)).await,
                };
                let Uploaded { get, put } = source.map_err(|e| self.cannot_send(&e))?;
                put_at = put;
                let commit = archive.identity.commit.clone();
                (get, Some(archive.sha256.clone()), commit)
            }
        };
        let request = BuildRequest {
            source,
            sha256,
            version: input.version().to_owned(),
            commit,
            description: self.ci.run_url.clone(),
            buildpacks: self.config.build.buildpacks.clone(),
            before,
        };
        Ok((request, put_at))
    }

    /// An address from `deploy.yaml`, in which this is the version. Its secrets are known to everything that prints from now on.
    /// The CI system is not told them: they were given to this run, and what it is told stands in the log.
    pub(super) fn secret_url(
        &self,
        template: &SecretString,
        version: &str,
        key: &str,
    ) -> Result<SecretUrl, Failure> {
        let filled = |version| {
            let url = Url::parse(&template.expose_secret().replace(Delivery::VERSION, version));
            let cannot = |e| Failure::new(Exit::Config, format!("`{key}` is not a URL: {e}"));
            url.map(SecretUrl::new).map_err(cannot)
        };
        // The version is none of them.
        for secret in filled("")?.secrets() {
            let is_open = self
                .config
                .names()
                .chain(self.ci.said())
                .any(|open| open == secret);
            if !is_open {
                self.platform.services().redactor.learn(&secret);
            }
        }
        filled(version)
    }

    fn cannot_send(&self, error: &Error) -> Failure {
        match error.kind {
            Kind::Rejected { .. } | Kind::NotFound if error.phase == Phase::Upload => Failure::new(
                Exit::Unavailable,
                format!("the upload of the source was rejected: {error}"),
            )
            .state("nothing was built")
            .next("safe to run again: the next run asks for a new upload address"),
            _ => self.cannot_read("sending the source", error),
        }
    }
}

/// An archive as the platform takes it.
fn tarball<'a>(archive: &'a Archive, open: &'a dyn Fn() -> io::Result<File>) -> Tarball<'a> {
    Tarball {
        version: &archive.identity.version,
        bytes: archive.archive_bytes,
        open,
    }
}
