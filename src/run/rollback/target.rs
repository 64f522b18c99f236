//! The rollback of one app: the release, its release phase, the checks, and whether it still runs that at the end.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::{
    decide::{Move, next_move},
    not_rolled_back::NotRolledBack,
};
use crate::{
    config::Check,
    exit::Exit,
    http::Kind,
    journal::record::{ReleaseRecord, RollbackOutcome},
    platform::types::{App, Release, ReleaseStatus},
    run::{
        Run,
        facts::Facts,
        in_flight::Creating,
        ours::Ours,
        release::{LiveState, Place},
        verify::{Code, Subject},
    },
};

/// How many of the newest releases are looked at.
const NEWEST: usize = 10;
/// How often the list of releases is read again if it lags behind.
const LOOKS: u32 = 3;

/// The rollback of an app to what it ran before.
#[derive(Clone, Copy)]
pub(super) struct RollbackTarget<'a> {
    pub(super) place: Place<'a>,
    /// What this run put there.
    pub(super) ours: &'a ReleaseRecord,
    /// What it ran before.
    pub(super) to: &'a ReleaseRecord,
}

/// What proves that an app is back.
pub(super) struct Proof<'a> {
    pub(super) checks: Vec<Check>,
    /// Held while an app's checks run if there are commands among them: these share a directory, so apps take turns.
    pub(super) directory: Mutex<()>,
    /// What is known of what ran before.
    pub(super) facts: &'a Facts,
    /// The content that this run deploys.
    pub(super) ours: Ours<'a>,
}

impl Run<'_> {
    /// Rolls one app back: the release, its release phase, the checks, and whether it still runs that at the end.
    pub(super) async fn send_back(
        &self,
        way: RollbackTarget<'_>,
        proof: &Proof<'_>,
    ) -> Result<(), NotRolledBack> {
        let RollbackTarget { place, to, .. } = way;
        let began = Instant::now();
        let release = self.release_earlier(way).await?;
        self.note_release(place, &release);
        let settled = self.settle(place, release, began, None).await;
        let settled = settled.map_err(|f| NotRolledBack::new(RollbackOutcome::Unknown, f.what))?;
        if let Some(why) = settled.failure_reason() {
            let why = format!(
                "the rollback to v{} is {}: {why}",
                to.version, settled.release.at
            );
            return Err(NotRolledBack::new(RollbackOutcome::Failed, why));
        }
        let release = settled.release;
        let unverified = |why: String| NotRolledBack::new(RollbackOutcome::Unverified, why);
        let code = self.code_of(place.app, &release, proof.facts).await;
        code.check_placeholders(&proof.checks)
            .map_err(|f| unverified(f.what))?;
        let subject = Subject {
            place,
            release: &release,
            code: &code,
            found_live: false,
        };
        let verified = {
            let commands = proof
                .checks
                .iter()
                .any(|check| matches!(check, Check::Run(_)));
            let _alone = if commands {
                Some(proof.directory.lock().await)
            } else {
                None
            };
            self.verify(&proof.checks, std::slice::from_ref(&subject))
                .await
        };
        verified.map_err(|f| unverified(self.failed_check(place).unwrap_or(f.what)))?;
        let latest = self.latest(None, 1).await;
        match self
            .runs_now(place.app, &release, &latest, &proof.ours)
            .await
        {
            Ok(LiveState::AsReleased | LiveState::Again(..)) => Ok(()),
            Ok(LiveState::OtherCode(live)) => Err(NotRolledBack::left(&live)),
            Err(f) => Err(NotRolledBack::new(RollbackOutcome::Unknown, f.what)),
        }
    }

    /// The check that the earlier code did not pass.
    fn failed_check(&self, place: Place<'_>) -> Option<String> {
        let rollback = self.journal.app(&place.key())?.rollback?;
        let failed = rollback.checks.iter().find(|check| !check.ok)?;
        Some(format!(
            "its check `{}` fails: {}",
            failed.check, failed.seen
        ))
    }

    /// The release that brings the earlier code back: made by this run, or there already.
    async fn release_earlier(&self, way: RollbackTarget<'_>) -> Result<Release, NotRolledBack> {
        let RollbackTarget { place, ours, to } = way;
        let app = place.app;
        let unknown = |why: String| NotRolledBack::new(RollbackOutcome::Unknown, why);
        let mut looks_left = LOOKS;
        let (newest, keep_config, known) = loop {
            let releases = self.platform.releases(app, NEWEST, self.retry_budget());
            let releases = releases.await.map_err(|e| {
                unknown(format!(
                    "its releases could not be read, so nothing was done: {e}"
                ))
            })?;
            match next_move(&releases, ours, to) {
                Move::Send {
                    newest,
                    keep_config,
                } => {
                    let known = releases.into_iter().find(|one| one.at.id == to.id);
                    break (newest, keep_config, known);
                }
                Move::Follow(release) => {
                    self.journal.note(format!(
                        "{} of {} is the earlier code already: using it",
                        release.at, app.name
                    ));
                    return Ok(release);
                }
                Move::Leave(other) => return Err(NotRolledBack::left(&other)),
                Move::LookAgain if looks_left > 1 => {
                    looks_left -= 1;
                    let pause = self.pacing().poll_pause(Duration::from_secs(10), 0.5);
                    tokio::time::sleep(pause).await;
                }
                Move::LookAgain => {
                    let why = "the platform does not say what it runs, so nothing was done";
                    return Err(unknown(why.to_owned()));
                }
            }
        };
        let target = match known {
            Some(release) => release,
            None => match self
                .platform
                .release(app, &to.id, self.retry_budget())
                .await
            {
                Ok(release) => release,
                Err(e) if e.kind == Kind::NotFound => return Err(NotRolledBack::gone(to)),
                Err(e) => {
                    let why = format!(
                        "v{} could not be read, so nothing was done: {e}",
                        to.version
                    );
                    return Err(unknown(why));
                }
            },
        };
        if target.status == ReleaseStatus::Expired {
            return Err(NotRolledBack::gone(to));
        }
        self.make_rollback(place, &target, newest, keep_config)
            .await
    }

    /// Asks the platform to release an earlier release again.
    async fn make_rollback(
        &self,
        place: Place<'_>,
        to: &Release,
        newest: u64,
        keep_config: bool,
    ) -> Result<Release, NotRolledBack> {
        let app = place.app;
        let what = format!("a rollback of {} to {}", app.name, to.at);
        let creating = Creating::release(place, &what);
        let request = self.platform.roll_back(app, to, newest, keep_config);
        let made = self.in_flight.create(creating, request, |release| {
            Some(format!("release {} of {}", release.at, app.name))
        });
        made.await.map_err(|error| {
            let outcome = if error.certainly_not_accepted() {
                RollbackOutcome::Failed
            } else {
                RollbackOutcome::Unknown
            };
            let failure = self.cannot_create(&what, Exit::Refused, &error);
            NotRolledBack {
                exit: Some(failure.exit),
                ..NotRolledBack::new(outcome, failure.what)
            }
        })
    }

    /// What is known of the source of an app's release. For what ran before this run the facts have it already.
    async fn code_of(&self, app: &App, release: &Release, facts: &Facts) -> Code {
        let apps = facts.stages.iter().flatten();
        let mut live = apps.filter_map(|facts| facts.live.as_ref());
        if let Some(live) = live.find(|live| live.release.runs_what(release)) {
            return Code::of_version(live.made_of.version.clone());
        }
        let Some(artifact) = &release.artifact else {
            return Code::default();
        };
        let budget = self.retry_budget();
        let made_of = self.platform.made_of(app, artifact, false, budget).await;
        Code::of_version(made_of.ok().and_then(|made_of| made_of.version))
    }
}
