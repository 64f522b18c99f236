//! Requests that create something, exactly once.
//!
//! A request that certainly was not accepted (no connection, 4xx, 429) made nothing, and its error stands. Any other
//! failure is ambiguous: the connection broke after sending, a 5xx, an answer that can't be read. Then the platform is
//! asked what is there, for longer than its router lets a request run (30 s, error H12), and:
//!
//! - **Builds** carry a version that is unique to the content, and the list of an app's builds has it as soon as the
//!   build exists: one that was not there before is ours. If there is none by the end, the request made none, and it is
//!   sent once more.
//! - **Releases** are made within the request; a new one of this slug with this description is ours. If there is none
//!   by the end, the request is sent once more.
//! - **Promotions** can't be listed, and their releases are made behind the request, at a time that nobody knows. New
//!   releases of the slug on the targets are ours. If there is none, that proves nothing: the error stands, the request
//!   is never sent again, and the run ends without a verdict.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use serde_json::{Value, json};

use super::{Heroku, wire};
use crate::platform::{
    Platform as _,
    error::{Error, Kind},
    types::{
        App, Build, BuildRequest, Mark, Promotion, PromotionRequest, Release, ReleaseStatus,
        Target, TargetStatus,
    },
};

/// How long something is looked for whose fate is not known: longer than the router lets a request run.
const LOOK_FOR: Duration = Duration::from_secs(35);
/// The pause between two looks.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How many of the newest builds and releases are looked at.
const NEWEST: usize = 10;

impl Heroku {
    /// Creates a build.
    pub(super) async fn make_build(
        &self,
        app: &App,
        request: &BuildRequest,
        body: &Value,
    ) -> Result<Build, Error> {
        let path = format!("/apps/{}/builds", app.id);
        self.make(
            async || {
                let json = self.create::<wire::BuildJson>(&path, body).await?;
                Ok(self.known_build(json))
            },
            async |patience| {
                let builds = self.builds(app, NEWEST, patience).await?;
                Ok(builds.into_iter().find(|build| {
                    build.version.as_ref() == Some(&request.version)
                        && !request.before.contains(&build.id)
                }))
            },
        )
        .await
    }

    /// Creates a release of a slug.
    pub(super) async fn make_release(
        &self,
        app: &App,
        slug: &str,
        description: &str,
    ) -> Result<Release, Error> {
        let patience = self.http.tempo().patience_before();
        let newest = self.newest_version(app, patience).await?;
        let body = json!({"slug": slug, "description": description});
        let path = format!("/apps/{}/releases", app.id);
        self.make(
            async || {
                let json = self.create::<wire::ReleaseJson>(&path, &body).await?;
                Ok(self.known_release(json))
            },
            async |patience| {
                let releases = self.releases(app, NEWEST, patience).await?;
                Ok(releases.into_iter().find(|release| {
                    release.at.version > newest
                        && release.slug.as_deref() == Some(slug)
                        && release.description == description
                }))
            },
        )
        .await
    }

    /// Sends a creating request; where its fate is not known, finds what it made, or sends it once more.
    async fn make<T>(
        &self,
        send: impl AsyncFn() -> Result<T, Error>,
        find: impl AsyncFn(Duration) -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let error = match send().await {
            Err(error) if !error.certainly_not_accepted() => error,
            verdict => return verdict,
        };
        if let Some(found) = self.look(&error, &find).await? {
            return Ok(found);
        }
        match send().await {
            Err(error) if !error.certainly_not_accepted() => {
                self.look(&error, &find).await?.ok_or(error)
            }
            verdict => verdict,
        }
    }

    /// Looks for what a request made whose answer was lost. `None` says that it is certainly not there; if the platform
    /// can't be asked, the error of the request stands.
    async fn look<T>(
        &self,
        lost: &Error,
        find: &impl AsyncFn(Duration) -> Result<Option<T>, Error>,
    ) -> Result<Option<T>, Error> {
        let tempo = self.http.tempo();
        let events = self.http.events();
        events.note(format!("{lost}; looking whether it was done all the same"));
        let began = Instant::now();
        let mut seen = false;
        while !seen || began.elapsed() < tempo.timeout(LOOK_FOR) {
            tokio::time::sleep(tempo.of(LOOK_EVERY)).await;
            match find(tempo.patience_under_way()).await {
                Ok(Some(found)) => {
                    events.note("it was done: going on with what it made");
                    return Ok(Some(found));
                }
                Ok(None) => seen = true,
                Err(_) => return Err(lost.clone()),
            }
        }
        events.note("there is nothing of it");
        Ok(None)
    }

    /// Creates a promotion.
    pub(super) async fn make_promotion(
        &self,
        request: &PromotionRequest,
    ) -> Result<Promotion, Error> {
        let patience = self.http.tempo().patience_before();
        let marks = try_join_all(request.targets.iter().map(async |app| {
            Ok::<_, Error>(Mark {
                newest: self.newest_version(app, patience).await?,
                app: app.clone(),
                slug: request.slug.clone(),
            })
        }))
        .await?;
        // `source.release.id` since 2025-09-25: without it the current release would go, whoever made it.
        let targets = request
            .targets
            .iter()
            .map(|app| json!({"app": {"id": app.id}}));
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
        let found = self
            .look(&error, &async |patience| {
                let looks = marks.iter().map(|mark| self.release_since(mark, patience));
                let found = try_join_all(looks).await?;
                Ok(found.iter().any(Option::is_some).then_some(()))
            })
            .await?;
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
        patience: Duration,
    ) -> Result<Vec<Target>, Error> {
        try_join_all(promotion.marks.iter().map(async |mark| {
            let release = self.release_since(mark, patience).await?;
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
    async fn release_since(
        &self,
        mark: &Mark,
        patience: Duration,
    ) -> Result<Option<Release>, Error> {
        let releases = self.releases(&mark.app, NEWEST, patience).await?;
        Ok(releases.into_iter().find(|release| {
            release.at.version > mark.newest && mark.slug.is_some() && release.slug == mark.slug
        }))
    }

    async fn newest_version(&self, app: &App, patience: Duration) -> Result<u64, Error> {
        let newest = self.releases(app, 1, patience).await.map_err(not_sent)?;
        Ok(newest.first().map_or(0, |release| release.at.version))
    }
}

/// An error of a look before the request: whatever it is, nothing was sent.
fn not_sent(mut error: Error) -> Error {
    if !error.certainly_not_accepted() {
        error.kind = Kind::Unreachable;
    }
    error
}
