//! Follows a release to its end: its release phase is shown, and its status decides.

use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::{
    Run, facts,
    failures::still_pending,
    follow::{Origin, OutputEnd},
    in_flight::Creating,
    latest::Latest,
    ours::Ours,
    wait::{NOT_KNOWN, NoVerdict, Poll},
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::Error,
    journal::{
        AppFact, WaitGuard,
        event::{Event, OutputSource},
    },
    model::AppKey,
    platform::{
        Artifact,
        types::{App, Release, ReleaseStatus},
    },
};

/// Where in the run something happens.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    /// The app's place in its stage.
    pub(super) app_at: usize,
    /// The stage's name.
    pub(super) stage: &'a str,
    pub(super) app: &'a App,
    /// Whether several apps are at work at the same time.
    pub(super) several: bool,
}

impl Place<'_> {
    /// The app in the record.
    pub(super) fn key(&self) -> AppKey {
        AppKey::new(self.stage, &self.app.name)
    }

    pub(super) fn origin(&self, source: OutputSource) -> Origin {
        Origin {
            source,
            stage: self.stage.to_owned(),
            app: self.app.name.clone(),
            several: self.several,
        }
    }
}

/// A release at its end, and the last lines of its release phase.
pub(super) struct EndedRelease {
    pub(super) release: Release,
    pub(super) tail: Vec<String>,
}

impl EndedRelease {
    /// Why the release is not live; `None` if it succeeded.
    pub(super) fn failure_reason(&self) -> Option<String> {
        match &self.release.status {
            ReleaseStatus::Succeeded => None,
            ReleaseStatus::Failed if self.release.output.is_some() => {
                Some("the release phase failed".to_owned())
            }
            ReleaseStatus::Failed => Some("the platform could not roll it out".to_owned()),
            ReleaseStatus::Expired => Some("the release expired: its artefact is gone".to_owned()),
            other => Some(format!("the release ended as `{}`", other.word())),
        }
    }
}

impl Run<'_> {
    /// Releases an artifact on an app whose newest release has this version.
    pub(super) async fn make_release(
        &self,
        place: Place<'_>,
        artifact: &Artifact,
        description: &str,
        newest: u64,
    ) -> Result<Release, Error> {
        let app = place.app;
        let creating = Creating::release(place, &format!("a release of {}", app.name));
        let request = self
            .platform
            .create_release(app, artifact, description, newest);
        let made = |release: &Release| Some(format!("release {} of {}", release.at, app.name));
        self.in_flight.create(creating, request, made).await
    }

    /// Waits for a release, which began at `began`, to come to its end. `shown` are the last lines of its output if that was
    /// shown already.
    pub(super) async fn settle(
        &self,
        place: Place<'_>,
        release: Release,
        began: Instant,
        shown: Option<Vec<String>>,
    ) -> Result<EndedRelease, Failure> {
        let app = place.app;
        let name = format!("release {} of {}", release.at, app.name);
        let settled = if ended(&release) {
            let tail = match shown {
                Some(tail) => tail,
                None => self.log_of_ended(place, &release).await,
            };
            EndedRelease { release, tail }
        } else {
            let at = release.at.clone();
            let origin = place.origin(OutputSource::Release);
            let limit = self.release_deadline();
            let waited = self
                .wait(
                    WaitGuard::begin(self.journal, &name, limit, NOT_KNOWN),
                    release.output,
                    origin,
                    async |budget: Duration| {
                        let release = self.platform.release(app, &at.id, budget).await?;
                        self.journal
                            .record_app(place.key(), AppFact::Release(release.record()));
                        Ok(if ended(&release) {
                            Poll::Done(release)
                        } else {
                            Poll::Pending {
                                word: release.status.word().to_owned(),
                                output: release.output,
                            }
                        })
                    },
                    async || {
                        let release = self.platform.release(app, &at.id, Duration::ZERO).await;
                        release.ok()?.output
                    },
                )
                .await;
            let release = waited.verdict.map_err(|none| match none {
                NoVerdict::Deadline(word) => {
                    still_pending(&name, &crate::units::duration(limit), &word)
                }
                NoVerdict::Lost(error) => self.lost_sight(&format!("waiting for {name}"), &error),
            })?;
            let tail = if waited.tail.is_empty() {
                shown.unwrap_or_default()
            } else {
                waited.tail
            };
            EndedRelease { release, tail }
        };
        self.note_end(place, &settled.release, began);
        Ok(settled)
    }

    /// Shows the output of a release that was at its end before anybody looked, and gives its last lines. The verdict is there:
    /// an output that can't be read is a warning, after the same time as any other.
    async fn log_of_ended(&self, place: Place<'_>, release: &Release) -> Vec<String> {
        if release.output.is_none() {
            return Vec::new();
        }
        let over = OutputEnd::default();
        over.decided();
        let urls = watch::channel(release.output.clone()).1;
        let origin = place.origin(OutputSource::Release);
        let renew = async || {
            let release = self
                .platform
                .release(place.app, &release.at.id, Duration::ZERO);
            release.await.ok()?.output
        };
        self.follow(origin, urls, &Notify::new(), &over, renew)
            .await
            .tail
    }

    /// Notes that a release finished.
    pub(super) fn note_end(&self, place: Place<'_>, release: &Release, began: Instant) {
        self.journal.emit(Event::ReleaseFinished {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            release: release.at.clone(),
            status: release.status.clone(),
            took: began.elapsed(),
        });
    }

    /// Notes that a release was made.
    pub(super) fn note_release(&self, place: Place<'_>, release: &Release) {
        self.journal.emit(Event::ReleaseStarted {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            release: release.at.clone(),
            status: release.status.clone(),
            phase: release.output.is_some(),
        });
    }

    /// Compares what an app runs now with the release that it should run. `latest` may know it already.
    pub(super) async fn runs_now(
        &self,
        app: &App,
        release: &Release,
        latest: &Latest,
        ours: &Ours<'_>,
    ) -> Result<LiveState, Failure> {
        let live = latest.live(app);
        if live.is_some_and(|live| live.at.id == release.at.id) {
            return Ok(LiveState::AsReleased);
        }
        let mut tries_left = 3;
        loop {
            let releases = self
                .platform
                .releases(app, 5, self.retry_budget())
                .await
                .map_err(|e| self.cannot_read(&format!("confirming what {} runs", app.name), &e))?;
            let Some(live) = facts::current(&releases) else {
                return Ok(LiveState::AsReleased);
            };
            if live.at.id == release.at.id {
                match self.on_its_way(&releases, release) {
                    None => return Ok(LiveState::AsReleased),
                    Some(other) => self.until_it_ends(app, other).await?,
                }
                continue;
            }
            tries_left -= 1;
            // The list may lag behind for a moment; a newer release is no lag.
            if live.at.version < release.at.version && tries_left > 0 {
                let pause = self.pacing().poll_pause(Duration::from_secs(10), 0.5);
                tokio::time::sleep(pause).await;
                continue;
            }
            let live = live.clone();
            return Ok(if live.runs_what(release) {
                LiveState::Again(live, format!("the code of {} released again", release.at))
            } else if self.is_of_our_content(&live, release, ours).await? {
                LiveState::Again(
                    live,
                    format!("another build of the source of {}", release.at),
                )
            } else {
                LiveState::OtherCode(live)
            });
        }
    }
}

/// What an app runs, compared with the release that it should run.
pub(super) enum LiveState {
    /// That release.
    AsReleased,
    /// The same code under another release, and how that differs from ours: a config var, an add-on, a person or
    /// another job of the same source made it.
    Again(Release, String),
    /// Other code: somebody else released to it, or rolled it back.
    OtherCode(Release),
}

/// What it means that an app runs other code than it should.
pub(super) fn superseded(app: &App, release: &Release, live: &Release) -> Failure {
    let user = live.user.as_deref().unwrap_or("an unknown user");
    Failure::new(
        Exit::Refused,
        format!(
            "{} no longer runs {}, which this run released or was to promote",
            app.name, release.at
        ),
    )
    .detail([format!(
        "it runs {} by {user}: {}",
        live.at, live.description
    )])
    .state(format!(
        "{} runs {}; nothing further was started",
        app.name, live.at
    ))
    .next("find out who released it and why, then run the job again")
}

/// Whether a release is at its end. An unknown status is not: the deadline bounds the wait for it.
pub(super) fn ended(release: &Release) -> bool {
    matches!(
        release.status,
        ReleaseStatus::Succeeded | ReleaseStatus::Failed | ReleaseStatus::Expired
    )
}
