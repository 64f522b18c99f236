//! Requests that create something: what their absence proves here ([`crate::platform::once`] has the rest).
//!
//! - **Builds** carry a version that is unique to the content, and the list of an app's builds has it as soon as the
//!   build exists: one that was not there before is ours. If there is none by the end, the request made none, and it is
//!   sent once more.
//! - **Releases** are made within the request; a new one of this slug with this description is ours. If there is none
//!   by the end, the request is sent once more.
//! - **Promotions** can't be listed, and their releases are made behind the request, at an unknown time. New
//!   releases of the slug on the targets are ours. If there is none, that proves nothing: the error stands, the request
//!   is never sent again, and the run ends without a verdict.

use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::{Heroku, wire};
use crate::{
    http::{Error, Kind},
    platform::{
        Artifact, Platform as _,
        once::{self, Creation},
        types::{
            App, Build, BuildRequest, Mark, Promotion, PromotionRequest, Release, ReleaseStatus,
            Target, TargetStatus,
        },
    },
};

/// How many of the newest builds and releases are looked at.
const NEWEST: usize = 10;

/// A build, as the API wants it described.
fn build_body(request: &BuildRequest) -> Value {
    let mut body = json!({
        "source_blob": {
            "url": request.source.expose().as_str(),
            "version": request.version,
        }
    });
    if let Some(sha256) = &request.sha256 {
        body["source_blob"]["checksum"] = format!("SHA256:{sha256}").into();
    }
    if let Some(description) = &request.description {
        body["source_blob"]["version_description"] = json!(description);
    }
    if !request.buildpacks.is_empty() {
        body["buildpacks"] = request
            .buildpacks
            .iter()
            .map(|buildpack| {
                let key = if buildpack.starts_with("http") {
                    "url"
                } else {
                    "name"
                };
                json!({ key: buildpack })
            })
            .collect();
    }
    body
}

impl Heroku {
    /// Creates a build.
    pub(super) async fn make_build(
        &self,
        app: &App,
        request: &BuildRequest,
    ) -> Result<Build, Error> {
        let path = format!("/apps/{}/builds", app.id);
        let body = build_body(request);
        let send = async || {
            let json = self.create::<wire::BuildJson>(&path, &body).await?;
            Ok(self.known_build(json))
        };
        let find = async |budget| {
            let builds = self.builds(app, NEWEST, budget).await?;
            Ok(builds.into_iter().find(|build| request.made(build)))
        };
        once::make(&self.services, send, find)
            .await
            .map(Creation::thing)
    }

    /// Creates a release of a slug or an image.
    pub(super) async fn make_release(
        &self,
        app: &App,
        artifact: &Artifact,
        description: &str,
        newest: u64,
    ) -> Result<Release, Error> {
        let (key, id) = match artifact {
            Artifact::Slug(id) => ("slug", id),
            Artifact::Image(id) => ("oci_image", id),
            Artifact::Images(_) => {
                let request = format!("a release of {}", app.name);
                let message = "images are released by their whole ids";
                return Err(Error::new(Kind::Unsupported, request, message));
            }
        };
        let body = json!({key: id, "description": description});
        let path = format!("/apps/{}/releases", app.id);
        once::make_release(self, app, artifact, description, newest, async || {
            let json = self.create::<wire::ReleaseJson>(&path, &body).await?;
            Ok(self.known_release(json))
        })
        .await
    }

    /// Releases an earlier release again. The platform takes its id only, and brings back its config vars, too. It refuses
    /// one whose artefact is gone.
    pub(super) async fn release_again(
        &self,
        app: &App,
        to: &Release,
        newest: u64,
    ) -> Result<Release, Error> {
        let body = json!({"release": to.at.id});
        let path = format!("/apps/{}/releases", app.id);
        once::roll_back(self, app, to, newest, async || {
            let json = self.create::<wire::ReleaseJson>(&path, &body).await?;
            Ok(self.known_release(json))
        })
        .await
    }

    /// Creates a promotion.
    pub(super) async fn make_promotion(
        &self,
        request: &PromotionRequest,
    ) -> Result<Promotion, Error> {
        let marks = request.targets.clone();
        // `source.release.id` since 2025-09-25: without it the current release would be promoted, no matter who made it.
        let targets = request
            .targets
            .iter()
            .map(|mark| json!({"app": {"id": mark.app.id}}));
        let body = json!({
            "pipeline": {"id": request.pipeline},
            "source": {"app": {"id": request.source}, "release": {"id": request.release}},
            "targets": targets.collect::<Value>(),
        });
        let created = self.create::<wire::PromotionJson>("/pipeline-promotions", &body);
        let error = match created.await {
            Ok(json) => return Ok(json.into()),
            Err(error) if error.certainly_not_accepted() => return Err(error),
            Err(error) => error,
        };
        let find = async |budget| {
            let looks = marks.iter().map(|mark| self.release_since(mark, budget));
            let found = try_join_all(looks).await?;
            Ok(found.iter().any(Option::is_some).then_some(()))
        };
        let found = once::look(&self.services, &error, &find).await?;
        found
            .map(|()| Promotion {
                id: None,
                release: Some(request.release.clone()),
                marks,
                given_up: false,
            })
            .ok_or(error)
    }

    /// The targets of a promotion that has no id, as their releases have it.
    pub(super) async fn targets_by_their_releases(
        &self,
        promotion: &Promotion,
        budget: Duration,
    ) -> Result<Vec<Target>, Error> {
        try_join_all(promotion.marks.iter().map(async |mark| {
            let release = self.release_since(mark, budget).await?;
            let status = match release.as_ref().map(|release| &release.status) {
                Some(ReleaseStatus::Succeeded) => TargetStatus::Succeeded,
                Some(ReleaseStatus::Failed | ReleaseStatus::Expired) => TargetStatus::Failed,
                _ => TargetStatus::Pending,
            };
            Ok(Target {
                app: mark.app.id.clone(),
                release: release.map(|release| release.at.id),
                error: (status == TargetStatus::Failed).then(|| "the release failed".to_owned()),
                status,
            })
        }))
        .await
    }

    /// The release of the wanted slug that a target got since it was marked.
    async fn release_since(&self, mark: &Mark, budget: Duration) -> Result<Option<Release>, Error> {
        let releases = self.releases(&mark.app, NEWEST, budget).await?;
        Ok(releases.into_iter().find(|release| {
            release.at.version > mark.newest
                && mark.artifact.is_some()
                && release.artifact == mark.artifact
        }))
    }
}
