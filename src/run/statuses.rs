//! Status checks on releases: waiting for those of others, and reporting the run's own.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, watch};

use super::{
    Run,
    plan::StagePlan,
    promote::SourceRelease,
    verify::Subject,
    wait::{NoVerdict, Poll},
};
use crate::{
    config::Require,
    exit::Exit,
    failure::Failure,
    journal::WaitGuard,
    platform::types::{CheckState, StatusCheck, StatusReport},
};

/// How long required status checks are waited for.
const CHECKS_DEADLINE: Duration = Duration::from_mins(30);

/// How required status checks stand, taken together.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CheckSummary {
    /// All are green.
    Green,
    /// None is red, and these are not green yet.
    Waiting(String),
    /// These are red.
    Red(Vec<String>),
}

fn standing(required: &[String], checks: &[StatusCheck]) -> CheckSummary {
    let (mut waiting, mut red) = (Vec::new(), Vec::new());
    for context in required {
        match checks.iter().find(|check| check.context == *context) {
            None => waiting.push(format!("{context} is not reported yet")),
            Some(check) => match &check.state {
                CheckState::Success => {}
                CheckState::Failure | CheckState::Error => {
                    let why = check.description.as_ref();
                    let why = why.map_or_else(String::new, |why| format!(": {why}"));
                    red.push(format!("{context} is `{}`{why}", check.state.word()));
                }
                state => waiting.push(format!("{context} is `{}`", state.word())),
            },
        }
    }
    match (red.is_empty(), waiting.is_empty()) {
        (false, _) => CheckSummary::Red(red),
        (true, false) => CheckSummary::Waiting(waiting.join(", ")),
        (true, true) => CheckSummary::Green,
    }
}

impl Run<'_> {
    /// How the status checks that `deploy.yaml` requires stand on the release to promote; `None` if it requires none.
    pub(super) async fn checks_now(
        &self,
        require: &Require,
        source: &SourceRelease,
    ) -> Result<Option<CheckSummary>, Failure> {
        let required = &require.status_checks;
        if required.is_empty() {
            return Ok(None);
        }
        let SourceRelease { app, release } = source;
        let checks = self
            .platform
            .status_checks(app, &release.at.id, self.retry_budget());
        let checks = checks.await.map_err(|e| {
            let doing = format!(
                "reading the status checks on {} of {}",
                release.at, app.name
            );
            self.cannot_read(&doing, &e)
        })?;
        Ok(Some(standing(required, &checks)))
    }

    /// Waits until the status checks that `deploy.yaml` requires are green on the release to promote.
    pub(super) async fn required_checks(
        &self,
        stage: &StagePlan,
        require: &Require,
        source: &SourceRelease,
    ) -> Result<(), Failure> {
        let required = &require.status_checks;
        if required.is_empty() {
            return Ok(());
        }
        let (app, release) = (&source.app, &source.release.at);
        let what = format!("the status checks on {release} of {}", app.name);
        let limit = self.pacing().of(CHECKS_DEADLINE);
        let look = async |budget: Duration| {
            let checks = self
                .platform
                .status_checks(app, &release.id, budget)
                .await?;
            Ok(match standing(required, &checks) {
                CheckSummary::Waiting(word) => Poll::Pending { word, output: None },
                ended => Poll::Done(ended),
            })
        };
        let (no_output, nobody) = (watch::channel(None).0, Notify::new());
        let refused = |what: String| {
            Failure::new(Exit::Refused, what)
                .state(format!("nothing was changed in {}", stage.stage))
        };
        let verdict = match look(self.retry_budget()).await {
            Err(error) => Err(NoVerdict::Lost(error)),
            Ok(Poll::Done(ended)) => Ok(ended),
            Ok(Poll::Pending { word, .. }) => {
                let then = format!("nothing is changed in {}", stage.stage);
                let waiting = WaitGuard::announce(self.journal, &what, Some(&word), limit, &then);
                self.poll(waiting, &no_output, &nobody, look).await
            }
        };
        match verdict {
            Ok(CheckSummary::Red(red)) => {
                Err(refused(format!("{what} are not all green")).detail(red))
            }
            Ok(_) => Ok(()),
            Err(NoVerdict::Deadline(word)) => {
                let limit = crate::units::whole(limit);
                Err(
                    refused(format!("{what} were not green within {limit}: {word}"))
                        .next("they were not reported green in time; run `promote` once they are"),
                )
            }
            Err(NoVerdict::Lost(error)) => {
                Err(self.cannot_read(&format!("reading {what}"), &error))
            }
        }
    }

    /// Reports the run's own status check on these releases. It is for others to see: where it can't be reported, the
    /// run says so and goes on.
    pub(super) async fn report_statuses(&self, subjects: &[Subject<'_>], state: &CheckState) {
        let Some(status) = &self.config.report_status else {
            return;
        };
        let description = match state {
            CheckState::Success => "Released and verified by launchway",
            CheckState::Failure => "Released, but not verified",
            _ => "Released; being verified",
        };
        join_all(subjects.iter().map(async |Subject { place, release, .. }| {
            let report = StatusReport {
                context: &status.context,
                name: &status.name,
                state,
                description,
            };
            let reported = self
                .platform
                .report_status(
                    place.app,
                    &release.at.id,
                    report,
                    self.pacing().budget_before(),
                )
                .await;
            if let Err(error) = reported {
                self.journal.warn(format!(
                    "the status check {} could not be reported on {} of {}: {error}",
                    status.context, release.at, place.app.name
                ));
            }
        }))
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(context: &str, state: CheckState) -> StatusCheck {
        StatusCheck {
            context: context.to_owned(),
            state,
            description: None,
        }
    }

    #[test]
    fn red_is_worse_than_missing_which_is_worse_than_green() {
        let required = ["a/smoke".to_owned(), "b/smoke".to_owned()];
        let green = check("a/smoke", CheckState::Success);
        assert_eq!(
            standing(&required, std::slice::from_ref(&green)),
            CheckSummary::Waiting("b/smoke is not reported yet".to_owned())
        );
        let red = check("b/smoke", CheckState::Error);
        assert_eq!(
            standing(&required, &[green.clone(), red]),
            CheckSummary::Red(vec!["b/smoke is `error`".to_owned()])
        );
        let odd = check("b/smoke", CheckState::Other("odd".to_owned()));
        assert!(matches!(
            standing(&required, &[green.clone(), odd]),
            CheckSummary::Waiting(_)
        ));
        let other = check("b/smoke", CheckState::Success);
        assert_eq!(standing(&required, &[other, green]), CheckSummary::Green);
    }
}
