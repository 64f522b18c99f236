//! How far an app is from the stage before. Pure.

use std::collections::{BTreeSet, HashMap};

use super::{AppState, AppStatus};
use crate::run::{downgrade::commit_of, history::Pair};

/// How far an app is from the first app of the stage before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// That app's name.
    pub against: String,
    /// Whether the two run the same.
    pub state: DriftState,
    /// How many commits lie between them, if git knows both.
    pub distance: Option<Distance>,
}

/// Whether two apps run the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftState {
    /// The same slug or image.
    Same,
    /// Something else of the same version.
    SameVersion,
    /// Something else.
    Differs,
    /// The platform does not say what one of them runs.
    Unknown,
}

/// How many commits lie between two apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Distance {
    /// Commits that the stage before has and the app lacks.
    pub behind: u64,
    /// Commits that the app has and the stage before lacks.
    pub ahead: u64,
}

/// The commit that an app runs, if its version begins with one.
fn commit(seen: &AppState) -> Option<&str> {
    commit_of(seen.made_of.version.as_deref()?)
}

/// The commits of an app and of the one before it, if they are known and not the same.
fn commits(source: &AppState, seen: &AppState) -> Option<Pair> {
    let (from, to) = (commit(seen)?, commit(source)?);
    (from != to).then(|| (from.to_owned(), to.to_owned()))
}

/// The pairs of commits to ask git about.
pub(super) fn pairs_to_compare(stages: &[Vec<AppStatus>]) -> BTreeSet<Pair> {
    let seen = |app: &'_ AppStatus| app.seen.is_ok();
    let pairs = stages.windows(2).flat_map(|two| {
        let source = two[0].first().and_then(|app| app.seen.as_ref().ok());
        let apps = two[1].iter().filter(|app| seen(app));
        apps.filter_map(move |app| commits(source?, app.seen.as_ref().ok()?))
    });
    pairs.collect()
}

/// How far an app is from `source`, the first app of the stage before.
pub(super) fn drift(
    source: &AppState,
    seen: &AppState,
    distances: &HashMap<Pair, Option<Distance>>,
) -> Drift {
    let artifact = |seen: &'_ AppState| {
        let live = seen.live.as_ref()?;
        live.artifact.clone()
    };
    let (theirs, ours) = (artifact(source), artifact(seen));
    let version = &seen.made_of.version;
    let state = match (source.live.is_some(), seen.live.is_some()) {
        _ if theirs.is_some() && theirs == ours => DriftState::Same,
        (false, false) => DriftState::Same,
        (true, true) if version.is_some() && *version == source.made_of.version => {
            DriftState::SameVersion
        }
        (true, true) if theirs.is_none() || ours.is_none() => DriftState::Unknown,
        _ => DriftState::Differs,
    };
    let distance = (state == DriftState::Differs)
        .then(|| commits(source, seen))
        .flatten();
    Drift {
        against: source.app.name.clone(),
        state,
        distance: distance.and_then(|pair| *distances.get(&pair)?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        failure::Failure,
        model::{ReleaseRef, ReleaseStatus},
        platform::{
            Artifact, Provenance,
            types::{App, Release},
        },
    };

    fn seen(runs: Option<(Option<&str>, Option<&str>)>) -> AppState {
        let release = |slug: Option<&str>| Release {
            at: ReleaseRef {
                id: "r".to_owned(),
                version: 3,
            },
            status: ReleaseStatus::Succeeded,
            current: Some(true),
            artifact: slug.map(|slug| Artifact::Slug(slug.to_owned())),
            output: None,
            description: String::new(),
            user: None,
            created_at: None,
        };
        AppState {
            app: App {
                id: "a".to_owned(),
                name: "shop".to_owned(),
                web_url: None,
                maintenance: false,
                stack: None,
                runs: None,
            },
            live: runs.map(|(slug, _)| release(slug)),
            made_of: Provenance {
                version: runs.and_then(|(_, version)| version.map(str::to_owned)),
                sha256: None,
            },
            newest: None,
        }
    }

    fn app(seen: Result<AppState, Failure>) -> AppStatus {
        AppStatus {
            name: "shop".to_owned(),
            seen,
            drift: None,
        }
    }

    #[test]
    fn what_runs_decides_and_its_name_only_helps() {
        use DriftState::{Differs, Same, SameVersion, Unknown};
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let (a, b) = (Some(a.as_str()), Some(b.as_str()));
        for (before, now, expected) in [
            (Some((Some("s"), a)), Some((Some("s"), a)), Same),
            (Some((Some("s"), None)), Some((Some("s"), None)), Same),
            (Some((Some("s"), a)), Some((Some("t"), a)), SameVersion),
            (Some((Some("s"), a)), Some((Some("t"), b)), Differs),
            (Some((Some("s"), None)), Some((Some("t"), None)), Differs),
            (Some((None, None)), Some((Some("t"), b)), Unknown),
            (Some((None, None)), Some((None, None)), Unknown),
            (Some((Some("s"), a)), None, Differs),
            (None, Some((Some("s"), a)), Differs),
            (None, None, Same),
        ] {
            let drift = drift(&seen(before), &seen(now), &HashMap::new());
            assert_eq!(drift.state, expected, "{before:?} {now:?}");
            assert_eq!(drift.distance, None);
        }
    }

    #[test]
    fn git_is_asked_once_for_each_pair_of_commits() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let runs = |slug, commit: &String| Ok(seen(Some((Some(slug), Some(commit)))));
        let stages = [
            vec![app(runs("s", &a))],
            vec![
                app(runs("t", &b)),
                app(runs("u", &b)),
                app(runs("s", &a)),
                app(Err(Failure::new(crate::exit::Exit::Refused, "gone"))),
                app(Ok(seen(Some((Some("v"), Some("v1.2")))))),
            ],
            vec![app(runs("s", &a))],
        ];
        let pair = |from: &String, to: &String| (from.clone(), to.clone());
        let asked: Vec<_> = pairs_to_compare(&stages).into_iter().collect();
        assert_eq!(asked, [pair(&a, &b), pair(&b, &a)]);
        let distance = Distance {
            behind: 3,
            ahead: 1,
        };
        let known = HashMap::from([(pair(&b, &a), Some(distance))]);
        let (source, behind) = (runs("s", &a).unwrap(), runs("t", &b).unwrap());
        let drift = drift(&source, &behind, &known);
        assert_eq!(drift.distance, Some(distance));
    }
}
