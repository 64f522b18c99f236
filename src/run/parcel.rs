//! What is built, and how the platform comes by it: the archive of the workspace, handed over in the platform's own way,
//! put on an upload host or hosted already; or an image that needs no building.

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Run;
use crate::{
    config::Delivery,
    exit::Exit,
    failure::Failure,
    platform::{
        Error, Kind, Platform,
        types::{BuildRequest, SecretUrl},
        upload,
    },
    record::SourceRecord,
    source::Archive,
};

/// What is built.
pub enum Parcel {
    /// The packed workspace.
    Archive(Archive),
    /// An image in a registry.
    Image {
        /// Where.
        url: SecretUrl,
        /// What it is called.
        version: String,
    },
}

impl Parcel {
    /// The version of the source.
    pub fn version(&self) -> &str {
        match self {
            Self::Archive(archive) => &archive.identity.version,
            Self::Image { version, .. } => version,
        }
    }
}

impl<P: Platform> Run<'_, P> {
    /// Makes what is built, and sees whether the platform can build it. Nothing is sent.
    pub async fn parcel(&self) -> Result<Parcel, Failure> {
        if let Some(image) = &self.config.build.image {
            let version = self.config.source.version.clone();
            let version = version.unwrap_or_else(|| image.tag.clone());
            self.ledger.set_source(SourceRecord {
                version: version.clone(),
                ..SourceRecord::default()
            });
            return Ok(Parcel::Image {
                url: self.secret_url(&image.url, "build.image")?,
                version,
            });
        }
        let archive = self.pack().await?;
        let sent = matches!(self.config.source.delivery, Delivery::Platform);
        self.platform.accepts(&archive, sent).map_err(|unfit| {
            Failure::new(Exit::Workspace, unfit.what)
                .state("nothing was sent to the platform")
                .next(unfit.next)
        })?;
        Ok(Parcel::Archive(archive))
    }

    /// Brings the parcel to where the platform gets it, and says how to build it. `before` are the builds that are there.
    pub(super) async fn deliver(
        &self,
        parcel: &Parcel,
        before: Vec<String>,
    ) -> Result<BuildRequest, Failure> {
        let (source, sha256, commit) = match parcel {
            Parcel::Image { url, .. } => (url.clone(), None, None),
            Parcel::Archive(archive) => {
                let commit = archive.identity.commit.clone();
                let sha256 = Some(archive.sha256.clone());
                match &self.config.source.delivery {
                    Delivery::Platform => {
                        let sent = self.platform.send_source(archive).await;
                        (sent.map_err(|e| self.cannot_send(&e))?, sha256, commit)
                    }
                    Delivery::Upload { put, get } => {
                        let put = self.secret_url(put, "source.upload.put")?;
                        let get = self.secret_url(get, "source.upload.get")?;
                        let sent = upload::put(self.platform.http(), &put, archive).await;
                        sent.map_err(|e| self.cannot_send(&e))?;
                        (get, sha256, commit)
                    }
                    Delivery::Hosted(template) => {
                        let version = &archive.identity.version;
                        let url = template.expose_secret().replace(Delivery::VERSION, version);
                        // Whoever made that archive may have packed it in another way: its digest is not known.
                        (self.secret_url(&url.into(), "source.url")?, None, commit)
                    }
                }
            }
        };
        Ok(BuildRequest {
            source,
            sha256,
            version: parcel.version().to_owned(),
            commit,
            description: self.ci.run_url.clone(),
            buildpacks: self.config.build.buildpacks.clone(),
            before,
        })
    }

    /// An address from `deploy.yaml`, whose secrets are known to everything that prints from now on.
    fn secret_url(&self, text: &SecretString, key: &str) -> Result<SecretUrl, Failure> {
        let url = Url::parse(text.expose_secret())
            .map_err(|e| Failure::new(Exit::Config, format!("`{key}` is not a URL: {e}")))?;
        let url = SecretUrl::new(url);
        for secret in url.secrets() {
            self.platform.http().learn(&secret);
        }
        Ok(url)
    }

    fn cannot_send(&self, error: &Error) -> Failure {
        match error.kind {
            Kind::Rejected { .. } | Kind::NotFound if error.request.starts_with("PUT") => {
                Failure::new(
                    Exit::Unavailable,
                    format!("the upload of the source was rejected: {error}"),
                )
                .state("nothing was built")
                .next("safe to run again: the next run asks for a new upload address")
            }
            _ => self.cannot_read("sending the source", error),
        }
    }
}
