//! Releases. With the feature `auto-release` a timer releases an app's newest build; without it nothing does. A build is
//! to have one release in all, whichever of the two makes it.

use std::time::{Duration, Instant};

use super::{Akkeris, wire};
use crate::platform::{
    Platform as _,
    error::Error,
    types::{App, Build, Release},
};

/// How long the platform is given to release a build by itself: two rounds of its timer, and a little.
const AUTO_RELEASE: Duration = Duration::from_secs(35);
/// How often a release is looked for whose fate is not known.
const LOOKS: u32 = 5;

impl Akkeris {
    /// All releases of an app, newest first.
    pub(super) async fn all_releases(
        &self,
        app: &App,
        patience: Duration,
    ) -> Result<Vec<Release>, Error> {
        let path = format!("/apps/{}/releases", app.id);
        let list: Vec<wire::ReleaseJson> = self.read(path, patience).await?;
        let mut releases: Vec<Release> = list.into_iter().map(Release::from).collect();
        // They come in the order of their last change.
        releases.sort_by_key(|release| std::cmp::Reverse(release.at.version));
        Ok(releases)
    }

    /// The release of a build that succeeded.
    ///
    /// Where the platform releases by itself it is waited for: releasing at once as well could make two. Where it
    /// does not (the feature is off, or a newer build hides this one from the timer), the release is made here.
    pub(super) async fn find_or_release(&self, app: &App, build: &Build) -> Result<Release, Error> {
        let tempo = self.http.tempo();
        let patience = tempo.patience_under_way();
        let path = format!("/apps/{}/features/auto-release", app.id);
        let feature: wire::FeatureJson = self.read(path, patience).await?;
        let began = Instant::now();
        loop {
            if let Some(release) = self.release_made_of(app, build, patience).await? {
                return Ok(release);
            }
            if !feature.enabled || began.elapsed() >= tempo.of(AUTO_RELEASE) {
                break;
            }
            self.pause().await;
        }
        let description = format!("Deploy build {} by launchway", build.id);
        let error = match self.create_release(app, &build.id, &description).await {
            Ok(release) => return Ok(release),
            Err(error) if error.certainly_not_accepted() => return Err(error),
            Err(error) => error,
        };
        for _ in 0..LOOKS {
            self.pause().await;
            if let Some(release) = self.release_made_of(app, build, patience).await? {
                return Ok(release);
            }
        }
        Err(error)
    }

    /// The newest release of a build, if it has one.
    async fn release_made_of(
        &self,
        app: &App,
        build: &Build,
        patience: Duration,
    ) -> Result<Option<Release>, Error> {
        let releases = self.all_releases(app, patience).await?;
        Ok(releases
            .into_iter()
            .find(|release| release.slug.as_ref() == Some(&build.id)))
    }
}
