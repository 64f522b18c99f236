//! The first stage: the source is sent, a build made of it, and its release followed to its end.

use std::time::{Duration, Instant};

use futures_util::future::join;

use super::{
    Run,
    adopt::{IdleApp, Start, is_usable},
    build_input::BuildInput,
    deploy::Planned,
    failures::still_pending,
    in_flight::{Creating, PendingBuild, PossibleBuild},
    release::Place,
    shred::NewBuild,
    stop::Stopped,
    wait::{NoVerdict, Poll},
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::Phase,
    journal::{
        AppFact, Fact, WaitGuard,
        event::{Event, OutputSource},
        record::AppOutcome,
    },
    platform::types::{App, Build, BuildStatus, Release, ReleaseStatus},
    units,
};

impl Run<'_> {
    /// Builds the input on the app of the first stage, waits for its release to end, and returns it if it succeeded.
    pub(super) async fn build_on<'p>(
        &self,
        places: &[Place<'p>],
        input: &BuildInput,
        planned: &Planned,
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let mut released = Vec::new();
        for (&place, begin) in places.iter().zip(&planned.facts.begin) {
            self.journal.record_app(place.key(), AppFact::Began);
            let start = begin.start.clone();
            let built = match input {
                BuildInput::Slug(slug) => {
                    let there = begin.artifact.clone();
                    self.slug_and_release(place, slug, there, planned.force)
                        .await
                }
                _ => {
                    self.build_and_release(place, input, planned.force, start)
                        .await
                }
            };
            let (outcome, error, result) = match built {
                Ok(release) => (AppOutcome::Unverified, None, Ok(release)),
                Err(failure) => {
                    let outcome = match failure.exit {
                        Exit::BuildFailed | Exit::ReleaseFailed => AppOutcome::Failed,
                        Exit::Refused if self.journal.changed() => AppOutcome::Failed,
                        _ if self.journal.changed() => AppOutcome::Unknown,
                        _ => AppOutcome::NotStarted,
                    };
                    (outcome, Some(failure.what.clone()), Err(failure))
                }
            };
            self.journal
                .record_app(place.key(), AppFact::Ended(outcome, error));
            released.push((place, result?));
        }
        Ok(released)
    }

    async fn build_and_release(
        &self,
        place: Place<'_>,
        input: &BuildInput,
        force: bool,
        start: Start,
    ) -> Result<Release, Failure> {
        let app = place.app;
        let content = input.content();
        let (made, adopted) = match self.start(app, &content, force, start).await? {
            Start::Fresh { before } => (self.new_build(place, input, before).await?, false),
            Start::Follow(build) | Start::Take(build) => (NewBuild::adopted(build), true),
            // `start` waits these out.
            Start::Wait(_) => {
                return Err(Failure::new(Exit::Internal, "waited for a build in vain"));
            }
        };
        self.journal.record(Fact::Changed);
        if adopted {
            self.journal.record_app(place.key(), AppFact::Adopted);
        }
        let was_there = made.build.status == BuildStatus::Succeeded;
        let NewBuild { build, put } = if was_there {
            self.journal
                .record_app(place.key(), AppFact::Build(made.build.record()));
            made
        } else {
            if adopted {
                let id = units::short_id(&made.build.id);
                self.journal.note(format!(
                    "build {id} of this source is under way: following it"
                ));
            }
            match self.finished(place, made).await {
                Err(failure) if self.is_built_again(&failure) => {
                    self.build_again(place, input, &failure).await?
                }
                finished => finished?,
            }
        };
        let released = async {
            let release = if was_there {
                self.taken_build(place, &build).await?
            } else {
                self.release_of(app, &build).await?
            };
            self.to_its_end(place, release, "its build").await
        };
        // Side by side: a release phase is followed from its start.
        let (released, ()) = join(released, self.shred(put)).await;
        released
    }

    /// Follows a release of the first app to its end and returns it if it succeeded. `made` is what a later run
    /// releases again once the cause of a failure is fixed.
    pub(super) async fn to_its_end(
        &self,
        place: Place<'_>,
        release: Release,
        made: &str,
    ) -> Result<Release, Failure> {
        let app = place.app;
        self.note_release(place, &release);
        let settled = self.settle(place, release, Instant::now(), None).await?;
        match settled.failure_reason() {
            None => Ok(settled.release),
            Some(why) => {
                let has_phase = settled.release.output.is_some();
                let failure = Failure::new(
                    Exit::ReleaseFailed,
                    format!(
                        "release {} of {} failed: {why}",
                        settled.release.at, app.name
                    ),
                )
                .detail(settled.tail)
                .state(self.as_before(place));
                Err(match settled.release.status {
                    ReleaseStatus::Expired => {
                        failure.next("run it again: the source is rebuilt")
                    }
                    _ if !has_phase => failure.next(format!(
                        "{} may say why; once that is fixed, run it again: the same source is not rebuilt, {made} is released \
                         again",
                        self.about().release_output.replace("APP", &app.name)
                    )),
                    _ => failure,
                })
            }
        }
    }

    /// Sends the source and creates a build of it.
    pub(super) async fn new_build(
        &self,
        place: Place<'_>,
        input: &BuildInput,
        before: Vec<String>,
    ) -> Result<NewBuild, Failure> {
        let (request, put) = self.deliver(input, before).await?;
        let what = format!("a build of {}", place.app.name);
        let creating = Creating {
            what: what.clone(),
            keys: vec![place.key()],
            look_at: format!("the builds of {}", place.app.name),
            build: Some(PossibleBuild {
                app: place.app.clone(),
                request: request.clone(),
            }),
        };
        let create = async {
            let build = self.platform.create_build(place.app, &request).await?;
            self.journal.record(Fact::Changed);
            self.pending_build(place, &build);
            Ok(build)
        };
        let made = |build: &Build| Some(format!("build {} of {}", build.id, place.app.name));
        match self.in_flight.create(creating, create, made).await {
            Ok(build) => Ok(NewBuild { build, put }),
            Err(e) => {
                let failure = self.cannot_create(&what, Exit::BuildFailed, &e);
                self.note_unknown(&failure, &e, &[place]);
                Err(failure)
            }
        }
    }

    /// The release of a build that an earlier run made. If its release phase failed or never ends, or a newer release
    /// has replaced it, what the build made is released again.
    async fn taken_build(&self, place: Place<'_>, build: &Build) -> Result<Release, Failure> {
        let app = place.app;
        let id = units::short_id(&build.id);
        let release = self.release_of(app, build).await?;
        if is_usable(&release, self.is_stuck(&release)) {
            self.journal.note(format!(
                "build {id} of this source succeeded: using its release"
            ));
            return Ok(release);
        }
        // The build of an image does not name the image; the release that was made of it does.
        let Some(artifact) = build.artifact.as_ref().or(release.artifact.as_ref()) else {
            let what = format!("release {} of build {id} is not live any more", release.at);
            return Err(Failure::new(Exit::Refused, what)
                .state("nothing was changed")
                .next("`--force` builds this source again"));
        };
        // A run that was cut off may have done so already.
        let newest = match self.no_pending_release(app, Some(artifact), None).await? {
            IdleApp::Newest(version) => version,
            IdleApp::Adopted(again) => {
                self.journal.note(format!(
                    "build {id} of this source succeeded, and its {} has already been released again: using {}",
                    artifact.noun(),
                    again.at
                ));
                return Ok(*again);
            }
        };
        self.journal.note(format!(
            "build {id} of this source succeeded, but its release {} is not what {} runs: releasing its {} again",
            release.at,
            app.name,
            artifact.noun()
        ));
        let what = format!("a release of {}", app.name);
        let description = format!("Release the {} of {} again", artifact.noun(), release.at);
        let made = self
            .make_release(place, artifact, &description, newest)
            .await;
        made.map_err(|e| {
            let failure = self.cannot_create(&what, Exit::Refused, &e);
            self.note_unknown(&failure, &e, &[place]);
            failure
        })
    }

    async fn release_of(&self, app: &App, build: &Build) -> Result<Release, Failure> {
        let release = self.platform.release_of_build(app, build).await;
        release.map_err(|e| {
            if e.phase == Phase::Create {
                // The platform does not release automatically, and did not accept the request to do so.
                return self.cannot_create(
                    &format!("a release of {}", app.name),
                    Exit::Refused,
                    &e,
                );
            }
            let doing = format!("looking for the release of build {}", build.id);
            self.lost_sight(&doing, &e)
        })
    }

    /// Notes which build is under way: it is cancelled if the run is cut off.
    fn pending_build(&self, place: Place<'_>, build: &Build) {
        self.in_flight.set_pending_build(Some(PendingBuild {
            app: place.app.clone(),
            id: build.id.clone(),
            key: place.key(),
        }));
    }

    /// Follows a build to its end and returns it if it succeeded.
    pub(super) async fn finished_build(
        &self,
        place: Place<'_>,
        build: Build,
    ) -> Result<Build, Failure> {
        let began = Instant::now();
        let app = place.app;
        let name = format!("build {} of {}", build.id, app.name);
        self.pending_build(place, &build);
        self.journal.emit(Event::BuildStarted {
            stage: place.stage.to_owned(),
            app: app.name.clone(),
            build: build.id.clone(),
            status: build.status.clone(),
        });
        let limit = self.config.build.timeout;
        let id = build.id.clone();
        let what = format!("the build of {}", app.name);
        let waited = self
            .wait(
                WaitGuard::begin(self.journal, &what, limit, "it is cancelled"),
                build.output,
                place.origin(OutputSource::Build),
                async |budget: Duration| {
                    let build = self.platform.build(app, &id, budget).await?;
                    self.journal
                        .record_app(place.key(), AppFact::Build(build.record()));
                    Ok(match build.status {
                        BuildStatus::Succeeded | BuildStatus::Failed => Poll::Done(build),
                        // An unknown word is no verdict: the deadline bounds the wait.
                        BuildStatus::Pending | BuildStatus::Other(_) => Poll::Pending {
                            word: build.status.word().to_owned(),
                            output: build.output,
                        },
                    })
                },
                async || {
                    let build = self.platform.build(app, &id, Duration::ZERO).await;
                    build.ok()?.output
                },
            )
            .await;
        let build = match waited.verdict {
            Ok(build) => build,
            Err(NoVerdict::Lost(error)) => {
                return Err(self.lost_sight(&format!("waiting for {name}"), &error));
            }
            Err(NoVerdict::Deadline(word)) => {
                let failure = self.too_slow(place, &id, &name, &word).await;
                return Err(failure.detail(waited.tail));
            }
        };
        self.in_flight.set_pending_build(None);
        self.journal.emit(Event::BuildFinished {
            stage: place.stage.to_owned(),
            app: app.name.clone(),
            build: build.id.clone(),
            status: build.status.clone(),
            took: began.elapsed(),
        });
        if build.status == BuildStatus::Succeeded {
            return Ok(build);
        }
        let next = if waited.tail.is_empty() {
            format!(
                "the build's log could not be read; {} has it",
                self.about().build_output
            )
        } else {
            "the end of the build's log is above; its whole output is further up".to_owned()
        };
        Err(Failure::new(Exit::BuildFailed, format!("{name} failed"))
            .detail(waited.tail)
            .state(format!("nothing was released; {}", self.as_before(place)))
            .next(next))
    }

    /// A build that takes longer than `build.timeout` is cancelled, so that it does not go live after the run is over.
    async fn too_slow(&self, place: Place<'_>, id: &str, name: &str, word: &str) -> Failure {
        let limit = crate::units::duration(self.config.build.timeout);
        let pending = PendingBuild {
            app: place.app.clone(),
            id: id.to_owned(),
            key: place.key(),
        };
        match self
            .stop_build(&pending, self.pacing().budget_before())
            .await
        {
            Stopped::Cancelled => Failure::new(
                Exit::BuildFailed,
                format!("{name} did not finish within build.timeout ({limit}) and was cancelled"),
            )
            .state(format!("nothing was released; {}", self.as_before(place)))
            .next("if the build needs that long, raise build.timeout in deploy.yaml"),
            Stopped::Finished => Failure::new(
                Exit::Unknown,
                format!("{name} succeeded after build.timeout ({limit}) had passed"),
            )
            .state(format!(
                "its release may be live on {}; nothing was verified",
                place.app.name
            ))
            .next("run the same command again: what is already live is not built again"),
            Stopped::Unknown => still_pending(name, &limit, word),
        }
    }
}
