//! What each app runs now, derived from the run record: the first question at three in the morning.

use super::sanitize::text;
use crate::journal::record::{
    AppOutcome, AppRecord, Record, ReleaseRecord, RollbackOutcome, RollbackRecord,
};
use crate::model::ReleaseStatus;

/// An app and what it runs now, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The app.
    pub app: String,
    /// What it runs: `v8 (new)`, `v7, as before`.
    pub what: String,
    /// Whether it is known for certain.
    pub certain: bool,
}

/// What every app of the requested stages runs now; empty if this run learnt nothing about any of them.
pub fn running(record: &Record) -> Vec<Running> {
    let apps = || record.stages.iter().flat_map(|s| &s.apps);
    let nothing_known = apps().all(|a| {
        a.outcome == AppOutcome::NotStarted && a.replaced.is_none() && a.release.is_none()
    });
    if nothing_known {
        return Vec::new();
    }
    apps().map(of_app).collect()
}

/// What an app runs now.
pub(super) fn of_app(app: &AppRecord) -> Running {
    let (what, certain) = in_words(app);
    Running {
        app: text(&app.app),
        what,
        certain,
    }
}

fn in_words(app: &AppRecord) -> (String, bool) {
    let before = app.replaced.as_ref().map(|r| format!("v{}", r.version));
    let as_before = |why: &str| match &before {
        Some(v) => format!("{v}, as before{why}"),
        None => format!("nothing, as before{why}"),
    };
    let release = app.release.as_ref();
    if let Some(other) = &app.superseded_by {
        return (format!("v{}, by somebody else", other.version), true);
    }
    if let Some(rollback) = &app.rollback {
        return rolled_back(app, rollback);
    }
    match (app.outcome, release.map(status)) {
        (AppOutcome::NotStarted, _) | (AppOutcome::Failed, None) => (as_before(""), true),
        (AppOutcome::AlreadyLive, _) => {
            let live = release.or(app.replaced.as_ref());
            let what = live.map_or_else(|| as_before(""), |r| format!("v{}, as before", r.version));
            (what, true)
        }
        (AppOutcome::Succeeded, _) => (new(release, ""), true),
        (_, Some(Status::Live)) if app.started_at.is_none() && before.is_none() => {
            let failed = app.checks.iter().any(|c| !c.ok);
            let checks = if failed { ", and a check failed" } else { "" };
            let version = release.map_or(0, |r| r.version);
            (format!("v{version}, as before{checks}"), true)
        }
        (_, Some(Status::Live)) => {
            let checks = if app.checks.iter().any(|c| !c.ok) {
                ", a check failed"
            } else if app.outcome == AppOutcome::Failed {
                ""
            } else {
                ", not verified"
            };
            (new(release, checks), true)
        }
        (_, Some(Status::Dead)) => {
            let why = release.map(|r| format!(" (v{} {})", r.version, text(r.status.word())));
            (as_before(&why.unwrap_or_default()), true)
        }
        (_, Some(Status::Open)) => {
            let new = release.map_or(0, |r| r.version);
            let old = before.map_or_else(|| "nothing".to_owned(), |v| format!("{v} still"));
            (
                format!("not known: v{new} if it succeeded, else {old}"),
                false,
            )
        }
        (_, None) => {
            let old = before.map(|v| format!("; it ran {v} before"));
            (format!("not known{}", old.unwrap_or_default()), false)
        }
    }
}

/// What an app runs that was being rolled back.
fn rolled_back(app: &AppRecord, rollback: &RollbackRecord) -> (String, bool) {
    let version =
        |release: &Option<ReleaseRecord>| release.as_ref().map(|r| format!("v{}", r.version));
    let new = version(&app.release)
        .or_else(|| version(&app.replaced))
        .unwrap_or_else(|| "what it ran".to_owned());
    let to = version(&rollback.to).unwrap_or_else(|| "what it ran before".to_owned());
    let at = version(&rollback.release).unwrap_or_else(|| to.clone());
    match rollback.outcome {
        RollbackOutcome::Succeeded => (format!("{at} ({to} again)"), true),
        RollbackOutcome::Unverified => {
            let failed = rollback.checks.iter().any(|check| !check.ok);
            let checks = if failed {
                "a check failed"
            } else {
                "not verified"
            };
            (format!("{at} ({to} again, {checks})"), true)
        }
        RollbackOutcome::Failed | RollbackOutcome::Impossible | RollbackOutcome::NotStarted => {
            (format!("{new}, not rolled back"), true)
        }
        RollbackOutcome::LeftAlone | RollbackOutcome::InProgress | RollbackOutcome::Unknown => (
            format!("not known: {at} if the rollback succeeded, else {new}"),
            false,
        ),
    }
}

fn new(release: Option<&ReleaseRecord>, more: &str) -> String {
    match release {
        Some(r) => format!("v{} (new{more})", r.version),
        None => format!("the new release{more}"),
    }
}

/// What a release's status says about what is live.
enum Status {
    Live,
    Dead,
    Open,
}

fn status(release: &ReleaseRecord) -> Status {
    match release.status {
        ReleaseStatus::Succeeded => Status::Live,
        ReleaseStatus::Failed | ReleaseStatus::Expired => Status::Dead,
        ReleaseStatus::Pending | ReleaseStatus::Other(_) => Status::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures::{app, check, release};

    fn words(app: &AppRecord) -> String {
        let running = of_app(app);
        format!(
            "{}{}",
            running.what,
            if running.certain { "" } else { " ?" }
        )
    }

    #[test]
    fn every_end_of_an_app_has_its_words() {
        use AppOutcome::{AlreadyLive, Failed, InProgress, NotStarted, Succeeded, Unknown};
        let new = |status| Some(release(8, status));
        for (outcome, release, checks, expected) in [
            (NotStarted, None, vec![], "v7, as before"),
            (AlreadyLive, None, vec![], "v7, as before"),
            (Succeeded, new("succeeded"), vec![], "v8 (new)"),
            (Failed, None, vec![], "v7, as before"),
            (Failed, new("failed"), vec![], "v7, as before (v8 failed)"),
            (Failed, new("expired"), vec![], "v7, as before (v8 expired)"),
            (
                Failed,
                new("succeeded"),
                vec![check(false)],
                "v8 (new, a check failed)",
            ),
            (
                InProgress,
                new("succeeded"),
                vec![],
                "v8 (new, not verified)",
            ),
            (
                InProgress,
                new("pending"),
                vec![],
                "not known: v8 if it succeeded, else v7 still ?",
            ),
            (Unknown, None, vec![], "not known; it ran v7 before ?"),
        ] {
            let record = AppRecord {
                outcome,
                release,
                checks,
                ..app("a", Some(7))
            };
            assert_eq!(words(&record), expected, "{outcome:?}");
        }
        assert_eq!(words(&app("a", None)), "nothing, as before");
        // It ran the code before this run.
        let unchanged = AppRecord {
            outcome: Failed,
            release: new("succeeded"),
            checks: vec![check(false)],
            ..app("a", None)
        };
        assert_eq!(words(&unchanged), "v8, as before, and a check failed");
        let superseded = AppRecord {
            outcome: Failed,
            release: new("succeeded"),
            superseded_by: Some(release(9, "succeeded")),
            ..app("a", Some(7))
        };
        assert_eq!(words(&superseded), "v9, by somebody else");
    }
}
