//! An app's way back to an earlier release: while it is on it, what happens to it is about that.

use jiff::Timestamp;

use super::{AppFact, end, finish};
use crate::{
    journal::record::{AppOutcome, AppRecord, RollbackOutcome, RollbackRecord},
    model::ReleaseStatus,
};

/// Takes in what is about an app's way back, and gives what is not.
pub(super) fn on_app(app: &mut AppRecord, fact: AppFact, at: Timestamp) -> Option<AppFact> {
    match fact {
        AppFact::GoesBack(to) => {
            app.rollback = Some(RollbackRecord::begun(Some(to)));
            return None;
        }
        AppFact::WentBack(outcome, why, other) => {
            let rollback = app
                .rollback
                .get_or_insert_with(|| RollbackRecord::begun(None));
            rollback.outcome = outcome;
            rollback.error = why;
            app.superseded_by = other.or(app.superseded_by.take());
            let error = app.error.take();
            end(app, outcome_of(outcome), error, at);
            return None;
        }
        _ => {}
    }
    let Some(rollback) = app.rollback.as_mut().filter(|one| one.is_open()) else {
        return Some(fact);
    };
    match fact {
        AppFact::Release(release) => rollback.release = Some(release),
        AppFact::Checked(check) => {
            let place = rollback
                .checks
                .partition_point(|other| other.at <= check.at);
            rollback.checks.insert(place, check);
        }
        AppFact::Finished => finish(app, at),
        // What the run did to the app stays as it was.
        AppFact::Began | AppFact::Verified | AppFact::Ended(..) => {}
        fact => return Some(fact),
    }
    None
}

/// What the end of its way back means for an app.
fn outcome_of(outcome: RollbackOutcome) -> AppOutcome {
    match outcome {
        RollbackOutcome::Succeeded => AppOutcome::RolledBack,
        _ => AppOutcome::RollbackFailed,
    }
}

/// Notes that the request that takes an app back was not answered. Says whether that was the one.
pub(super) fn is_unanswered(app: &mut AppRecord) -> bool {
    let open = app.rollback.as_mut().filter(|rollback| rollback.is_open());
    open.map(|rollback| rollback.outcome = RollbackOutcome::Unknown)
        .is_some()
}

/// The run is over: what was in the middle stays as far as it came.
pub(super) fn close(app: &mut AppRecord) {
    let Some(rollback) = &mut app.rollback else {
        return;
    };
    if rollback.is_open() {
        let status = rollback.release.as_ref().map(|release| &release.status);
        rollback.outcome = match status {
            None => RollbackOutcome::NotStarted,
            Some(ReleaseStatus::Succeeded) => RollbackOutcome::Unverified,
            Some(ReleaseStatus::Failed | ReleaseStatus::Expired) => RollbackOutcome::Failed,
            Some(ReleaseStatus::Pending | ReleaseStatus::Other(_)) => RollbackOutcome::Unknown,
        };
    }
    app.outcome = outcome_of(rollback.outcome);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{journal::record::ReleaseRecord, model::ReleaseRef};

    fn release(version: u64, status: &str) -> ReleaseRecord {
        let at = ReleaseRef {
            id: format!("r{version}"),
            version,
        };
        ReleaseRecord::new(&at, &ReleaseStatus::read(status))
    }

    fn failed() -> AppRecord {
        AppRecord {
            outcome: AppOutcome::Failed,
            release: Some(release(3, "succeeded")),
            replaced: Some(release(2, "succeeded")),
            error: Some("a check failed".to_owned()),
            ..AppRecord::default()
        }
    }

    #[test]
    fn while_an_app_goes_back_its_release_is_the_rollbacks() {
        let (mut app, now) = (failed(), Timestamp::UNIX_EPOCH);
        for fact in [
            AppFact::GoesBack(release(2, "succeeded")),
            AppFact::Began,
            AppFact::Release(release(4, "succeeded")),
            AppFact::Verified,
            AppFact::WentBack(RollbackOutcome::Succeeded, None, None),
        ] {
            assert_eq!(on_app(&mut app, fact, now), None);
        }
        assert_eq!(app.outcome, AppOutcome::RolledBack);
        assert_eq!(app.release, Some(release(3, "succeeded")));
        assert_eq!(app.error.as_deref(), Some("a check failed"));
        let rollback = app.rollback.clone().unwrap();
        assert_eq!(rollback.release, Some(release(4, "succeeded")));
        // What comes afterwards is not about it.
        let later = AppFact::Release(release(5, "succeeded"));
        assert_eq!(on_app(&mut app, later.clone(), now), Some(later));
    }

    #[test]
    fn a_run_that_is_cut_off_says_how_far_an_app_came() {
        use RollbackOutcome::{Failed, NotStarted, Unknown, Unverified};
        for (made, answered, expected) in [
            (None, true, NotStarted),
            (None, false, Unknown),
            (Some("pending"), true, Unknown),
            (Some("succeeded"), true, Unverified),
            (Some("failed"), true, Failed),
        ] {
            let mut app = failed();
            app.rollback = Some(RollbackRecord {
                release: made.map(|status| release(4, status)),
                ..RollbackRecord::begun(Some(release(2, "succeeded")))
            });
            assert!(answered || is_unanswered(&mut app));
            close(&mut app);
            assert_eq!(app.outcome, AppOutcome::RollbackFailed, "{made:?}");
            assert_eq!(app.rollback.unwrap().outcome, expected, "{made:?}");
        }
    }
}
