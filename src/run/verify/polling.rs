//! Repeats a check as its cadence says.

use std::time::{Duration, Instant};

use super::{
    Ended, Outcome, Turn,
    board::Step,
    tries::{AfterAttempt, Attempts},
};
use crate::{
    config::Cadence,
    failure::Failure,
    journal::{Evidence, WaitGuard, event::Event},
    run::{Run, release::Place},
};

/// How long one try may take.
pub(super) const TRY_TIMEOUT: Duration = Duration::from_secs(15);

/// One try: whether it held, and what was seen.
pub(super) struct Try {
    pub(super) ok: bool,
    pub(super) seen: String,
    /// The answer, if there was one that was not as wanted.
    pub(super) evidence: Option<Evidence>,
}

impl Run<'_> {
    /// Repeats a check of an app until it has held for its whole soak, or has failed. `look` makes one try within the
    /// time that it is given; its error ends the check.
    pub(super) async fn poll_check(
        &self,
        name: &str,
        place: Place<'_>,
        cadence: &Cadence,
        turn: Turn<'_>,
        mut look: impl AsyncFnMut(Duration) -> Result<Try, Box<Failure>>,
    ) -> Ended {
        let began = Instant::now();
        let what = format!("{name} on {}", place.app.name);
        let mut waiting = WaitGuard::begin(self.journal, &what, cadence.within, "it has failed");
        let mut tries = Attempts::default();
        // From the last bad try before the check holds; then from the first bad one of its soak.
        let mut evidence: Option<Option<Evidence>> = None;
        let (ok, seen) = loop {
            let left = tries.left(began.elapsed(), cadence);
            let Try {
                ok,
                seen,
                evidence: found,
            } = match look(left).await {
                Ok(one) => one,
                Err(why) => return Ended::Lost(why),
            };
            if !ok && (evidence.is_none() || !tries.is_soaking()) {
                evidence = Some(found);
            }
            let elapsed = began.elapsed();
            let pause = match tries.after(ok, &seen, elapsed, cadence) {
                AfterAttempt::Held => {
                    if !tries.is_soaking() {
                        evidence = None;
                    }
                    break (true, tries.held(seen, cadence));
                }
                AfterAttempt::Failed => break (false, tries.failed(ok, &seen, elapsed, cadence)),
                AfterAttempt::Soak(pause) => {
                    evidence = None;
                    turn.set(Step::Holds);
                    drop(waiting);
                    let what = format!("{what} to go on holding");
                    waiting = WaitGuard::begin(self.journal, &what, cadence.soak, "it has passed");
                    pause
                }
                AfterAttempt::Again(pause) => {
                    self.journal.emit(Event::CheckTried {
                        stage: place.stage.to_owned(),
                        app: place.app.name.clone(),
                        check: name.to_owned(),
                        attempt: tries.count,
                        seen,
                    });
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        };
        drop(waiting);
        Ended::Outcome(Outcome {
            ok,
            attempts: tries.count,
            seen,
            took: began.elapsed(),
            evidence: evidence.flatten(),
        })
    }
}
