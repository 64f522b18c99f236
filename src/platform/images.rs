//! Images that are released on a stack for containers, one for each process type.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;

use super::{
    Artifact,
    types::{App, Release},
};
use crate::http::Error;

/// How many digits of an image's id a release tells: heroku's `Deployed web (142013fe2b5c)`.
const DIGITS: usize = 12;

/// The images of process types, each by its id: `sha256:` and 64 digits, the digest of its configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Images(pub BTreeMap<String, String>);

impl Images {
    /// What a release of all of them runs.
    pub fn artifact(&self) -> Artifact {
        let short = |id: &String| short(id).unwrap_or_default();
        let images = self.0.iter().map(|(kind, id)| (kind.clone(), short(id)));
        Artifact::Images(images.collect())
    }
}

/// The digits of an image's id that a release tells, lower-case; `None` if it is no such id.
pub(super) fn short(id: &str) -> Option<String> {
    let hex = id.strip_prefix("sha256:").unwrap_or(id);
    let is_hex = hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = hex.get(..DIGITS).filter(|_| is_hex)?;
    Some(digits.to_ascii_lowercase())
}

/// What came of a request to release images that was accepted.
#[derive(Clone, Debug)]
pub enum Released {
    /// This release was made of them.
    Made(Release),
    /// None was: the app ran them already. This is what it runs.
    Same(Release),
    /// The platform does not tell whether the app runs them, for this reason.
    Unknown(String),
}

/// A platform that may have a stack for containers.
#[async_trait(?Send)]
pub trait Containers {
    /// Releases images, which are in the registry for this app, on an app whose newest release has this version: once, whatever
    /// becomes of the answer. If that was lost and the release was found, it is given; else [`Self::released_images`] tells
    /// what came of it.
    async fn release_images(
        &self,
        app: &App,
        images: &Images,
        newest: u64,
    ) -> Result<Option<Release>, Error>;

    /// What came of that request once it was accepted: its answer does not say.
    async fn released_images(
        &self,
        app: &App,
        images: &Images,
        newest: u64,
        budget: Duration,
    ) -> Result<Released, Error>;
}
