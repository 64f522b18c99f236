//! Stops a build that the run no longer waits for, so that it does not go live after the run is over.

use std::time::{Duration, Instant};

use super::{
    Run,
    adopt::NEWEST,
    in_flight::{Creating, PendingBuild, PossibleBuild, Ticket},
};
use crate::{
    journal::{AppFact, Fact, record::AppOutcome},
    platform::types::BuildStatus,
};

/// The pause between attempts to cancel a build that has not begun.
const CANCEL_AGAIN: Duration = Duration::from_millis(500);

/// What became of a build that was to be stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It ended without a release.
    Cancelled,
    /// It had succeeded before.
    Finished,
    /// It may still be running.
    Unknown,
}

impl Run<'_> {
    /// Looks once for a build that may have been created, by its content.
    pub async fn find_build(
        &self,
        ticket: Ticket,
        creating: &Creating,
        budget: Duration,
    ) -> Option<PendingBuild> {
        let PossibleBuild { app, request } = creating.build.as_ref()?;
        let builds = self.platform.builds_now(app, NEWEST, budget).await.ok()?;
        let found = builds.into_iter().find(|build| request.made(build))?;
        let pending = PendingBuild {
            app: app.clone(),
            key: creating.keys.first()?.clone(),
            id: found.id.clone(),
        };
        self.journal.record(Fact::Changed);
        self.in_flight.answered(ticket, None);
        self.journal.record_app(pending.key.clone(), AppFact::Began);
        self.in_flight.set_pending_build(Some(pending.clone()));
        self.journal
            .record_app(pending.key.clone(), AppFact::Build(found.record()));
        Some(pending)
    }

    /// Stops a build that the run no longer waits for, and notes the outcome.
    pub async fn stop_build(&self, pending: &PendingBuild, budget: Duration) -> Stopped {
        let PendingBuild { app, id, key } = pending;
        let began = Instant::now();
        let build = loop {
            // This fails if the build has just ended: what counts is its status afterwards.
            let _ = self.platform.cancel_build(app, id, budget).await;
            let Ok(build) = self.platform.build(app, id, budget).await else {
                return Stopped::Unknown;
            };
            // A build that has not begun may be refused its cancellation until it does.
            let begins = matches!(build.status, BuildStatus::Other(_));
            if !begins || began.elapsed() >= budget {
                break build;
            }
            tokio::time::sleep(self.pacing().of(CANCEL_AGAIN)).await;
        };
        self.journal
            .record_app(key.clone(), AppFact::Build(build.record()));
        match build.status {
            BuildStatus::Failed => {
                self.in_flight.set_pending_build(None);
                let why = Some("the build was cancelled".to_owned());
                self.journal
                    .record_app(key.clone(), AppFact::Ended(AppOutcome::Failed, why));
                Stopped::Cancelled
            }
            BuildStatus::Succeeded => {
                self.in_flight.set_pending_build(None);
                if let Some(release) = &build.release
                    && let Ok(release) = self.platform.release(app, release, budget).await
                {
                    self.journal
                        .record_app(key.clone(), AppFact::Release(release.record()));
                }
                Stopped::Finished
            }
            BuildStatus::Pending | BuildStatus::Other(_) => Stopped::Unknown,
        }
    }
}
