//! What a person reads after a rollback: the verdict, and app by app how it stands and what to do.

use super::decide::Affected;
use crate::{
    exit::Exit,
    failure::Failure,
    journal::record::{AppRecord, ReleaseRecord, RollbackOutcome, RollbackRecord},
    units::{count, list},
};

/// An app of a failed stage, and what the failure means for it.
pub(super) struct App {
    pub(super) affected: Affected,
    /// As it is after the rollback.
    pub(super) record: AppRecord,
}

impl App {
    fn rollback(&self) -> Option<&RollbackRecord> {
        self.record.rollback.as_ref()
    }

    /// Whether it is certain that it does not run what failed.
    fn is_well(&self) -> bool {
        match (&self.affected, self.rollback()) {
            (_, Some(rollback)) => rollback.outcome == RollbackOutcome::Succeeded,
            (Affected::No | Affected::Keeps | Affected::NotOurs { failed: false }, None) => true,
            _ => false,
        }
    }
}

/// The failure of a stage, completed by what came of rolling its apps back.
pub(super) fn verdict(stage: &str, failure: Failure, apps: &[App]) -> Failure {
    let name = |app: &&App| app.record.app.clone();
    let bad: Vec<String> = apps
        .iter()
        .filter(|app| !app.is_well())
        .map(|app| name(&app))
        .collect();
    let back: Vec<String> = apps
        .iter()
        .filter(|app| app.is_well() && app.rollback().is_some())
        .map(|app| name(&app))
        .collect();
    let lines = apps.iter().flat_map(|app| about(stage, app));
    if bad.is_empty() {
        let what = format!(
            "{}; {} went back to what ran before",
            failure.what,
            list(&back)
        );
        let verb = if back.len() == 1 { "runs" } else { "run" };
        return Failure::new(Exit::RolledBack, what)
            .detail(failure.detail)
            .detail(lines)
            .state(format!(
                "{} {verb} in {stage} what ran there before this run, verified again",
                list(&back)
            ))
            .next("nothing is urgent: find out why it failed, then deploy again");
    }
    let concerned = apps.iter().filter(|app| app.affected != Affected::No);
    let what = format!(
        "{}; going back failed for {} of {}: {}",
        failure.what,
        bad.len(),
        count(concerned.count() as u64, "app", "apps"),
        list(&bad)
    );
    Failure::new(Exit::RollbackFailed, what)
        .detail(failure.detail)
        .detail(lines)
        .state(state(stage, apps))
        .next("see to each app that is not back: what to do is beside it above")
}

/// What a stage runs of which an app is not back, or not verified.
fn state(stage: &str, apps: &[App]) -> String {
    let with = |outcomes: &[RollbackOutcome]| -> Vec<String> {
        let wanted = |app: &&App| {
            app.rollback()
                .is_some_and(|r| outcomes.contains(&r.outcome))
        };
        let names = apps.iter().filter(wanted);
        names.map(|app| app.record.app.clone()).collect()
    };
    let unverified = with(&[RollbackOutcome::Unverified]);
    let back = with(&[RollbackOutcome::Succeeded, RollbackOutcome::Unverified]);
    if back.is_empty() {
        return format!("no app of {stage} is known to be back: each is above");
    }
    if apps.iter().filter(|app| !app.is_well()).count() > unverified.len() {
        return format!("{stage} is between two versions: each app is above");
    }
    format!(
        "{} {} in {stage} what ran there before this run; not verified: {}",
        list(&back),
        if back.len() == 1 { "runs" } else { "run" },
        list(&unverified)
    )
}

/// The lines about an app of a failed stage: its state, and what to do.
fn about(stage: &str, app: &App) -> Vec<String> {
    let name = &app.record.app;
    let ours = version(app.record.release.as_ref());
    let Some(rollback) = app.rollback() else {
        return match &app.affected {
            Affected::No => Vec::new(),
            Affected::Keeps => vec![format!("{name}: keeps {ours}: nothing failed there")],
            Affected::NotOurs { failed: false } => {
                vec![format!("{name}: keeps {ours}: this run did not release it")]
            }
            Affected::NotOurs { failed: true } => vec![
                format!(
                    "{name}: still runs {ours}: it was there before this run, which so does not send it back"
                ),
                format!("  do: {} --app {name}`, or deploy a fix", command(stage)),
            ],
            _ => vec![
                format!("{name}: not known what it runs, so nothing was done to it"),
                format!("  do: look at the releases of {name} on the platform"),
            ],
        };
    };
    rolled_back(stage, &app.record, rollback)
}

/// The lines about an app that was rolled back: its state, and what to do.
pub(super) fn rolled_back(stage: &str, app: &AppRecord, rollback: &RollbackRecord) -> Vec<String> {
    let name = &app.app;
    let ours = version(app.release.as_ref().or(app.replaced.as_ref()));
    let to = version(rollback.to.as_ref());
    let at = version(rollback.release.as_ref());
    let why = rollback.error.as_deref().unwrap_or("no reason is known");
    let again = format!("{} --app {name} --to-release {to}`", command(stage));
    let (stands, todo) = match rollback.outcome {
        RollbackOutcome::Succeeded => {
            return vec![format!("{name}: back on {to} (as {at}), verified")];
        }
        RollbackOutcome::Unverified => (
            format!("back on {to} (as {at}), but {why}"),
            format!(
                "look at {name} itself: {to} ran there before, so its data, its config or what it depends on may have changed"
            ),
        ),
        RollbackOutcome::Failed => (
            format!("still runs {ours}: {why}"),
            format!("once that is fixed, {again}, or deploy a fix"),
        ),
        RollbackOutcome::LeftAlone => (
            format!("left alone: {why}"),
            "ask who released it whether it is to stay".to_owned(),
        ),
        RollbackOutcome::Impossible => (
            format!("still runs {ours}: {why}"),
            "deploy a fix: there is nothing to go back to".to_owned(),
        ),
        RollbackOutcome::InProgress | RollbackOutcome::NotStarted | RollbackOutcome::Unknown => (
            format!("not known whether it is back on {to}: {why}"),
            format!(
                "look at the releases of {name} on the platform; if it still runs {ours}, {again}"
            ),
        ),
    };
    vec![format!("{name}: {stands}"), format!("  do: {todo}")]
}

fn version(release: Option<&ReleaseRecord>) -> String {
    release.map_or_else(
        || "what it ran".to_owned(),
        |release| format!("v{}", release.version),
    )
}

fn command(stage: &str) -> String {
    format!("`launchway rollback --stage {stage}")
}
