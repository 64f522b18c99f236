//! `approval: prompt`: the person at the terminal sees what would change in a stage and decides whether it may.

use std::{fmt::Write as _, time::Duration};

use futures_util::future::LocalBoxFuture;
use jiff::Timestamp;
use tokio::time::timeout;

use super::{
    Run,
    plan::{Plan, StagePlan, live_text},
    promote::SourceRelease,
    release::Place,
};
use crate::{
    config::{
        Config,
        approval::{Approval, THE_PERSON},
    },
    exit::Exit,
    failure::Failure,
    journal::event::Event,
    units,
};

/// The most apps that are shown; the others are counted.
const SHOWN: usize = 10;

/// The person at the terminal.
pub trait Person {
    /// Asks, and gives whether the answer is a clear yes.
    fn says_yes<'q>(&'q self, question: &'q str) -> LocalBoxFuture<'q, bool>;

    /// Who it is, as far as the system knows.
    fn name(&self) -> Option<&str>;
}

/// What is asked.
fn question(
    stage: &StagePlan,
    source: Option<&SourceRelease>,
    apps: &[Place<'_>],
    until: Timestamp,
) -> String {
    let count = units::count(apps.len() as u64, "app", "apps");
    let mut text = match source {
        Some(SourceRelease { app, release }) => format!(
            "{} gets what {} runs ({}): {count}\n",
            stage.stage, app.name, release.at
        ),
        None => format!("{} gets the workspace: {count}\n", stage.stage),
    };
    for place in apps.iter().take(SHOWN) {
        let plan = &stage.apps[place.app_at];
        let now = live_text(plan.live.as_ref());
        // Writing to a string can't fail.
        let _ = writeln!(text, "  {}  {}; now {now}", plan.app.name, plan.action);
    }
    if apps.len() > SHOWN {
        let _ = writeln!(text, "  and {} more", apps.len() - SHOWN);
    }
    let clock = units::clock(until);
    text + &format!(
        "change {}? no answer by {clock} (UTC) means no [y/N] ",
        stage.stage
    )
}

/// The first stage that would be changed and that a person must approve.
pub fn first_with_prompt<'p>(plan: &'p Plan, config: &Config) -> Option<&'p StagePlan> {
    plan.stages.iter().find(|stage| {
        let approval = &config.stages[stage.index].approval;
        matches!(approval, Some(Approval::Prompt { .. }))
            && stage.apps.iter().any(|app| !app.already_live)
    })
}

impl Run<'_> {
    /// Refuses a run that would have to ask a person and has none, before anything is changed.
    pub(super) fn can_be_asked(&self, plan: &Plan) -> Result<(), Failure> {
        match first_with_prompt(plan, self.config).filter(|_| self.person.is_none()) {
            None => Ok(()),
            Some(StagePlan { stage, .. }) => Err(Failure::new(
                Exit::Refused,
                format!("{stage} has `approval: prompt`, and there is no terminal to ask on"),
            )
            .state("nothing was changed on the platform")
            .next(format!(
                "use `approval: {{http: …}}`; or leave `approval` out and let the CI system approve between two jobs, \
                 `launchway deploy --to` the stage before and `launchway promote --to {stage}`"
            ))),
        }
    }

    /// Asks the person at the terminal. The failure says why the stage is not changed.
    pub(super) async fn approved_here(
        &self,
        stage: &StagePlan,
        source: Option<&SourceRelease>,
        apps: &[Place<'_>],
        within: Duration,
    ) -> Result<(), Failure> {
        let refused = |what: String| Failure::new(Exit::Refused, what);
        let Some(person) = self.person else {
            return Err(refused("there is no terminal to ask on".to_owned()));
        };
        let now = Timestamp::now();
        let until = now.checked_add(within).unwrap_or(now);
        let question = question(stage, source, apps, until);
        self.journal.emit(Event::ApprovalAsked {
            stage: stage.stage.clone(),
            who: THE_PERSON.to_owned(),
        });
        let Ok(approved) = timeout(within, person.says_yes(&question)).await else {
            let within = units::whole(within);
            return Err(refused(format!(
                "nobody answered at the terminal within {within}"
            )));
        };
        self.journal.emit(Event::ApprovalDecided {
            stage: stage.stage.clone(),
            approved,
            by: person.name().map(str::to_owned),
            reason: None,
        });
        if approved {
            return Ok(());
        }
        Err(refused("it was not approved at the terminal".to_owned()))
    }
}
