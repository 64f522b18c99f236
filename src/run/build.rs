//! The first stage: the source is sent, a build made of it, and its release followed to its end.

use std::time::{Duration, Instant};

use super::{
    Run,
    release::Place,
    trouble::still_pending,
    wait::{Look, NoVerdict},
};
use crate::{
    event::{Event, OutputSource},
    exit::Exit,
    failure::Failure,
    platform::{
        Platform,
        error::{Error, Kind},
        types::{App, Build, BuildRequest, BuildStatus, Release},
    },
    record::{AppOutcome, BuildRecord},
    source::Archive,
};

/// How often a succeeded build is asked again for its release before the list of releases is searched.
const RELEASE_TRIES: u32 = 5;

impl<P: Platform> Run<'_, P> {
    /// Builds the archive on an app and waits until its release is at its end. Only a release that succeeded is given.
    pub(super) async fn build_stage(
        &self,
        place: Place<'_>,
        archive: &Archive,
    ) -> Result<Release, Failure> {
        self.ledger.begin(place.stage_at, place.app_at);
        let result = self.build_and_release(place, archive).await;
        if let Err(failure) = &result {
            let outcome = match failure.exit {
                Exit::BuildFailed | Exit::ReleaseFailed => AppOutcome::Failed,
                _ if self.ledger.changed() => AppOutcome::Unknown,
                _ => AppOutcome::NotStarted,
            };
            self.ledger.end(
                place.stage_at,
                place.app_at,
                outcome,
                Some(failure.what.clone()),
            );
        }
        result
    }

    async fn build_and_release(
        &self,
        place: Place<'_>,
        archive: &Archive,
    ) -> Result<Release, Failure> {
        let app = place.app;
        let source = self
            .platform
            .send_source(archive)
            .await
            .map_err(|e| self.cannot_send(&e))?;
        let request = BuildRequest {
            source,
            sha256: archive.sha256.clone(),
            version: archive.identity.version.clone(),
            description: self.ci.run_url.clone(),
            buildpacks: self.config.build.buildpacks.clone(),
        };
        let what = format!("a build of {}", app.name);
        let created = self.platform.create_build(app, &request).await;
        let build = created.map_err(|e| {
            let failure = self.cannot_create(&what, Exit::BuildFailed, &e);
            self.note_unknown(&failure, &[place]);
            failure
        })?;
        self.ledger.mark_changed();
        self.ledger
            .set_pending_build(Some((app.clone(), build.id.clone())));
        self.note_build(place, &build);
        self.events.emit(Event::BuildStarted {
            stage: place.stage.to_owned(),
            app: app.name.clone(),
            build: build.id.clone(),
        });
        let build = self.finished_build(place, build).await?;
        let release = self.release_of(app, build).await?;
        self.note_release(place, &release);
        let settled = self.settle(place, release, Instant::now()).await?;
        match settled.trouble() {
            None => Ok(settled.release),
            Some(why) => Err(Failure::new(
                Exit::ReleaseFailed,
                format!(
                    "release {} of {} failed: {why}",
                    settled.release.at, app.name
                ),
            )
            .detail(settled.tail)
            .state(format!("{} still runs its earlier release", app.name))),
        }
    }

    fn note_build(&self, place: Place<'_>, build: &Build) {
        self.ledger.app(place.stage_at, place.app_at, |entry| {
            entry.build = Some(BuildRecord {
                id: build.id.clone(),
                status: build.status.word().to_owned(),
            });
        });
    }

    /// Follows a build to its end. Only one that succeeded is given.
    async fn finished_build(&self, place: Place<'_>, build: Build) -> Result<Build, Failure> {
        let began = Instant::now();
        let app = place.app;
        let name = format!("build {} of {}", build.id, app.name);
        let limit = self.config.build.timeout;
        let id = build.id.clone();
        let waited = self
            .wait(
                &format!("the build of {}", app.name),
                limit,
                build.output,
                place.origin(OutputSource::Build),
                async |patience: Duration| {
                    let build = self.platform.build(app, &id, patience).await?;
                    Ok(match build.status {
                        BuildStatus::Succeeded | BuildStatus::Failed => Look::Done(build),
                        // An unknown word is no verdict: the deadline bounds the wait.
                        BuildStatus::Pending | BuildStatus::Other(_) => Look::Pending {
                            word: build.status.word().to_owned(),
                            output: build.output,
                        },
                    })
                },
            )
            .await;
        let build = match waited.verdict {
            Ok(build) => build,
            Err(NoVerdict::Lost(error)) => {
                return Err(self.lost_sight(&format!("waiting for {name}"), &error));
            }
            Err(NoVerdict::Deadline(word)) => {
                return Err(self.too_slow(place, &id, &name, &word).await);
            }
        };
        self.ledger.set_pending_build(None);
        self.note_build(place, &build);
        self.events.emit(Event::BuildFinished {
            stage: place.stage.to_owned(),
            app: app.name.clone(),
            build: build.id.clone(),
            status: build.status.word().to_owned(),
            took: began.elapsed(),
        });
        if build.status == BuildStatus::Succeeded {
            return Ok(build);
        }
        Err(Failure::new(Exit::BuildFailed, format!("{name} failed"))
            .detail(waited.tail)
            .state(format!(
                "nothing was released; {} still runs its earlier release",
                app.name
            )))
    }

    /// A build that takes longer than `build.timeout` is cancelled, so that it does not go live after the run is over.
    async fn too_slow(&self, place: Place<'_>, id: &str, name: &str, word: &str) -> Failure {
        let limit = crate::units::whole(self.config.build.timeout);
        let patience = self.tempo().patience_before();
        let cancelled = self.platform.cancel_build(place.app, id, patience).await;
        let after = self.platform.build(place.app, id, patience).await;
        match (cancelled, after) {
            (Ok(()), Ok(build)) if build.status == BuildStatus::Failed => {
                self.ledger.set_pending_build(None);
                self.note_build(place, &build);
                Failure::new(
                    Exit::BuildFailed,
                    format!(
                        "{name} did not finish within build.timeout ({limit}) and was cancelled"
                    ),
                )
                .state(format!(
                    "nothing was released; {} still runs its earlier release",
                    place.app.name
                ))
            }
            _ => still_pending(name, &limit, word),
        }
    }

    /// The release that a build made. It is named in the build, but perhaps not at once (heroku.md §2).
    async fn release_of(&self, app: &App, mut build: Build) -> Result<Release, Failure> {
        let doing = format!("looking for the release of build {}", build.id);
        let lost = |e: Error| self.lost_sight(&doing, &e);
        let patience = self.tempo().patience_under_way();
        for _ in 0..RELEASE_TRIES {
            if let Some(id) = &build.release {
                return self.platform.release(app, id, patience).await.map_err(lost);
            }
            let pause = self.tempo().poll_pause(Duration::from_secs(10), 0.5);
            tokio::time::sleep(pause).await;
            build = self
                .platform
                .build(app, &build.id, patience)
                .await
                .map_err(lost)?;
        }
        let releases = self
            .platform
            .releases(app, 10, patience)
            .await
            .map_err(lost)?;
        releases
            .into_iter()
            .find(|release| release.slug.is_some() && release.slug == build.slug)
            .ok_or_else(|| {
                Failure::new(
                    Exit::Unknown,
                    format!(
                        "build {} of {} succeeded, but no release of it can be found",
                        build.id, app.name
                    ),
                )
                .next("look at the app's releases on the platform")
            })
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
