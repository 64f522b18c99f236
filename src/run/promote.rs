//! A later stage: the release of the stage before is promoted to all its apps in one promotion, pinned to that release;
//! or, without a pipeline, its slug is released on each of them.

mod target;

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::sync::{Notify, watch};

use super::{
    Run,
    failures::still_pending,
    follow::OutputEnd,
    in_flight::Creating,
    plan::StagePlan,
    release::{self, Place},
    verdict::{Verdict, verdict},
    wait::{NOT_KNOWN, NoVerdict, Poll},
};
use target::{Followed, TargetState, ended, is_news};

use crate::{
    exit::Exit,
    failure::Failure,
    journal::{
        AppFact, WaitGuard,
        event::{Event, OutputSource},
    },
    platform::types::{
        App, Mark, Promotion, PromotionRequest, Release, ReleaseStatus, Target, TargetStatus,
    },
    units::list,
};

/// What a stage gets: a release of an app of the stage before.
#[derive(Clone, Debug)]
pub struct SourceRelease {
    /// The app.
    pub app: App,
    /// Its release.
    pub release: Release,
}

/// What was shown of a target's release.
struct ShownRelease {
    release: Release,
    tail: Vec<String>,
    began: Instant,
}

fn promotion_name(promotion: &Promotion) -> String {
    match &promotion.id {
        Some(id) => format!("promotion {id}"),
        None => "the promotion".to_owned(),
    }
}

impl Run<'_> {
    /// Promotes to these apps of a stage, each with the version of its newest release, and waits for each one's
    /// verdict. Returns their releases only if all succeeded.
    pub(super) async fn promote_stage<'p>(
        &self,
        stage: &StagePlan,
        pipeline: &str,
        source: &SourceRelease,
        open: &[(Place<'p>, u64)],
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let places: Vec<Place<'p>> = open.iter().map(|(place, _)| *place).collect();
        let places = places.as_slice();
        let request = PromotionRequest {
            pipeline: pipeline.to_owned(),
            source: source.app.id.clone(),
            release: source.release.at.id.clone(),
            targets: open
                .iter()
                .map(|(place, newest)| Mark {
                    app: place.app.clone(),
                    newest: *newest,
                    artifact: source.release.artifact.clone(),
                })
                .collect(),
            safe: self.config.stages[stage.index].require.same_config,
        };
        let promotion = self
            .create_promotion(stage, source, &request, places)
            .await?;
        let stream_ended = Notify::new();
        let followed: Vec<Followed<'_>> = places
            .iter()
            .map(|&place| Followed {
                place,
                known: watch::channel(None).0,
                over: OutputEnd::default(),
            })
            .collect();
        let polling = self.poll_targets(stage, pipeline, &promotion, &followed, &stream_ended);
        let following = join_all(
            followed
                .iter()
                .map(|one| self.follow_target(one, &stream_ended)),
        );
        let (polled, verdicts) = tokio::join!(polling, following);
        let lost = polled.err().map(|none| match none {
            NoVerdict::Deadline(word) => {
                let limit = crate::units::duration(self.release_deadline());
                still_pending(&promotion_name(&promotion), &limit, &word)
            }
            NoVerdict::Lost(error) => self.lost_sight(
                &format!("waiting for {}", promotion_name(&promotion)),
                &error,
            ),
        });
        self.judge(stage, places, verdicts, Exit::PromotionFailed, lost)
    }

    /// Creates the promotion, pinned to the source's release.
    async fn create_promotion(
        &self,
        stage: &StagePlan,
        source: &SourceRelease,
        request: &PromotionRequest,
        places: &[Place<'_>],
    ) -> Result<Promotion, Failure> {
        let what = format!("a promotion to {}", stage.stage);
        let apps: Vec<&str> = places.iter().map(|place| place.app.name.as_str()).collect();
        let creating = Creating {
            what: what.clone(),
            keys: places.iter().map(Place::key).collect(),
            look_at: format!("the releases of {}", list(&apps)),
            build: None,
        };
        let request = self.platform.promote(request);
        let created = self.in_flight.create(creating, request, |made| {
            Some(format!("{} to {}", promotion_name(made), stage.stage))
        });
        let promotion = created.await.map_err(|e| {
            let failure = self.cannot_create(&what, Exit::Refused, &e);
            self.note_unknown(&failure, &e, places);
            failure
        })?;
        self.journal.emit(Event::PromotionStarted {
            stage: stage.stage.clone(),
            promotion: promotion.id.clone().unwrap_or_default(),
            from: source.app.name.clone(),
            release: source.release.at.clone(),
            targets: places.iter().map(|place| place.app.name.clone()).collect(),
        });
        match &promotion.release {
            Some(id) if *id != source.release.at.id => {
                let what = format!(
                    "the platform promotes another release than {} of {}",
                    source.release.at, source.app.name
                );
                let now = format!(
                    "{} is under way in {}",
                    promotion_name(&promotion),
                    stage.stage
                );
                Err(Failure::new(Exit::PromotionFailed, what).state(now))
            }
            _ => Ok(promotion),
        }
    }

    /// Waits until every target has its verdict. Each one's newest state goes to its follower.
    async fn poll_targets(
        &self,
        stage: &StagePlan,
        pipeline: &str,
        promotion: &Promotion,
        followed: &[Followed<'_>],
        stream_ended: &Notify,
    ) -> Result<(), NoVerdict> {
        let what = format!("the promotion to {}", stage.stage);
        let waiting = WaitGuard::begin(self.journal, &what, self.release_deadline(), NOT_KNOWN);
        let no_output = watch::channel(None).0;
        let look = async |budget: Duration| {
            let targets = self.platform.targets(promotion, budget).await?;
            let targets: HashMap<&str, &Target> = targets
                .iter()
                .map(|target| (target.app.as_str(), target))
                .collect();
            let of = |one: &Followed<'_>| targets.get(one.place.app.id.as_str()).copied();
            let is_news = |one: &&Followed<'_>| {
                of(one).is_some_and(|target| is_news(one.known.borrow().as_ref(), target))
            };
            // Read after the targets: of one that has ended it is the release at its end.
            let news = followed.iter().filter(is_news).count();
            let latest = self.latest(Some(pipeline), news).await;
            let mut open = None;
            for one in followed {
                let target = of(one);
                let known = target.map(|target| TargetState {
                    release: one.release(&latest, target),
                    target: target.clone(),
                });
                one.known.send_replace(known);
                match target {
                    Some(target) if ended(&target.status) => one.over.decided(),
                    Some(target) => {
                        if let Some(id) = &target.release {
                            let status = ReleaseStatus::read(target.status.word());
                            self.journal
                                .record_app(one.place.key(), AppFact::Target(id.clone(), status));
                        }
                        open = Some(target.status.word().to_owned());
                    }
                    None => open = Some("not listed".to_owned()),
                }
            }
            Ok(match open {
                None => Poll::Done(()),
                Some(word) => Poll::Pending { word, output: None },
            })
        };
        let verdict = self.poll(waiting, &no_output, stream_ended, look).await;
        for one in followed {
            one.over.abandoned();
        }
        verdict
    }

    /// Follows one target: its release phase is shown, and its release's own status confirms the verdict.
    async fn follow_target(&self, one: &Followed<'_>, stream_ended: &Notify) -> Verdict {
        let place = one.place;
        let mut known = one.known.subscribe();
        let seen = tokio::select! {
            biased;
            seen = known.wait_for(|known| known.as_ref().is_some_and(TargetState::has_release)) => {
                seen.ok().and_then(|known| known.clone())
            }
            () = one.over.reached() => None,
        };
        let mut shown: Option<ShownRelease> = None;
        if let Some(TargetState { target, release }) = seen
            && let Some(id) = &target.release
        {
            let release = match release {
                Some(release) => Ok(release),
                None => {
                    self.platform
                        .release(place.app, id, self.retry_budget())
                        .await
                }
            };
            match release {
                Ok(release) => {
                    let began = Instant::now();
                    self.note_release(place, &release);
                    let urls = watch::channel(release.output.clone()).1;
                    let origin = place.origin(OutputSource::Release);
                    let renew = async || {
                        let release = self.platform.release(place.app, id, Duration::ZERO).await;
                        release.ok()?.output
                    };
                    let followed = self
                        .follow(origin, urls, stream_ended, &one.over, renew)
                        .await;
                    shown = Some(ShownRelease {
                        release,
                        tail: followed.tail,
                        began,
                    });
                }
                Err(error) => {
                    one.over.reached().await;
                    return Verdict::Unknown(self.lost_sight(
                        &format!("reading the release of {}", place.app.name),
                        &error,
                    ));
                }
            }
        }
        one.over.reached().await;
        let last = one.known.borrow().clone();
        let Some(last) = last.filter(|known| ended(&known.target.status)) else {
            return Verdict::Unknown(Failure::new(
                Exit::Unknown,
                format!("there was no verdict on {}", place.app.name),
            ));
        };
        let finished = Event::TargetFinished {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            status: last.target.status.clone(),
            error: last.target.error.clone(),
        };
        let verdict = self.target_verdict(place, last, shown).await;
        self.journal.emit(finished);
        verdict
    }

    /// A failed target is final. A succeeded one counts only if its release says the same.
    async fn target_verdict(
        &self,
        place: Place<'_>,
        known: TargetState,
        shown: Option<ShownRelease>,
    ) -> Verdict {
        let target = known.target;
        // Once a release has ended it stays as it is.
        let at_its_end = [
            known.release.as_ref(),
            shown.as_ref().map(|shown| &shown.release),
        ]
        .into_iter()
        .flatten()
        .find(|release| release::ended(release))
        .cloned();
        let id = shown
            .as_ref()
            .map(|shown| shown.release.at.id.clone())
            .or(target.release);
        let release = match (at_its_end, &id) {
            (Some(release), _) => Some(Ok(release)),
            (None, Some(id)) => Some(
                self.platform
                    .release(place.app, id, self.retry_budget())
                    .await,
            ),
            (None, None) => None,
        };
        let began = shown
            .as_ref()
            .map_or_else(Instant::now, |shown| shown.began);
        let tail = shown.map(|shown| shown.tail);
        let app = &place.app.name;
        if target.status == TargetStatus::Failed {
            // The verdict is there; what became of the release is for the record.
            if let Some(Ok(release)) = &release {
                self.note_end(place, release, began);
            }
            let why = target.error;
            let why = why.unwrap_or_else(|| "the platform gives no reason".to_owned());
            let tail = tail.unwrap_or_default();
            return Verdict::Failed { why, tail };
        }
        match release {
            None => Verdict::Unknown(Failure::new(
                Exit::Unknown,
                format!("the platform says that {app} succeeded but names no release"),
            )),
            Some(Err(error)) => {
                let doing = format!("reading the release of {app}");
                Verdict::Unknown(self.lost_sight(&doing, &error))
            }
            Some(Ok(release)) => match self.settle(place, release, began, tail).await {
                Err(failure) => Verdict::Unknown(failure),
                Ok(settled) => verdict(settled),
            },
        }
    }
}
