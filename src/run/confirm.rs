//! The end of a stage: every app still runs the code that was verified.

use futures_util::future::join_all;

use super::{
    Run,
    ours::Ours,
    release::{LiveState, superseded},
    verify::Subject,
};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::{AppFact, record::AppOutcome},
};

impl Run<'_> {
    /// Makes sure that every app still runs the code of its release: what was verified is what is promoted, and what the
    /// run answers for at its end.
    pub(super) async fn confirm(
        &self,
        pipeline: Option<&str>,
        subjects: &[Subject<'_>],
        ours: &Ours<'_>,
    ) -> Result<(), Failure> {
        let latest = self.latest(pipeline, subjects.len()).await;
        let confirmed =
            join_all(subjects.iter().map(async |Subject { place, release, .. }| {
                let failure = match self.runs_now(place.app, release, &latest, ours).await {
                    Ok(LiveState::AsReleased) => {
                        self.journal.record_app(place.key(), AppFact::Finished);
                        return Ok(());
                    }
                    Ok(LiveState::Again(live, what)) => {
                        self.journal.note(format!(
                            "{} now runs {}, which is {what}: {}",
                            place.app.name, live.at, live.description
                        ));
                        self.journal
                            .record_app(place.key(), AppFact::ReleasedAgain(live.record()));
                        return Ok(());
                    }
                    Ok(LiveState::OtherCode(live)) => {
                        self.journal
                            .record_app(place.key(), AppFact::Superseded(live.record()));
                        superseded(place.app, release, &live)
                    }
                    Err(failure) => failure,
                };
                let outcome = match failure.exit {
                    Exit::Refused => AppOutcome::Failed,
                    _ => AppOutcome::Unknown,
                };
                let why = Some(failure.what.clone());
                self.journal
                    .record_app(place.key(), AppFact::Ended(outcome, why));
                Err(failure)
            }))
            .await;
        confirmed.into_iter().collect()
    }
}
