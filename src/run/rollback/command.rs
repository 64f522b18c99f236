//! `rollback`: a stage, or one app of it, goes back to an earlier release because a person asks for it.

use std::num::NonZeroUsize;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use tokio::sync::Mutex;

use super::{
    Proof, RollbackTarget,
    choose::{Choice, earlier},
    message,
    not_rolled_back::NotRolledBack,
    reference, without_soak,
};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::{
        Fact,
        event::{Event, Strategy},
        record::{AppRecord, RollbackOutcome, StageRecord},
    },
    model::AppKey,
    platform::types::{App, Release, ReleaseStatus},
    run::{
        Run,
        facts::{Facts, current},
        ours::Ours,
        release::Place,
    },
    suggest::nearest,
    units::{count, list},
};

/// How many of the newest releases are searched: config vars can make many releases of the same code.
const NEWEST: usize = 100;
/// The most requests of one kind in flight at a time.
const AT_A_TIME: usize = 32;

/// An app that is to go back, and from what to what.
struct Candidate {
    app: App,
    live: Release,
    to: Release,
}

impl Run<'_> {
    /// Sends the apps of the stage at `at` back to their newest earlier release of other code, or one `app` of it to the
    /// release `to` (an id or a version). Each is verified there.
    pub async fn roll_back(
        &self,
        at: usize,
        to: Option<&str>,
        app: Option<&str>,
    ) -> Result<(), Failure> {
        let config = &self.config.stages[at];
        let names: Vec<&String> = match app {
            None => config.apps.iter().collect(),
            Some(name) => config.apps.iter().filter(|one| *one == name).collect(),
        };
        if names.is_empty() || (to.is_some() && names.len() > 1) {
            return Err(self.which_app(&config.name, &config.apps, app));
        }
        let candidates: Vec<Result<Candidate, String>> = stream::iter(names)
            .map(|name| self.candidate(name, to))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let stuck: Vec<String> = candidates
            .iter()
            .filter_map(|candidate| candidate.as_ref().err().cloned())
            .collect();
        if !stuck.is_empty() {
            return Err(nowhere(&config.name, stuck));
        }
        let candidates: Vec<Candidate> = candidates.into_iter().filter_map(Result::ok).collect();
        self.journal.record(Fact::Planned {
            pipeline: None,
            stages: vec![record(&config.name, &candidates, config.max_parallel)],
        });
        self.journal.emit(Event::StageStarted {
            stage: config.name.clone(),
            apps: candidates
                .iter()
                .map(|candidate| candidate.app.name.clone())
                .collect(),
            how: Strategy::Rollback,
        });
        let facts = Facts {
            pipeline: None,
            couplings: Vec::new(),
            stages: Vec::new(),
            begin: None,
        };
        let proof = Proof {
            checks: config.verify.iter().map(without_soak).collect(),
            directory: Mutex::new(()),
            facts: &facts,
            ours: Ours::of_facts(&facts),
        };
        let several = candidates.len() > 1;
        let at_a_time = config.max_parallel.map_or(AT_A_TIME, NonZeroUsize::get);
        let ends = stream::iter(candidates.iter().enumerate()).map(async |(app_at, candidate)| {
            let place = Place {
                app_at,
                stage: &config.name,
                app: &candidate.app,
                several,
            };
            self.roll_back_app(place, candidate, &proof).await
        });
        let ends: Vec<_> = ends.buffered(at_a_time).collect().await;
        self.verdict_of(&config.name, &candidates, &ends)
    }

    /// What an app runs and what it goes back to; the inner error says why there is nothing.
    async fn candidate(
        &self,
        name: &str,
        to: Option<&str>,
    ) -> Result<Result<Candidate, String>, Failure> {
        let app = self.read_app(name).await?;
        let releases = self.read_releases(&app, NEWEST).await?;
        let Some(which) = to else {
            return Ok(match earlier(&app.name, &releases) {
                Choice::None(why) => Err(why),
                Choice::Earlier { live, to } => {
                    let (live, to) = (live.clone(), to.clone());
                    Ok(Candidate { app, live, to })
                }
            });
        };
        let to = self
            .platform
            .release(&app, which, self.retry_budget())
            .await
            .map_err(|e| {
                let missing = format!("{} has no release {which}", app.name);
                self.cannot_find(
                    &missing,
                    &format!("looking up release {which} of {}", app.name),
                    &e,
                )
            })?;
        if to.status != ReleaseStatus::Succeeded {
            let word = to.status.word();
            return Ok(Err(format!(
                "{} of {} is `{word}`: only one that succeeded is released again",
                to.at, app.name
            )));
        }
        Ok(match current(&releases) {
            None => Err(format!("{} runs nothing", app.name)),
            Some(live) if live.at.id == to.at.id || live.runs_what(&to) => Err(format!(
                "{} runs the code of {} already, as {}",
                app.name, to.at, live.at
            )),
            Some(live) => {
                let live = live.clone();
                Ok(Candidate { app, live, to })
            }
        })
    }

    /// Rolls one app back and reports how that ended.
    async fn roll_back_app(
        &self,
        place: Place<'_>,
        candidate: &Candidate,
        proof: &Proof<'_>,
    ) -> Result<(), Exit> {
        let (ours, to) = (candidate.live.record(), candidate.to.record());
        self.journal.note(format!(
            "{} goes from {} ({}) to {} ({})",
            candidate.app.name,
            candidate.live.at,
            candidate.live.description,
            candidate.to.at,
            candidate.to.description
        ));
        self.journal.emit(Event::RollbackStarted {
            stage: place.stage.to_owned(),
            app: candidate.app.name.clone(),
            from: reference(&ours),
            to: reference(&to),
        });
        let way = RollbackTarget {
            place,
            ours: &ours,
            to: &to,
        };
        let end = self.send_back(way, proof).await;
        let exit = end.as_ref().err().and_then(|not| not.exit);
        let outcome = self.report_rollback(place, end);
        if outcome == RollbackOutcome::Succeeded {
            return Ok(());
        }
        let record = self.journal.app(&place.key()).unwrap_or_default();
        let released = record.rollback.is_some_and(|one| one.release.is_some());
        Err(exit.unwrap_or_else(|| exit_of(outcome, released)))
    }

    /// Reports how the rollback of an app ended.
    pub(super) fn report_rollback(
        &self,
        place: Place<'_>,
        end: Result<(), NotRolledBack>,
    ) -> RollbackOutcome {
        let (outcome, why, other) = match end {
            Ok(()) => (RollbackOutcome::Succeeded, None, None),
            Err(not) => (not.outcome, Some(not.why), not.other),
        };
        self.journal.emit(Event::RollbackFinished {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            outcome,
            why,
            other,
        });
        outcome
    }

    /// The result of the run, from its apps' exit codes: a failure outranks losing sight of the platform.
    fn verdict_of(
        &self,
        stage: &str,
        candidates: &[Candidate],
        ends: &[Result<(), Exit>],
    ) -> Result<(), Failure> {
        let records = candidates.iter().map(|candidate| {
            let key = AppKey::new(stage, &candidate.app.name);
            self.journal.app(&key).unwrap_or_default()
        });
        let records: Vec<AppRecord> = records.collect();
        let not_back: Vec<&AppRecord> = records
            .iter()
            .zip(ends)
            .filter_map(|(record, end)| end.is_err().then_some(record))
            .collect();
        let exits = ends.iter().filter_map(|end| end.err());
        let Some(exit) = exits.min_by_key(|exit| exit.code()) else {
            return Ok(());
        };
        let exit = match exit {
            // These codes promise that nothing was changed, but another app was.
            Exit::TryAgain | Exit::Unavailable if self.journal.changed() => Exit::Unknown,
            exit => exit,
        };
        let names: Vec<&str> = not_back.iter().map(|record| record.app.as_str()).collect();
        let what = format!(
            "{} of {} of {stage} did not go back: {}",
            names.len(),
            count(candidates.len() as u64, "app", "apps"),
            list(&names)
        );
        let failure = Failure::new(exit, what)
            .detail(records.iter().flat_map(|record| {
                let rollback = record.rollback.as_ref();
                rollback.map_or_else(Vec::new, |one| message::rolled_back(stage, record, one))
            }))
            .next("see to each app that is not back: what to do is beside it above");
        Err(if self.journal.changed() {
            failure
        } else {
            failure.state("nothing was changed on the platform")
        })
    }

    /// The failure for an app that the stage does not have, and for `--to-release` with several apps.
    fn which_app(&self, stage: &str, apps: &[String], app: Option<&str>) -> Failure {
        let file = self.config.path.display();
        let what = match app {
            Some(name) => format!("{file} has no app `{name}` in `{stage}`"),
            None => format!(
                "`--to-release` is about one app, and `{stage}` has {}",
                apps.len()
            ),
        };
        let known: Vec<&str> = apps.iter().map(String::as_str).collect();
        Failure::new(Exit::Usage, what)
            .next(format!("name one with --app: {}", known.join(", ")))
            .meant(app.and_then(|name| nearest(name, &known)))
    }
}

/// The exit code of a run whose app did not go back; `released` says whether a release was made.
fn exit_of(outcome: RollbackOutcome, released: bool) -> Exit {
    match outcome {
        RollbackOutcome::Succeeded => Exit::Ok,
        RollbackOutcome::Failed if released => Exit::ReleaseFailed,
        RollbackOutcome::Unverified => Exit::VerificationFailed,
        RollbackOutcome::Failed | RollbackOutcome::LeftAlone | RollbackOutcome::Impossible => {
            Exit::Refused
        }
        RollbackOutcome::InProgress | RollbackOutcome::NotStarted | RollbackOutcome::Unknown => {
            Exit::Unknown
        }
    }
}

/// The failure if some apps have nothing to go back to: then none is touched.
fn nowhere(stage: &str, mut stuck: Vec<String>) -> Failure {
    let what = match stuck.len() {
        1 => stuck.remove(0),
        some => format!("{some} apps of {stage} have nothing to go back to"),
    };
    Failure::new(Exit::Refused, what)
        .detail(stuck)
        .state("nothing was changed on the platform")
        .next(format!(
            "`launchway rollback --stage {stage} --app APP --to-release vN` goes to a release that you name; otherwise deploy a fix"
        ))
}

fn record(
    stage: &str,
    candidates: &[Candidate],
    max_parallel: Option<NonZeroUsize>,
) -> StageRecord {
    let apps = candidates.iter().map(|candidate| AppRecord {
        app: candidate.app.name.clone(),
        id: Some(candidate.app.id.clone()),
        replaced: Some(candidate.live.record()),
        web_url: candidate.app.web_url.as_ref().map(ToString::to_string),
        ..AppRecord::default()
    });
    StageRecord {
        stage: stage.to_owned(),
        how: Strategy::Rollback,
        promotion: None,
        waves: Vec::new(),
        max_parallel,
        approval: None,
        requirements: Vec::new(),
        apps: apps.collect(),
    }
}
