//! Checks right before a stage is changed whether it may be, and reports every requirement. Also what `plan` says of
//! them.

use super::judge::{Moment, declared, judge, lacking_addons, window};
use crate::{
    config::{Config, Require, approval::Approval},
    exit::Exit,
    failure::Failure,
    journal::{
        AppFact,
        event::{Event, Strategy},
        record::{RequirementRecord, RequirementResult},
    },
    model::AppKey,
    platform::types::App,
    run::{
        Run,
        deploy::Planned,
        latest::Latest,
        ours::Ours,
        plan::StagePlan,
        promote::SourceRelease,
        release::{LiveState, Place, superseded},
        statuses::CheckSummary,
    },
    units::whole,
};

/// What `plan` says of requirements that were not checked.
const NOT_ASKED: &str = "the platform was not contacted";

impl Run<'_> {
    /// Checks what a stage requires, right before these apps of it are changed: unless all of it holds, none is.
    /// `source` is what they are to get.
    pub(in crate::run) async fn admit(
        &self,
        stage: &StagePlan,
        source: Option<&SourceRelease>,
        apps: &[Place<'_>],
        planned: &Planned,
    ) -> Result<(), Failure> {
        let config = &self.config.stages[stage.index];
        let require = &config.require;
        if declared(require).is_empty()
            && require.status_checks.is_empty()
            && config.approval.is_none()
        {
            return Ok(());
        }
        let targets: Vec<&App> = apps.iter().map(|place| place.app).collect();
        let from = source.map(|source| &source.app);
        let looked = self.look(require, from, &targets, true).await?;
        let mut rows = judge(require, &looked, self.moment());
        let promoted = source.filter(|_| stage.how == Strategy::Promote);
        let standing = match promoted {
            Some(source) => self.checks_now(require, source).await?,
            None => None,
        };
        rows.extend(standing.as_ref().map(status_checks));
        for warning in lacking_addons(&looked) {
            self.journal.warn(warning);
        }
        self.report_requirements(stage, &rows);
        let refused = refuse(&rows).map(|failure| self.untouched(failure, stage, source));
        refused.map_or(Ok(()), Err)?;
        if let (Some(source), Some(CheckSummary::Waiting(_))) = (promoted, &standing) {
            self.required_checks(stage, require, source).await?;
            self.report_requirements(stage, &[status_checks(&CheckSummary::Green)]);
            self.look_again(stage, require, Some(source), planned)
                .await?;
        }
        if let Some(approval) = &config.approval {
            let approved = match approval {
                Approval::Http(polled) => self.approved(&stage.stage, polled).await,
                Approval::Prompt { within } => {
                    self.approved_here(stage, source, apps, *within).await
                }
            };
            approved.map_err(|failure| self.untouched(failure, stage, source))?;
            self.look_again(stage, require, source, planned).await?;
        }
        Ok(())
    }

    /// Checks again, after a wait, what may have changed meanwhile.
    pub(in crate::run) async fn look_again(
        &self,
        stage: &StagePlan,
        require: &Require,
        source: Option<&SourceRelease>,
        planned: &Planned,
    ) -> Result<(), Failure> {
        if let Some(source) = source {
            self.no_drift(stage, source, planned).await?;
        }
        // As late as it can be: an outage may have held up the look at the source.
        let Some(row) = window(&require.windows, self.moment()) else {
            return Ok(());
        };
        let rows = [row];
        self.report_requirements(stage, &rows);
        let refused = refuse(&rows).map(|failure| self.untouched(failure, stage, source));
        refused.map_or(Ok(()), Err)
    }

    /// Refuses if the source app no longer runs the code that is to be promoted. A release that was requested by name
    /// need not be live.
    pub(in crate::run) async fn no_drift(
        &self,
        stage: &StagePlan,
        source: &SourceRelease,
        planned: &Planned,
    ) -> Result<(), Failure> {
        let before = stage.index.saturating_sub(1);
        let known = planned
            .facts
            .stages
            .get(before)
            .and_then(|apps| apps.first()?.live.as_ref());
        let ran = planned.content.is_some()
            || known.is_some_and(|live| live.release.runs_what(&source.release));
        if !ran {
            return Ok(());
        }
        let ours = Ours::new(planned);
        let now = self
            .runs_now(&source.app, &source.release, &Latest::default(), &ours)
            .await?;
        let LiveState::OtherCode(live) = now else {
            return Ok(());
        };
        let key = AppKey::new(&self.config.stages[before].name, &source.app.name);
        self.journal
            .record_app(key, AppFact::Superseded(live.record()));
        let failure = superseded(&source.app, &source.release, &live);
        let now = format!(
            "nothing was changed in {}; {} runs {}",
            stage.stage, source.app.name, live.at
        );
        Err(failure.state(now))
    }

    fn moment(&self) -> Moment {
        Moment {
            now: self.platform.services().api.now(),
            ignore_window: self.ignore_window,
        }
    }

    fn report_requirements(&self, stage: &StagePlan, rows: &[RequirementRecord]) {
        for row in rows {
            self.journal.emit(Event::RequirementChecked {
                stage: stage.stage.clone(),
                requirement: row.requirement.clone(),
                result: row.result,
                seen: row.seen.clone(),
                problems: row.problems.clone(),
            });
        }
    }

    /// Adds to a refusal what was not changed, and what was.
    fn untouched(
        &self,
        failure: Failure,
        stage: &StagePlan,
        source: Option<&SourceRelease>,
    ) -> Failure {
        let what = format!("{}: {}", stage.stage, failure.what);
        let failure = Failure { what, ..failure };
        match source.filter(|_| self.journal.changed()) {
            Some(SourceRelease { app, release }) => failure
                .state(format!(
                    "nothing was changed in {}; {} runs {}",
                    stage.stage, app.name, release.at
                ))
                .next(format!(
                    "once what is required holds, `launchway promote --to {}` goes on from there",
                    stage.stage
                )),
            None => failure
                .state("nothing was changed on the platform")
                .next("once what is required holds, run the same command again"),
        }
    }

    /// Checks what the stages of a plan require, if they would be changed.
    pub(in crate::run) async fn preview_requirements(
        &self,
        planned: &mut Planned,
    ) -> Result<(), Failure> {
        let moment = self.moment();
        for stage in &mut planned.plan.stages {
            let require = &self.config.stages[stage.index].require;
            let changed: Vec<&App> = stage
                .apps
                .iter()
                .filter(|app| !app.already_live)
                .map(|app| &app.app)
                .collect();
            if changed.is_empty() {
                continue;
            }
            let before = stage
                .index
                .checked_sub(1)
                .and_then(|before| planned.facts.stages.get(before));
            let source = before.and_then(|apps| apps.first()).map(|facts| &facts.app);
            let looked = self.look(require, source, &changed, false).await?;
            stage.requirements = judge(require, &looked, moment);
            stage
                .requirements
                .extend(to_approve(self.config, stage.index));
            planned.plan.notes.extend(lacking_addons(&looked));
        }
        Ok(())
    }
}

/// What a stage requires, without asking the platform.
pub(in crate::run) fn not_asked(config: &Config, index: usize) -> Vec<RequirementRecord> {
    let keys = declared(&config.stages[index].require).into_iter();
    keys.map(|key| RequirementRecord {
        requirement: key.to_owned(),
        result: RequirementResult::Pending,
        seen: NOT_ASKED.to_owned(),
        problems: Vec::new(),
    })
    .chain(to_approve(config, index))
    .collect()
}

/// The approval that a stage needs, as `plan` shows it.
fn to_approve(config: &Config, index: usize) -> Option<RequirementRecord> {
    let approval = config.stages[index].approval.as_ref()?;
    let (who, within) = (approval.asked(), whole(approval.within()));
    Some(RequirementRecord {
        requirement: "approval".to_owned(),
        result: RequirementResult::Pending,
        seen: format!("{who} is asked for at most {within}"),
        problems: Vec::new(),
    })
}

fn status_checks(standing: &CheckSummary) -> RequirementRecord {
    let (result, seen, problems) = match standing {
        CheckSummary::Green => (
            RequirementResult::Met,
            "all are green".to_owned(),
            Vec::new(),
        ),
        CheckSummary::Waiting(why) => (RequirementResult::Pending, why.clone(), Vec::new()),
        CheckSummary::Red(red) => (
            RequirementResult::Unmet,
            "not all are green".to_owned(),
            red.clone(),
        ),
    };
    RequirementRecord {
        requirement: "status_checks".to_owned(),
        result,
        seen,
        problems,
    }
}

/// The refusal, if anything does not hold.
fn refuse(rows: &[RequirementRecord]) -> Option<Failure> {
    let unmet: Vec<&RequirementRecord> = rows
        .iter()
        .filter(|row| row.result == RequirementResult::Unmet)
        .collect();
    let what = match unmet.as_slice() {
        [] => return None,
        [one] => format!("`{}` does not hold: {}", one.requirement, one.seen),
        several => format!(
            "{} of {} requirements do not hold",
            several.len(),
            rows.len()
        ),
    };
    let alone = unmet.len() == 1;
    let lines = unmet.iter().flat_map(move |row| {
        let head = (!alone).then(|| format!("`{}`: {}", row.requirement, row.seen));
        let indent = if alone { "" } else { "  " };
        let problems = row
            .problems
            .iter()
            .map(move |problem| format!("{indent}{problem}"));
        head.into_iter().chain(problems)
    });
    Some(Failure::new(Exit::Refused, what).detail(lines))
}
