//! Which apps of a stage that failed go back, and whether they still can: pure decisions from the record and an app's newest
//! releases.

use crate::{
    journal::record::{AppOutcome, AppRecord, ReleaseRecord},
    model::ReleaseStatus,
    platform::types::Release,
    run::facts::current,
};

/// What the failure of its stage means for an app.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Affected {
    /// It runs what it ran before.
    No,
    /// It runs the new code and is to keep it: it did not fail.
    Keeps,
    /// It runs the new code, but an earlier run or another job released it, so this run does not undo it.
    NotOurs {
        /// Whether it failed.
        failed: bool,
    },
    /// What it runs is not known.
    Unknown,
    /// Somebody else released to it.
    Superseded(ReleaseRecord),
    /// It ran nothing before.
    NothingBefore,
    /// It goes back.
    GoesBack {
        /// What this run put there.
        ours: ReleaseRecord,
        /// What it ran before.
        to: ReleaseRecord,
    },
}

/// What the failure of its stage means for an app. With `only_failed` the others keep the new code.
pub(super) fn affected(app: &AppRecord, only_failed: bool) -> Affected {
    let failed = app.outcome == AppOutcome::Failed;
    match app.outcome {
        AppOutcome::Unknown | AppOutcome::InProgress => return Affected::Unknown,
        AppOutcome::NotStarted => return Affected::No,
        _ => {}
    }
    let Some(ours) = &app.release else {
        return Affected::No;
    };
    match ours.status {
        ReleaseStatus::Succeeded => {}
        ReleaseStatus::Failed | ReleaseStatus::Expired => return Affected::No,
        ReleaseStatus::Pending | ReleaseStatus::Other(_) => return Affected::Unknown,
    }
    if app.adopted {
        return Affected::NotOurs { failed };
    }
    if let Some(other) = &app.superseded_by {
        return Affected::Superseded(other.clone());
    }
    if only_failed && !failed {
        return Affected::Keeps;
    }
    match &app.replaced {
        None => Affected::NothingBefore,
        Some(to) => Affected::GoesBack {
            ours: ours.clone(),
            to: to.clone(),
        },
    }
}

/// What to do with an app that goes back.
#[derive(Clone, Debug)]
pub(super) enum Move {
    /// Release the earlier release again.
    Send {
        /// The version of its newest release.
        newest: u64,
        /// The code is the same, but not the release: a config var or an add-on made another one, and stays.
        keep_config: bool,
    },
    /// A release of the earlier code is there already, or on its way.
    Follow(Release),
    /// Somebody else released other code.
    Leave(Release),
    /// The list does not show this run's release yet.
    LookAgain,
}

/// What to do with an app that is to go from `ours` back to `to`, given its newest releases.
pub(super) fn next_move(releases: &[Release], ours: &ReleaseRecord, to: &ReleaseRecord) -> Move {
    let find = |id: &str| releases.iter().find(|release| release.at.id == id);
    let runs = |release: &Release, id: &str| {
        release.at.id == id || find(id).is_some_and(|known| release.runs_what(known))
    };
    let (Some(live), Some(newest)) = (
        current(releases),
        releases.iter().max_by_key(|release| release.at.version),
    ) else {
        return Move::LookAgain;
    };
    if newest.at.version < ours.version || live.at.version < ours.version {
        return Move::LookAgain;
    }
    let under_way = newest.status == ReleaseStatus::Pending && newest.at.id != live.at.id;
    let decides = if under_way { newest } else { live };
    if decides.at.version > ours.version && runs(decides, &to.id) {
        Move::Follow(decides.clone())
    } else if !under_way && runs(live, &ours.id) {
        Move::Send {
            newest: newest.at.version,
            keep_config: live.at.id != ours.id,
        }
    } else {
        Move::Leave(decides.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::ReleaseRef, platform::Artifact};

    fn record(version: u64, status: &str) -> ReleaseRecord {
        let at = ReleaseRef {
            id: format!("r{version}"),
            version,
        };
        ReleaseRecord::new(&at, &ReleaseStatus::read(status))
    }

    #[test]
    fn only_what_this_run_put_there_goes_back() {
        use AppOutcome::{AlreadyLive, Failed, InProgress, NotStarted, Succeeded, Unknown};
        let goes = Affected::GoesBack {
            ours: record(3, "succeeded"),
            to: record(2, "succeeded"),
        };
        let ran = Some("succeeded");
        for (outcome, release, only_failed, expected) in [
            (NotStarted, None, false, Affected::No),
            (Failed, None, false, Affected::No),
            (Failed, Some("failed"), false, Affected::No),
            (Failed, Some("expired"), false, Affected::No),
            (Failed, ran, false, goes.clone()),
            (Failed, ran, true, goes.clone()),
            (Succeeded, ran, false, goes.clone()),
            (Succeeded, ran, true, Affected::Keeps),
            (Unknown, ran, false, Affected::Unknown),
            (InProgress, Some("pending"), false, Affected::Unknown),
            (Failed, Some("pending"), false, Affected::Unknown),
            (Failed, Some("a-new-word"), false, Affected::Unknown),
        ] {
            let app = AppRecord {
                outcome,
                release: release.map(|status| record(3, status)),
                replaced: Some(record(2, "succeeded")),
                ..AppRecord::default()
            };
            let seen = affected(&app, only_failed);
            assert_eq!(seen, expected, "{outcome:?} {release:?} {only_failed}");
        }
        let app = AppRecord {
            outcome: Failed,
            release: Some(record(3, "succeeded")),
            ..AppRecord::default()
        };
        assert_eq!(affected(&app, false), Affected::NothingBefore);
        let superseded = AppRecord {
            superseded_by: Some(record(4, "succeeded")),
            ..app.clone()
        };
        let other = Affected::Superseded(record(4, "succeeded"));
        assert_eq!(affected(&superseded, false), other);
        for (outcome, failed) in [(Failed, true), (AlreadyLive, false)] {
            let app = AppRecord {
                outcome,
                adopted: true,
                ..superseded.clone()
            };
            assert_eq!(affected(&app, false), Affected::NotOurs { failed });
        }
    }

    /// A release: `3a` is v3 of the artifact `a`, current; `!` behind it: pending; `.`: not current.
    fn releases(text: &str) -> Vec<Release> {
        let one = |word: &str| {
            let version = u64::from(word.as_bytes()[0] - b'0');
            Release {
                at: ReleaseRef {
                    id: format!("r{version}"),
                    version,
                },
                status: ReleaseStatus::read(if word.ends_with('!') {
                    "pending"
                } else {
                    "succeeded"
                }),
                current: Some(word.len() == 2),
                artifact: Some(Artifact::Slug(word[1..2].to_owned())),
                output: None,
                description: String::new(),
                user: None,
                created_at: None,
            }
        };
        text.split(' ').map(one).collect()
    }

    #[test]
    fn an_app_goes_back_only_from_what_this_run_put_there() {
        // v2 of `a` ran before, and this run made v3 of `b`.
        for (list, expected) in [
            ("3b 2a.", "send after v3"),
            ("4b 3b. 2a.", "send after v4, keep config"),
            ("4c 3b. 2a.", "leave v4"),
            ("4c! 3b 2a.", "leave v4"),
            ("4b! 3b 2a.", "leave v4"),
            ("4a 3b. 2a.", "follow v4"),
            ("4a! 3b 2a.", "follow v4"),
            ("5c 4a. 3b. 2a.", "leave v5"),
            // The list lags behind.
            ("2a", "again"),
            ("3b. 2a", "again"),
            ("3b!", "again"),
        ] {
            let (ours, to) = (record(3, "succeeded"), record(2, "succeeded"));
            let seen = match next_move(&releases(list), &ours, &to) {
                Move::Send {
                    newest,
                    keep_config: false,
                } => format!("send after v{newest}"),
                Move::Send { newest, .. } => format!("send after v{newest}, keep config"),
                Move::Follow(release) => format!("follow {}", release.at),
                Move::Leave(release) => format!("leave {}", release.at),
                Move::LookAgain => "again".to_owned(),
            };
            assert_eq!(seen, expected, "{list}");
        }
        assert!(matches!(
            next_move(&[], &record(3, "succeeded"), &record(2, "succeeded")),
            Move::LookAgain
        ));
    }
}
