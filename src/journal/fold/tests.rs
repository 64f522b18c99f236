use std::time::Duration;

use super::*;
use crate::journal::record::StageRecord;
use crate::{
    journal::{Journal, event::Strategy},
    model::{BuildStatus, ReleaseRef},
};

const APP: &str = "acme-eu";
const STAGE: &str = "production";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(seconds).unwrap()
}

fn key() -> AppKey {
    AppKey::new(STAGE, APP)
}

fn planned() -> Record {
    let mut record = Record::begun("deploy", at(0));
    let app = |name: &str| AppRecord {
        app: name.to_owned(),
        ..AppRecord::default()
    };
    let stages = vec![StageRecord {
        stage: STAGE.to_owned(),
        how: Strategy::Promote,
        promotion: None,
        waves: Vec::new(),
        max_parallel: None,
        requirements: Vec::new(),
        approval: None,
        apps: vec![app(APP), app("acme-us")],
    }];
    let pipeline = None;
    fact(&mut record, Fact::Planned { pipeline, stages }, at(0));
    record
}

fn release(status: &str) -> ReleaseRecord {
    let at = ReleaseRef {
        id: "r8".to_owned(),
        version: 8,
    };
    ReleaseRecord::new(&at, &status.into())
}

fn finished(status: &str) -> Event {
    Event::ReleaseFinished {
        stage: STAGE.to_owned(),
        app: APP.to_owned(),
        release: ReleaseRef {
            id: "r8".to_owned(),
            version: 8,
        },
        status: status.into(),
        took: Duration::from_secs(1),
    }
}

fn checked(ok: bool) -> Event {
    Event::CheckFinished {
        stage: STAGE.to_owned(),
        app: APP.to_owned(),
        check: "GET /".to_owned(),
        at: 0,
        ok,
        attempts: 2,
        seen: "503".to_owned(),
        took: Duration::from_secs(1),
        evidence: None,
    }
}

fn promoted() -> Event {
    Event::PromotionStarted {
        stage: STAGE.to_owned(),
        promotion: "p1".to_owned(),
        from: "acme-staging".to_owned(),
        release: ReleaseRef {
            id: "r7".to_owned(),
            version: 7,
        },
        targets: vec![APP.to_owned()],
    }
}

/// What a run that ends behind these events says of the app.
#[test]
fn how_an_app_ends() {
    use AppOutcome::{Failed, NotStarted, Succeeded, Unknown, Unverified};
    enum Step {
        E(Event),
        F(AppFact),
    }
    use Step::{E, F};
    let unverified = || AppFact::Ended(Unverified, None);
    for (steps, expected) in [
        (vec![], NotStarted),
        (vec![E(promoted())], Unknown),
        (vec![E(promoted()), E(finished("failed"))], Unknown),
        (vec![E(promoted()), E(finished("succeeded"))], Unverified),
        (vec![E(promoted()), E(finished("a new word"))], Unknown),
        (
            vec![E(promoted()), F(unverified()), E(checked(true))],
            Unverified,
        ),
        (
            vec![E(promoted()), F(unverified()), E(checked(false))],
            Failed,
        ),
        (
            vec![E(promoted()), F(unverified()), F(AppFact::Verified)],
            Succeeded,
        ),
        (
            vec![
                E(promoted()),
                F(unverified()),
                E(checked(false)),
                F(AppFact::Verified),
            ],
            Failed,
        ),
        (
            vec![F(AppFact::AlreadyLive(release("succeeded")))],
            AppOutcome::AlreadyLive,
        ),
    ] {
        let mut record = planned();
        for (second, step) in (1..).zip(steps) {
            match step {
                E(of) => event(&mut record, &of, at(second)),
                F(of) => fact(&mut record, Fact::App(key(), of), at(second)),
            }
        }
        close(&mut record, Ok(Exit::Ok), &[], at(60));
        let app = record.app(&key()).unwrap();
        assert_eq!(app.outcome, expected, "{app:?}");
        assert_eq!(record.stages[0].apps[1].outcome, NotStarted);
    }
}

#[test]
fn what_a_request_may_have_changed_is_unknown() {
    let mut record = planned();
    close(&mut record, Ok(Exit::Ok), &[key()], at(1));
    assert_eq!(record.app(&key()).unwrap().outcome, AppOutcome::Unknown);
}

#[test]
fn a_promotion_begins_its_targets_and_a_verdict_ends_them() {
    let mut record = planned();
    event(&mut record, &promoted(), at(5));
    assert_eq!(record.stages[0].promotion.as_deref(), Some("p1"));
    let ended = AppFact::Ended(AppOutcome::Failed, Some("no".to_owned()));
    fact(&mut record, Fact::App(key(), ended), at(7));
    let app = record.app(&key()).unwrap();
    assert_eq!(app.started_at.as_deref(), Some("1970-01-01T00:00:05.000Z"));
    assert_eq!((app.seconds, app.error.as_deref()), (Some(2.0), Some("no")));
}

#[test]
fn a_release_at_its_end_takes_no_word_of_its_target() {
    let pending = AppFact::Target("r8".to_owned(), "pending".into());
    for (status, expected) in [("waiting", "pending"), ("failed", "failed")] {
        let mut record = planned();
        event(&mut record, &finished(status), at(1));
        fact(&mut record, Fact::App(key(), pending.clone()), at(2));
        let release = record.app(&key()).unwrap().release.as_ref().unwrap();
        assert_eq!(release.status.word(), expected);
    }
}

#[test]
fn what_changes_the_platform_is_remembered() {
    let journal = Journal::new("deploy", Vec::new());
    journal.note("nothing");
    journal.emit(checked(true));
    assert!(!journal.changed());
    journal.emit(Event::BuildStarted {
        stage: STAGE.to_owned(),
        app: APP.to_owned(),
        build: "b".to_owned(),
        status: BuildStatus::Pending,
    });
    assert!(journal.changed());
}
