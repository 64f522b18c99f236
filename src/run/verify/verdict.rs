//! The message about failed checks: which, on which apps, what they answered, and which were cut short.

use super::{Ended, Outcome, Subject, board::Step};
use crate::{
    exit::Exit,
    failure::Failure,
    units::{self, list},
};

/// How many failed checks are listed one by one; the record has all of them.
const MOST_FAILED: usize = 20;
/// For how many of them the answer is shown.
const MOST_EVIDENCE: usize = 3;

/// Whether all checks passed. `ended` has what came of each, by app; `released` is whether this run changed anything.
pub(super) fn verdict(
    names: &[String],
    subjects: &[Subject<'_>],
    ended: &[Vec<Ended>],
    released: bool,
) -> Result<(), Failure> {
    let apps: Vec<(&str, &[Ended])> = subjects
        .iter()
        .zip(ended)
        .map(|(subject, ended)| (subject.place.app.name.as_str(), ended.as_slice()))
        .collect();
    let Some((what, detail)) = failed_checks(names, &apps) else {
        // Nothing is known to have failed: what could not be seen is neither success nor failure.
        let lost = ended.iter().flatten().find_map(|ended| match ended {
            Ended::Lost(why) => Some(why.as_ref().clone()),
            _ => None,
        });
        return lost.map_or(Ok(()), Err);
    };
    let stage = subjects.first().map_or("", |subject| subject.place.stage);
    Err(
        Failure::new(Exit::VerificationFailed, format!("{what} in {stage}"))
            .detail(detail)
            .state(if released {
                format!("what was released in {stage} stays")
            } else {
                "nothing was released by this run".to_owned()
            })
            .next(format!(
                "fix forward, or go back: `launchway rollback --stage {stage}`"
            )),
    )
}

/// The failed checks in one line, and the details; `None` if none failed.
fn failed_checks(names: &[String], apps: &[(&str, &[Ended])]) -> Option<(String, Vec<String>)> {
    let (mut failed, mut unfinished) = (Vec::new(), Vec::new());
    for (app, ended) in apps {
        let mut left = Vec::new();
        for (name, ended) in names.iter().zip(*ended) {
            match ended {
                Ended::Outcome(outcome) if outcome.ok => {}
                Ended::Outcome(outcome) => failed.push((*app, name, outcome)),
                Ended::Lost(_) => left.push(format!("{name} could not be seen")),
                Ended::Unfinished(step) => left.push(format!("{name} {}", how_far(*step))),
            }
        }
        if !left.is_empty() {
            unfinished.push(format!("{app} ({})", list(&left)));
        }
    }
    let mut which: Vec<String> = Vec::new();
    for (_, name, _) in &failed {
        let name = format!("`{name}`");
        if !which.contains(&name) {
            which.push(name);
        }
    }
    let what = match which.as_slice() {
        [] => return None,
        [one] => format!("the check {one} failed"),
        several => format!("the checks {} failed", list(several)),
    };
    let mut detail = Vec::new();
    for (at, (app, name, outcome)) in failed.iter().take(MOST_FAILED).enumerate() {
        detail.push(if which.len() == 1 {
            format!("{app}: {}", outcome.seen)
        } else {
            format!("{app}: {name}: {}", outcome.seen)
        });
        if at < MOST_EVIDENCE {
            detail.extend(answer(outcome));
        }
    }
    if failed.len() > MOST_FAILED {
        let more = units::count((failed.len() - MOST_FAILED) as u64, "more", "more");
        detail.push(format!("and {more}: the run record has all of them"));
    }
    if !unfinished.is_empty() {
        let (first, rest) = unfinished.split_at(unfinished.len().min(MOST_FAILED));
        let more = match rest.len() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        detail.push(format!("not finished then: {}{more}", first.join(", ")));
    }
    Some((what, detail))
}

/// What a failed check answered.
fn answer(outcome: &Outcome) -> impl Iterator<Item = String> {
    let evidence = outcome.evidence.iter();
    evidence.flat_map(|evidence| evidence.lines().into_iter().map(|line| format!("  {line}")))
}

fn how_far(step: Step) -> &'static str {
    match step {
        Step::Waiting => "had not begun",
        Step::Trying => "was under way",
        Step::Holds => "held so far",
        Step::Passed => "passed",
        Step::Failed => "failed",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::Evidence;

    fn ended(ok: bool, seen: &str) -> Ended {
        let evidence = Evidence {
            status: Some(503),
            headers: [("server".to_owned(), "Cowboy".to_owned())].into(),
            body: "no".to_owned(),
            output: Vec::new(),
        };
        Ended::Outcome(Outcome {
            ok,
            attempts: 1,
            seen: seen.to_owned(),
            took: Duration::ZERO,
            evidence: (!ok).then_some(evidence),
        })
    }

    fn text(names: &[&str], apps: &[(&str, &[Ended])]) -> Option<String> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let (what, detail) = failed_checks(&names, apps)?;
        Some(format!("{what}\n{}", detail.join("\n")))
    }

    #[test]
    fn what_failed_comes_first_and_what_was_not_finished_then_last() {
        let good = [ended(true, "200"), ended(true, "200")];
        assert_eq!(text(&["a", "b"], &[("shop-eu", &good)]), None);
        let bad = [
            ended(false, "503 instead of 200"),
            Ended::Unfinished(Step::Waiting),
        ];
        let soaks = [ended(true, "200"), Ended::Unfinished(Step::Holds)];
        let expected = "the check `a` failed\nshop-us: 503 instead of 200\n  server: Cowboy\n  body: no\n\
                        not finished then: shop-eu (b held so far), shop-us (b had not begun)";
        let apps: [(&str, &[Ended]); 2] = [("shop-eu", &soaks), ("shop-us", &bad)];
        assert_eq!(text(&["a", "b"], &apps).as_deref(), Some(expected));
        let both = [ended(false, "no"), ended(false, "no")];
        let told = text(&["a", "b"], &[("shop-eu", &both)]).unwrap();
        assert!(told.starts_with("the checks `a` and `b` failed\nshop-eu: a: no\n"));
    }

    #[test]
    fn of_a_hundred_apps_the_first_are_told() {
        let bad = [ended(false, "503")];
        let apps: Vec<(&str, &[Ended])> = (0..100).map(|_| ("shop", &bad[..])).collect();
        let told = text(&["a"], &apps).unwrap();
        assert_eq!(told.matches("Cowboy").count(), MOST_EVIDENCE);
        assert!(told.ends_with("shop: 503\nand 80 more: the run record has all of them"));
    }
}
