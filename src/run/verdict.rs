//! The verdict on a stage, from the outcomes of its apps.

use super::{
    Run,
    plan::StagePlan,
    release::{EndedRelease, Place},
};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::{AppFact, record::AppOutcome},
    platform::types::Release,
    units::count,
};

/// How it went for one app.
pub(super) enum Verdict {
    Live(Release),
    Failed { why: String, tail: Vec<String> },
    Unknown(Failure),
}

impl Run<'_> {
    /// Combines the apps' verdicts into the stage's: a failure outranks losing sight, which outranks success.
    pub(super) fn judge<'p>(
        &self,
        stage: &StagePlan,
        places: &[Place<'p>],
        verdicts: Vec<Verdict>,
        failed: Exit,
        lost: Option<Failure>,
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let (mut releases, mut detail, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        let mut unknown = lost;
        for (place, verdict) in places.iter().zip(verdicts) {
            let (outcome, error) = match verdict {
                Verdict::Live(release) => {
                    releases.push((*place, release));
                    (AppOutcome::Unverified, None)
                }
                Verdict::Failed { why, tail } => {
                    bad.push(place.app.name.clone());
                    detail.push(format!("{}: {why}", place.app.name));
                    detail.extend(tail.into_iter().map(|line| format!("  {line}")));
                    (AppOutcome::Failed, Some(why))
                }
                Verdict::Unknown(failure) => {
                    let what = failure.what.clone();
                    unknown.get_or_insert(failure);
                    (AppOutcome::Unknown, Some(what))
                }
            };
            self.journal
                .record_app(place.key(), AppFact::Ended(outcome, error));
        }
        if !bad.is_empty() {
            let what = format!(
                "{} of {} of {} failed: {}",
                bad.len(),
                count(stage.apps.len() as u64, "app", "apps"),
                stage.stage,
                bad.join(", ")
            );
            return Err(Failure::new(failed, what).detail(detail).next(
                "once the reason is gone, run the same command again: it leaves alone what is live already",
            ));
        }
        unknown.map_or(Ok(releases), Err)
    }
}

pub(super) fn verdict(settled: EndedRelease) -> Verdict {
    match settled.failure_reason() {
        None => Verdict::Live(settled.release),
        Some(why) => Verdict::Failed {
            why,
            tail: settled.tail,
        },
    }
}
