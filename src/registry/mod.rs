//! The platform's registry of container images, as a client that pushes to it: the distribution specification
//! (<https://github.com/opencontainers/distribution-spec/blob/main/spec.md>). A repository is an app and a process type.

mod address;
mod advice;
mod body;
mod manifest;
mod mount;
mod refusal;
mod upload;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use secrecy::SecretString;

use crate::{
    http::{Api, Error, Kind, Outside, Pacing, Request, path_segment},
    image::{self, Blob, Digest, Image, PushParts},
    journal::Journal,
    redact::Redactor,
};

pub use address::{Address, VARIABLE, address};
pub use advice::advice;
use mount::{Known, Mounted};

/// A registry: where it is, and the token for it.
pub struct Registry {
    address: Address,
    api: Api,
    outside: Outside,
    pacing: Pacing,
    journal: Journal,
    redactor: Redactor,
    known: Known,
}

/// How far a push is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes sent so far.
    pub sent: u64,
    /// Bytes that have to be sent in all.
    pub bytes: u64,
}

/// What came of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// The image's id, which the platform releases it by.
    pub id: Digest,
    /// The digest of the manifest that is tagged now.
    pub manifest_digest: Digest,
    /// How many blobs were sent.
    pub blobs_sent: u64,
    /// How many were there already. An image that is tagged already is not looked at further: 0.
    pub blobs_there: u64,
    /// How many the registry took from another repository.
    pub blobs_mounted: u64,
    /// How many bytes were sent.
    pub bytes_sent: u64,
}

/// A repository's part of a path.
fn repository(app: &str, process_type: &str) -> String {
    format!("/v2/{}/{}", path_segment(app), path_segment(process_type))
}

impl Registry {
    /// Makes the clients of a registry. The token goes to its own origin and nowhere else.
    pub fn new(
        address: Address,
        token: SecretString,
        outside: &Outside,
        pacing: Pacing,
        journal: Journal,
        redactor: Redactor,
    ) -> Result<Self, String> {
        let url = address.url.clone();
        let mut api = Api::new(url, Some(token), outside, pacing, journal.clone())?;
        api.is_own_refusal = refusal::is_own;
        Ok(Self {
            address,
            // The platform's own client sends it as a password without a user (heroku.md §2).
            api: api.with_basic(),
            outside: outside.clone(),
            pacing,
            journal,
            redactor,
            known: Known::default(),
        })
    }

    /// Where it is.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Pushes an image as the tag `latest` of a process type of an app. Blobs that are there are not sent again, and nothing
    /// is tagged before all of it is there: done twice it is done once. `progress` is told a few times a second.
    pub async fn push(
        &self,
        image: &Image,
        app: &str,
        process_type: &str,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Pushed, Error> {
        let repository = repository(app, process_type);
        let pushed = self.push_to(&repository, image, progress);
        pushed.await.map_err(refusal::of_others)
    }

    async fn push_to(
        &self,
        repository: &str,
        image: &Image,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Pushed, Error> {
        let budget = self.pacing.budget_before();
        if let Some(manifest_digest) = self.tagged(repository, image.id(), budget).await? {
            return Ok(Pushed {
                id: image.id().clone(),
                manifest_digest,
                blobs_sent: 0,
                blobs_there: 0,
                blobs_mounted: 0,
                bytes_sent: 0,
            });
        }
        let parts = self.parts(image).await?;
        let (mut missing, mut mounted): (Vec<(&Blob, _)>, u64) = (Vec::new(), 0);
        for blob in &parts.blobs {
            if self.is_there(repository, &blob.digest, budget).await? {
                continue;
            }
            match self.mount(repository, &blob.digest, budget).await? {
                Mounted::There => mounted += 1,
                Mounted::Send(upload) => missing.push((blob, upload)),
            }
        }
        let sent = missing.len() as u64;
        let bytes = missing.iter().map(|(blob, _)| blob.place.size);
        let bytes = bytes.fold(0, u64::saturating_add);
        let mut before = 0;
        for (blob, upload) in missing {
            let told = move |sent: u64| {
                progress(Progress {
                    sent: before + sent.min(blob.place.size),
                    bytes,
                });
            };
            self.send(repository, blob, upload, &told).await?;
            before += blob.place.size;
            progress(Progress {
                sent: before,
                bytes,
            });
        }
        self.put_manifest(repository, &parts, budget).await?;
        let digests = parts.blobs.iter().map(|blob| blob.digest.clone());
        self.known.note(repository, digests);
        Ok(Pushed {
            id: image.id().clone(),
            manifest_digest: parts.manifest_digest,
            blobs_sent: sent,
            blobs_there: parts.blobs.len() as u64 - sent - mounted,
            blobs_mounted: mounted,
            bytes_sent: bytes,
        })
    }

    /// What is pushed of an image: compressed on a thread of its own, which stops when nobody waits for it any more.
    async fn parts(&self, image: &Image) -> Result<PushParts, Error> {
        let image = image.clone();
        let name = format!("compressing the image {}", image.id().short());
        let stop = Stop::default();
        let flag = Arc::clone(&stop.0);
        let parts =
            tokio::task::spawn_blocking(move || image.parts(&|| flag.load(Ordering::Relaxed)));
        let parts = match parts.await {
            Ok(parts) => parts.map_err(|e: image::Error| e.to_string()),
            Err(e) => Err(e.to_string()),
        };
        parts.map_err(|why| Error::new(Kind::Local, name, why))
    }

    /// Whether a blob is there.
    async fn is_there(
        &self,
        repository: &str,
        digest: &Digest,
        budget: Duration,
    ) -> Result<bool, Error> {
        let request = Request::get(format!("{repository}/blobs/{digest}"), budget)
            .method(Method::HEAD)
            .doubting_denials();
        match self.api.send_until(request, refusal::no_page).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == Kind::NotFound => Ok(false),
            Err(error) if error.status == Some(refusal::STORED_ELSEWHERE) => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Sets its flag when it is dropped.
#[derive(Default)]
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
