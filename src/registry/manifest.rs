//! Manifests in the registry: what a tag stands for, and putting one.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};

use super::{Registry, refusal, repository};
use crate::{
    http::{Error, Kind, Request, answer::Answer},
    image::{self, Digest, ImageSelector, MANIFEST, PushParts},
};

/// The tag that images are pushed as: that of the platform's own client.
const TAG: &str = "latest";
/// The header with the digest of what is answered.
const DIGEST: &str = "docker-content-digest";

impl Registry {
    /// The id of an image that is in the registry. `budget` bounds how long the request is repeated.
    pub async fn image_id(
        &self,
        app: &str,
        process_type: &str,
        pick: &ImageSelector,
        budget: Duration,
    ) -> Result<Digest, Error> {
        let path = format!("{}/manifests/{pick}", repository(app, process_type));
        let request = Request::get(path, budget)
            .header(header::ACCEPT, MANIFEST)
            .doubting_denials();
        let whole = |answer| {
            let answer = refusal::no_page(answer)?;
            checked(&answer, pick).map(|digest| (answer, digest))
        };
        let found = self.api.send_until(request, whole).await;
        let (answer, digest) = found.map_err(refusal::of_others)?;
        image::id_of(answer.bytes(), answer.header("content-type")).map_err(|why| {
            let message = format!("{digest} {why}");
            Error::new(Kind::Unsupported, answer.request.clone(), message)
        })
    }

    /// The digest of the manifest that is tagged, if that is of this image already.
    pub(super) async fn tagged(
        &self,
        repository: &str,
        id: &Digest,
        budget: Duration,
    ) -> Result<Option<Digest>, Error> {
        let request = Request::get(format!("{repository}/manifests/{TAG}"), budget)
            .header(header::ACCEPT, MANIFEST)
            .doubting_denials();
        let answer = match self.api.send_until(request, Ok).await {
            Ok(answer) => answer,
            Err(error) if error.kind == Kind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let there = image::id_of(answer.bytes(), answer.header("content-type"));
        if there.as_ref() != Ok(id) {
            return Ok(None);
        }
        self.known.note(repository, image::blobs_of(answer.bytes()));
        Ok(checked(&answer, &ImageSelector::Tag(TAG.to_owned())).ok())
    }

    /// Tags a manifest whose blobs are all there.
    pub(super) async fn put_manifest(
        &self,
        repository: &str,
        parts: &PushParts,
        budget: Duration,
    ) -> Result<(), Error> {
        let request = Request::get(format!("{repository}/manifests/{TAG}"), budget)
            .method(Method::PUT)
            .bytes(MANIFEST, &parts.manifest);
        let made = |answer| made(&refusal::no_page(answer)?, &parts.manifest_digest);
        self.api.send_until(request, made).await
    }
}

/// Whether an answer says that this manifest was put.
fn made(answer: &Answer, sent: &Digest) -> Result<(), Error> {
    let message = match answer.header(DIGEST) {
        Some(said) if said != sent.as_str() => {
            format!("it says that it has {said}, and {sent} was sent")
        }
        None if answer.status != StatusCode::CREATED => {
            format!(
                "the answer is {}, and does not say what was made",
                answer.status
            )
        }
        _ => return Ok(()),
    };
    let request = answer.request.clone();
    Err(Error::new(Kind::Unreadable, request, message))
}

/// The digest of a manifest that came, which must be the one that was asked for and the one that the answer names.
fn checked(answer: &Answer, pick: &ImageSelector) -> Result<Digest, Error> {
    let found = Digest::of(answer.bytes());
    let asked = match pick {
        ImageSelector::Digest(digest) => Some(digest.as_str()),
        ImageSelector::Tag(_) => None,
    };
    for wanted in [asked, answer.header(DIGEST)].into_iter().flatten() {
        if wanted != found.as_str() {
            let message = "the manifest is not what its digest says";
            return Err(Error::new(
                Kind::Unreadable,
                answer.request.clone(),
                message,
            ));
        }
    }
    Ok(found)
}
