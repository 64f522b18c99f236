//! Runs the checks of a stage side by side, across apps and within each; `board` says which may run.

mod answer;
mod board;
mod code;
mod command;
mod dynos;
mod evidence;
mod http;
mod overlap;
mod polling;
mod request;
mod tries;
mod verdict;

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Mutex, watch};

pub(super) use code::Code;

use self::{
    board::{Board, Step},
    overlap::Overlap,
};
use super::{Run, plan::check_names, release::Place};
use crate::{
    config::Check,
    failure::Failure,
    journal::{AppFact, Evidence, event::Event},
    platform::types::Release,
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
    /// The most telling answer of a failed check, or that of the first bad try that a soak tolerated.
    evidence: Option<Evidence>,
}

impl Outcome {
    /// The outcome of a check that could not be tried.
    fn never_tried(seen: String) -> Self {
        Self {
            ok: false,
            attempts: 0,
            seen,
            took: Duration::ZERO,
            evidence: None,
        }
    }
}

/// What came of a check on one app.
enum Ended {
    Outcome(Outcome),
    /// The platform could not be asked: nothing is known.
    Lost(Box<Failure>),
    /// It was cancelled at this step because another check had failed.
    Unfinished(Step),
}

/// A check's place among those of its stage.
#[derive(Clone, Copy)]
struct Turn<'a> {
    board: &'a watch::Sender<Board>,
    app: usize,
    check: usize,
}

impl Turn<'_> {
    /// Says how the check stands.
    fn set(self, step: Step) {
        self.board
            .send_modify(|board| board.set(self.app, self.check, step));
    }

    /// How it stands.
    fn step(self) -> Step {
        self.board.borrow().step(self.app, self.check)
    }

    /// Waits until the check may begin.
    async fn begins(self) {
        self.wait(|board| board.may_begin(self.app, self.check))
            .await;
    }

    /// Waits until the check is cancelled because another one failed.
    async fn ends(self) {
        self.wait(|board| board.must_end(self.app, self.check))
            .await;
    }

    async fn wait(self, is_so: impl FnMut(&Board) -> bool) {
        let mut board = self.board.subscribe();
        if board.wait_for(is_so).await.is_err() {
            // Nobody changes it any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Run<'_> {
    /// Runs the checks of a stage on its apps.
    pub(super) async fn verify(
        &self,
        checks: &[Check],
        subjects: &[Subject<'_>],
    ) -> Result<(), Failure> {
        let old = self.old_code(checks, subjects).await;
        let names = check_names(checks);
        let commands = checks.iter().map(|check| matches!(check, Check::Run(_)));
        let board = watch::Sender::new(Board::new(commands.collect(), subjects.len()));
        // Commands share a directory, so they run one after the other.
        let directory = Mutex::new(());
        let apps = subjects.iter().zip(&old).enumerate();
        let apps = apps.map(async |(app, (subject, old))| {
            let all = checks.iter().zip(&names).enumerate();
            let all = all.map(|(at, (check, name))| {
                let turn = Turn {
                    board: &board,
                    app,
                    check: at,
                };
                self.check(name, check, *subject, old.as_ref(), turn, &directory)
            });
            let ended = join_all(all).await;
            let passed = |one: &Ended| matches!(one, Ended::Outcome(outcome) if outcome.ok);
            if ended.iter().all(passed) {
                self.journal
                    .record_app(subject.place.key(), AppFact::Verified);
            }
            ended
        });
        let ended = join_all(apps).await;
        verdict::verdict(&names, subjects, &ended, self.journal.changed())
    }

    /// Runs a check on one app when its turn comes, and reports and records the outcome at once.
    async fn check(
        &self,
        name: &str,
        check: &Check,
        subject: Subject<'_>,
        old: Option<&Overlap>,
        turn: Turn<'_>,
        directory: &Mutex<()>,
    ) -> Ended {
        let place = subject.place;
        let work = async {
            turn.begins().await;
            let _alone = match check {
                Check::Run(_) => Some(directory.lock().await),
                Check::Http(_) | Check::Dynos(_) => None,
            };
            self.journal.emit(Event::CheckStarted {
                stage: place.stage.to_owned(),
                app: place.app.name.clone(),
                check: name.to_owned(),
            });
            match check {
                Check::Http(http) => self.http_check(name, http, subject, old, turn).await,
                Check::Dynos(cadence) => self.dynos_check(name, cadence, subject, turn).await,
                Check::Run(command) => {
                    turn.set(Step::Trying);
                    Ended::Outcome(self.run_check(name, command, subject).await)
                }
            }
        };
        let ended = tokio::select! {
            biased;
            ended = work => ended,
            () = turn.ends() => Ended::Unfinished(turn.step()),
        };
        let outcome = match ended {
            Ended::Outcome(outcome) => outcome,
            Ended::Lost(why) => {
                turn.set(Step::Failed);
                return Ended::Lost(why);
            }
            Ended::Unfinished(step) => return Ended::Unfinished(step),
        };
        turn.set(if outcome.ok {
            Step::Passed
        } else {
            Step::Failed
        });
        self.journal.emit(Event::CheckFinished {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            check: name.to_owned(),
            at: turn.check,
            ok: outcome.ok,
            attempts: outcome.attempts,
            seen: outcome.seen.clone(),
            took: outcome.took,
            evidence: outcome.evidence.clone(),
        });
        Ended::Outcome(outcome)
    }
}
