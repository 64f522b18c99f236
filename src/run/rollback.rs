//! Rollback: the apps of a failed stage go back to what they ran before this run, each exactly once, by the id of that
//! release, and only while it still runs what this run released.

mod choose;
mod command;
mod decide;
mod message;
mod not_rolled_back;
mod target;

use std::{num::NonZeroUsize, time::Duration};

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Mutex;

use super::{Run, deploy::Planned, ours::Ours, plan::StagePlan, release::Place};
use crate::{
    config::{Check, OnFailure},
    exit::Exit,
    failure::Failure,
    journal::{
        event::Event,
        record::{ReleaseRecord, RollbackOutcome},
    },
    model::{Choice as _, ReleaseRef},
};
use decide::{Affected, affected};
use not_rolled_back::NotRolledBack;
use target::{Proof, RollbackTarget};

/// Whether a stage with this exit code is rolled back: it must be a verdict on what was released.
fn is_verdict(exit: Exit) -> bool {
    matches!(
        exit,
        Exit::BuildFailed
            | Exit::ReleaseFailed
            | Exit::PromotionFailed
            | Exit::VerificationFailed
            | Exit::Refused
    )
}

impl Run<'_> {
    /// Does what `on_failure` says with a failed stage, and returns the failure with what came of it.
    pub(super) async fn after_failure(
        &self,
        stage: &StagePlan,
        planned: &Planned,
        failure: Failure,
    ) -> Failure {
        let config = &self.config.stages[stage.index];
        if config.on_failure == OnFailure::Stop {
            return failure;
        }
        let only_failed = config.on_failure == OnFailure::RollbackFailed;
        let apps: Vec<(Place<'_>, Affected)> = stage
            .places()
            .map(|place| {
                let record = self.journal.app(&place.key()).unwrap_or_default();
                (place, affected(&record, only_failed))
            })
            .collect();
        if !is_verdict(failure.exit) {
            return without_verdict(failure, config.on_failure, &apps);
        }
        let is_ours = |(_, affected): &(Place<'_>, Affected)| {
            matches!(
                affected,
                Affected::GoesBack { .. } | Affected::NothingBefore | Affected::Superseded(_)
            )
        };
        if !apps.iter().any(is_ours) {
            return not_ours(failure, &apps);
        }
        self.journal.note(format!(
            "{} failed: its apps go back to what they ran before (on_failure: {})",
            stage.stage,
            config.on_failure.word()
        ));
        let proof = Proof {
            checks: config.verify.iter().map(without_soak).collect(),
            directory: Mutex::new(()),
            facts: &planned.facts,
            ours: Ours::new(planned),
        };
        let at_a_time = config.max_parallel.map_or(apps.len(), NonZeroUsize::get);
        stream::iter(&apps)
            .for_each_concurrent(at_a_time, |(place, affected)| {
                self.goes_back(*place, affected, &proof)
            })
            .await;
        let apps: Vec<message::App> = apps
            .into_iter()
            .map(|(place, affected)| message::App {
                affected,
                record: self.journal.app(&place.key()).unwrap_or_default(),
            })
            .collect();
        message::verdict(&stage.stage, failure, &apps)
    }

    /// Rolls one app back, if it is to go back, and reports how that ended.
    async fn goes_back(&self, place: Place<'_>, affected: &Affected, proof: &Proof<'_>) {
        let result = match affected {
            Affected::GoesBack { ours, to } => {
                let way = RollbackTarget { place, ours, to };
                self.journal.emit(Event::RollbackStarted {
                    stage: place.stage.to_owned(),
                    app: place.app.name.clone(),
                    from: reference(ours),
                    to: reference(to),
                });
                self.send_back(way, proof).await
            }
            Affected::NothingBefore => {
                let why = "it ran nothing before this run";
                Err(NotRolledBack::new(RollbackOutcome::Impossible, why))
            }
            Affected::Superseded(other) => {
                let why = format!("somebody else released v{} meanwhile", other.version);
                Err(NotRolledBack::new(RollbackOutcome::LeftAlone, why))
            }
            Affected::No | Affected::Keeps | Affected::NotOurs { .. } | Affected::Unknown => return,
        };
        self.report_rollback(place, result);
    }
}

/// The failure of a stage in which this run has nothing to roll back.
fn not_ours(failure: Failure, apps: &[(Place<'_>, Affected)]) -> Failure {
    let failed = |(place, affected): &(Place<'_>, Affected)| {
        (*affected == Affected::NotOurs { failed: true }).then(|| place.app.name.clone())
    };
    let failed: Vec<String> = apps.iter().filter_map(failed).collect();
    if failed.is_empty() {
        return failure;
    }
    let verb = if failed.len() == 1 { "is" } else { "are" };
    let line = format!(
        "{} {verb} not sent back: an earlier run or another job released this code there",
        crate::units::list(&failed)
    );
    failure.detail([line])
}

/// The failure of a stage that ended without a verdict on what was released: nothing goes back.
fn without_verdict(
    failure: Failure,
    on_failure: OnFailure,
    apps: &[(Place<'_>, Affected)],
) -> Failure {
    if apps.iter().all(|(_, affected)| *affected == Affected::No) {
        return failure;
    }
    failure.detail([format!(
        "no app was sent back (on_failure: {}): whether the new code failed is not known",
        on_failure.word()
    )])
}

/// The check without its soak: the code has run here before.
fn without_soak(check: &Check) -> Check {
    let mut check = check.clone();
    match &mut check {
        Check::Http(http) => http.cadence.soak = Duration::ZERO,
        Check::Dynos(cadence) => cadence.soak = Duration::ZERO,
        Check::Run(_) => {}
    }
    check
}

fn reference(release: &ReleaseRecord) -> ReleaseRef {
    ReleaseRef {
        id: release.id.clone(),
        version: release.version,
    }
}
