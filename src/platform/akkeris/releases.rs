//! Releases. With the feature `auto-release` a timer releases an app's newest build; without it nothing does. A build is
//! to have one release in all, whichever of the two makes it.
//!
//! The API writes a release down within the request, before it rolls it out: if there is none by the end of the look
//! ([`crate::platform::once`]), the request made none, and it is sent once more. A rollout that fails is answered with
//! 500, and its release is found: it failed.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Akkeris, wire};
use crate::{
    http::Error,
    journal::WaitGuard,
    platform::{
        once::{self, Creation},
        types::{App, Build, Release},
    },
};

/// How long the platform may take to release a build automatically. Its timer runs every 15 s; one that is late must not
/// meet a request that does the same.
const AUTO_RELEASE: Duration = Duration::from_mins(2);

impl Akkeris {
    /// All releases of an app, newest first.
    pub(super) async fn all_releases(
        &self,
        app: &App,
        budget: Duration,
    ) -> Result<Vec<Release>, Error> {
        let path = format!("/apps/{}/releases", app.id);
        let list: Vec<wire::ReleaseJson> = self.read(path, budget).await?;
        let mut releases: Vec<Release> = list.into_iter().map(Release::from).collect();
        // They come in the order of their last change.
        releases.sort_by_key(|release| std::cmp::Reverse(release.at.version));
        Ok(releases)
    }

    /// The release of a build that succeeded.
    ///
    /// If the platform releases automatically, wait for that: releasing here as well could make two releases. If it
    /// does not (the feature is off, or a newer build hides this one from the timer), the release is made here.
    pub(super) async fn find_or_release(&self, app: &App, build: &Build) -> Result<Release, Error> {
        let pacing = self.services.pacing;
        let budget = pacing.budget_under_way();
        let path = format!("/apps/{}/features/auto-release", app.id);
        let feature: Result<wire::FeatureJson, _> = self.read(path, pacing.budget_before()).await;
        // If the flag can't be read, assume auto-release is on: waiting in vain costs two minutes, releasing at once could
        // make two releases.
        let off = feature.is_ok_and(|feature| !feature.enabled);
        let began = Instant::now();
        let limit = pacing.of(AUTO_RELEASE);
        let what = format!("the release that {} makes of its build", app.name);
        let waiting = WaitGuard::begin(&self.services.journal, &what, limit, "launchway makes it");
        loop {
            if let Some(release) = self.release_made_of(app, build, budget).await? {
                return Ok(release);
            }
            let late = began.elapsed() >= limit;
            if off || late || self.is_hidden(app, build).await {
                break;
            }
            self.pause().await;
        }
        drop(waiting);
        let description = format!("Deploy build {} by launchway", build.id);
        let send = async || self.send_release(app, &build.id, &description).await;
        let find = async |budget| self.release_made_of(app, build, budget).await;
        once::make(&self.services, send, find)
            .await
            .map(Creation::thing)
    }

    /// Whether a newer build hides this one from the timer, as far as can be found out.
    async fn is_hidden(&self, app: &App, build: &Build) -> bool {
        let newest = self.newest_builds(app, 1, Duration::ZERO).await;
        newest.is_ok_and(|newest| newest.first().is_some_and(|newest| newest.id != build.id))
    }

    /// Sends the request that releases a slug.
    pub(super) async fn send_release(
        &self,
        app: &App,
        slug: &str,
        description: &str,
    ) -> Result<Release, Error> {
        let body = json!({"slug": slug, "description": description});
        let path = format!("/apps/{}/releases", app.id);
        let json: wire::ReleaseJson = self.create(&path, &body).await?;
        Ok(json.into())
    }

    /// Sends the request that releases an earlier release again. The description is the platform's own, and one that failed
    /// is not refused (akkeris.md §5).
    pub(super) async fn send_rollback(&self, app: &App, release: &str) -> Result<Release, Error> {
        let body = json!({"release": release});
        let path = format!("/apps/{}/releases", app.id);
        let json: wire::ReleaseJson = self.create(&path, &body).await?;
        Ok(json.into())
    }

    /// The newest release of a build, if it has one.
    async fn release_made_of(
        &self,
        app: &App,
        build: &Build,
        budget: Duration,
    ) -> Result<Option<Release>, Error> {
        let releases = self.all_releases(app, budget).await?;
        Ok(releases
            .into_iter()
            .find(|release| release.artifact.is_some() && release.artifact == build.artifact))
    }
}
