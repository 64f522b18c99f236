//! What there is on one app: its builds, its releases, the slug behind one of them. Only asks, but for `cancel`.

use std::time::{Duration, Instant};

use super::{Run, facts::current};
use crate::{
    exit::Exit,
    failure::Failure,
    http::{Error, Kind},
    platform::{
        Artifact,
        types::{App, Build, BuildStatus, Release, Slug},
    },
};

/// How many of the newest releases are searched for the one that runs.
const NEWEST: usize = 10;
/// How long a cancelled build may take to end.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

impl Run<'_> {
    /// An app, by name or id.
    pub async fn the_app(&self, name: &str) -> Result<App, Failure> {
        let found = self.platform.app(name, self.retry_budget()).await;
        found.map_err(|error| self.cannot_find_app(name, &error))
    }

    /// The newest builds of an app, newest first.
    pub async fn list_builds(&self, app: &App, count: usize) -> Result<Vec<Build>, Failure> {
        let builds = self.platform.builds_now(app, count, self.retry_budget());
        let doing = || format!("listing the builds of {}", app.name);
        builds
            .await
            .map_err(|error| self.cannot_read(&doing(), &error))
    }

    /// The newest releases of an app, newest first.
    pub async fn list_releases(&self, app: &App, count: usize) -> Result<Vec<Release>, Failure> {
        let releases = self.platform.releases(app, count, self.retry_budget());
        let doing = || format!("listing the releases of {}", app.name);
        releases
            .await
            .map_err(|error| self.cannot_read(&doing(), &error))
    }

    /// A build, by its id.
    pub async fn one_build(&self, app: &App, id: &str) -> Result<Build, Failure> {
        let build = self.platform.build(app, id, self.retry_budget()).await;
        build.map_err(|error| {
            let missing = format!("{} has no build {id}", app.name);
            self.cannot_find(
                &missing,
                &format!("reading build {id} of {}", app.name),
                &error,
            )
        })
    }

    /// A release, by its version or its id.
    pub async fn one_release(&self, app: &App, which: &str) -> Result<Release, Failure> {
        let release = self.platform.release(app, which, self.retry_budget()).await;
        release.map_err(|error| {
            let missing = format!("{} has no release {which}", app.name);
            let doing = format!("reading release {which} of {}", app.name);
            self.cannot_find(&missing, &doing, &error)
        })
    }

    /// Cancels a build, if it is pending, and waits until it has ended.
    pub async fn cancel_pending(&self, app: &App, id: &str) -> Result<(), Failure> {
        let build = self.one_build(app, id).await?;
        let name = format!("build {id} of {}", app.name);
        refuse_ended(&name, &build.status)?;
        let budget = self.retry_budget();
        let cancelled = self.platform.cancel_build(app, id, budget).await;
        let began = Instant::now();
        loop {
            // Whatever the answer was: what counts is what the build is afterwards.
            let build = self.one_build(app, id).await.map_err(|failure| {
                let untouched = cancelled.as_ref().is_err_and(Error::certainly_not_accepted);
                if untouched {
                    return failure.state(format!("{name} goes on"));
                }
                Failure {
                    exit: Exit::Unknown,
                    ..failure
                }
                .state(format!("it is not known whether {name} was cancelled"))
            })?;
            match (&build.status, &cancelled) {
                (BuildStatus::Failed, _) => return Ok(()),
                (BuildStatus::Succeeded, _) => {
                    return Err(Failure::new(
                        Exit::Refused,
                        format!("{name} had succeeded before it could be cancelled"),
                    )
                    .state("its release is, or will be, live"));
                }
                (_, Err(error)) if error.certainly_not_accepted() => {
                    return Err(self
                        .cannot_read(&format!("cancelling {name}"), error)
                        .state(format!("{name} goes on")));
                }
                _ if began.elapsed() >= self.pacing().of(ENDS_WITHIN) => {
                    let word = build.status.word();
                    return Err(Failure::new(
                        Exit::Unknown,
                        format!("{name} is still `{word}` after it was to be cancelled"),
                    )
                    .state("it may still finish and be released"));
                }
                _ => {}
            }
            let pause = self.pacing().poll_pause(began.elapsed(), 0.5);
            tokio::time::sleep(pause).await;
        }
    }

    /// A slug of an app: by its id, or that of a release (`v12`) or of a build; without a word the one that is live.
    pub async fn the_slug(&self, app: &App, which: Option<&str>) -> Result<Slug, Failure> {
        let budget = self.retry_budget();
        let is_version = |text: &str| {
            let digits = text.strip_prefix('v').unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        };
        let (what, artifact) = match which {
            None => {
                let releases = self.list_releases(app, NEWEST).await?;
                let live = current(&releases);
                let live = live.ok_or_else(|| none(&format!("nothing is live on {}", app.name)))?;
                (format!("release {}", live.at), live.artifact.clone())
            }
            Some(which) if is_version(which) => {
                let release = self.one_release(app, which).await?;
                (format!("release {}", release.at), release.artifact)
            }
            Some(id) => match self.platform.slug(app, id, budget).await {
                Ok(slug) => return Ok(slug),
                Err(Error {
                    kind: Kind::NotFound,
                    ..
                }) => {
                    let missing = format!("{} has no slug and no build {id}", app.name);
                    let build = self.platform.build(app, id, budget).await;
                    let build = build.map_err(|error| {
                        self.cannot_find(&missing, &format!("looking for {id}"), &error)
                    })?;
                    (format!("build {id}"), build.artifact)
                }
                Err(error) => return Err(self.cannot_read(&format!("reading slug {id}"), &error)),
            },
        };
        let id = match artifact {
            Some(Artifact::Slug(id)) => id,
            Some(Artifact::Image(id)) => {
                return Err(none(&format!(
                    "{what} of {} is image {id}: it has no slug",
                    app.name
                )));
            }
            Some(Artifact::Images(_)) | None => {
                return Err(none(&format!("{what} of {} has no slug", app.name)));
            }
        };
        let slug = self.platform.slug(app, &id, budget).await;
        slug.map_err(|error| self.cannot_read(&format!("reading slug {id}"), &error))
    }
}

fn none(what: &str) -> Failure {
    Failure::new(Exit::Refused, what)
        .state("nothing was changed on the platform")
        .next("`launchway releases` and `launchway builds` list what there is")
}

/// Only what is pending can be cancelled.
fn refuse_ended(name: &str, status: &BuildStatus) -> Result<(), Failure> {
    match status {
        BuildStatus::Pending | BuildStatus::Other(_) => Ok(()),
        BuildStatus::Succeeded | BuildStatus::Failed => {
            let what = format!(
                "{name} has {}: only what is pending can be cancelled",
                status.word()
            );
            Err(Failure::new(Exit::Refused, what).state("nothing was changed on the platform"))
        }
    }
}
