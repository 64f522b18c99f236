//! The checks on a stage. Each check is done for every app of the stage before the next one begins.

mod answer;
mod code;
mod command;
mod http;
mod overlap;
mod request;
mod tries;

use std::time::Duration;

use futures_util::future::join_all;

pub(super) use code::Code;

use super::{Run, plan::check_name, release::Place};
use crate::{
    config::Check,
    exit::Exit,
    failure::Failure,
    journal::{AppFact, event::Event},
    platform::{Platform, types::Release},
};

/// An app to check, with the release that it runs.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) place: Place<'a>,
    pub(super) release: &'a Release,
    pub(super) code: &'a Code,
    /// Whether the run found that release there, and did not wait for its end.
    pub(super) found_live: bool,
}

/// How a check went.
struct Outcome {
    ok: bool,
    attempts: u32,
    seen: String,
    took: Duration,
}

impl<P: Platform> Run<'_, P> {
    /// Does the checks of a stage on its apps.
    pub(super) async fn verify(
        &self,
        checks: &[Check],
        subjects: &[Subject<'_>],
    ) -> Result<(), Failure> {
        let old = self.old_code(checks, subjects).await;
        for (at, check) in checks.iter().enumerate() {
            let name = check_name(check);
            let results = match check {
                Check::Http(http) => {
                    join_all(subjects.iter().zip(&old).map(|(subject, old)| {
                        let check = self.http_check(&name, http, *subject, *old);
                        self.told(&name, subject.place, check)
                    }))
                    .await
                }
                Check::Run(command) => {
                    // Commands share a directory, so they run one after the other.
                    let mut results = Vec::new();
                    for subject in subjects {
                        let check = self.run_check(&name, command, *subject);
                        results.push(self.told(&name, subject.place, check).await);
                    }
                    results
                }
            };
            let verdict = check_verdict(&name, subjects, &results, self.journal.changed());
            if verdict.is_err() && at + 1 == checks.len() {
                self.note_verified(subjects);
            }
            verdict?;
        }
        self.note_verified(subjects);
        Ok(())
    }

    /// Notes that there is no check left for those apps that passed them all.
    fn note_verified(&self, subjects: &[Subject<'_>]) {
        for Subject { place, .. } in subjects {
            self.journal.record_app(place.key(), AppFact::Verified);
        }
    }

    /// Does a check on one app, and tells and records how it went as soon as it has ended.
    async fn told(
        &self,
        name: &str,
        place: Place<'_>,
        check: impl Future<Output = Outcome>,
    ) -> Outcome {
        self.journal.emit(Event::CheckStarted {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            check: name.to_owned(),
        });
        let outcome = check.await;
        let Outcome {
            ok,
            attempts,
            ref seen,
            took,
        } = outcome;
        self.journal.emit(Event::CheckFinished {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            check: name.to_owned(),
            ok,
            attempts,
            seen: seen.clone(),
            took,
        });
        outcome
    }
}

/// Whether a check held for every app of its stage.
fn check_verdict(
    name: &str,
    subjects: &[Subject<'_>],
    results: &[Outcome],
    released: bool,
) -> Result<(), Failure> {
    let failed = subjects.iter().zip(results).filter(|(_, seen)| !seen.ok);
    let detail: Vec<_> = failed
        .map(|(subject, seen)| format!("{}: {}", subject.place.app.name, seen.seen))
        .collect();
    if detail.is_empty() {
        return Ok(());
    }
    let stage = subjects.first().map_or("", |subject| subject.place.stage);
    Err(Failure::new(
        Exit::VerificationFailed,
        format!("the check `{name}` failed in {stage}"),
    )
    .detail(detail)
    .state(if released {
        format!("what was released in {stage} stays; later stages were not touched")
    } else {
        "nothing was released by this run; later stages were not touched".to_owned()
    })
    .next("fix forward, or release the earlier release again"))
}
