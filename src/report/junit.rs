//! The run as a JUnit report: a suite for each stage, a case for each of its requirements, for the release of each app, for its way
//! back and for each of its checks.

use std::fmt::Write as _;

use super::{
    gates::of_stage,
    sanitize::{self, Colours},
    table, waves,
};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::{
        Evidence,
        event::Strategy,
        record::{
            AppOutcome, AppRecord, Record, RequirementResult, RollbackOutcome, RollbackRecord,
            StageRecord,
        },
    },
};

/// How many lines of a failure's details are in the report.
const MAX_DETAIL: usize = 500;

/// The report.
pub fn render(record: &Record, failure: Option<&Failure>) -> String {
    let mut suites: Vec<Suite> = record
        .stages
        .iter()
        .map(|stage| suite(stage, failure))
        .collect();
    let told = suites.iter().any(|s| s.failures + s.errors > 0);
    if let Some(failure) = failure.filter(|_| !told) {
        // What failed before any app, or between them, is a case of its own.
        suites.push(Suite {
            name: "launchway".to_owned(),
            cases: vec![case(
                "launchway",
                &record.command,
                record.seconds,
                &error(failure),
            )],
            errors: 1,
            ..Suite::default()
        });
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites name=\"launchway {}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\">",
        escape(&record.command),
        suites.iter().map(|s| s.cases.len()).sum::<usize>(),
        suites.iter().map(|s| s.failures).sum::<usize>(),
        suites.iter().map(|s| s.errors).sum::<usize>(),
        suites.iter().map(|s| s.skipped).sum::<usize>(),
        record.seconds
    );
    for suite in &suites {
        let _ = write!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n{}  </testsuite>\n",
            escape(&suite.name),
            suite.cases.len(),
            suite.failures,
            suite.errors,
            suite.skipped,
            suite.cases.concat()
        );
    }
    out + "</testsuites>\n"
}

#[derive(Default)]
struct Suite {
    name: String,
    cases: Vec<String>,
    failures: usize,
    errors: usize,
    skipped: usize,
}

fn suite(stage: &StageRecord, failure: Option<&Failure>) -> Suite {
    let mut suite = Suite {
        name: stage.stage.clone(),
        ..Suite::default()
    };
    for gate in of_stage(stage) {
        let inside = match gate.result {
            RequirementResult::Met | RequirementResult::Ignored => String::new(),
            RequirementResult::Unmet => {
                suite.failures += 1;
                element("failure", &gate.seen, Exit::Refused.word(), gate.problems)
            }
            RequirementResult::Pending => {
                suite.skipped += 1;
                "      <skipped/>\n".to_owned()
            }
        };
        let name = format!("requires {}", gate.needs);
        suite.cases.push(case(&stage.stage, &name, 0.0, &inside));
    }
    for (at, app) in stage.apps.iter().enumerate() {
        let wave = waves::wave(stage, at);
        let inside = release(app, wave, failure, &mut suite);
        let took = app.seconds.unwrap_or(0.0) - app.checks.iter().map(|c| c.seconds).sum::<f64>();
        let name = format!("{} on {}", stage.how.word(), app.app);
        suite
            .cases
            .push(case(&stage.stage, &name, took.max(0.0), &inside));
        if let Some(rollback) = app
            .rollback
            .as_ref()
            .filter(|_| stage.how != Strategy::Rollback)
        {
            let inside = back(app, rollback, failure, &mut suite);
            let name = format!("rollback on {}", app.app);
            suite.cases.push(case(&stage.stage, &name, 0.0, &inside));
        }
        for (name, check) in waves::checks(app) {
            let inside = if check.ok {
                String::new()
            } else {
                suite.failures += 1;
                let answer = check.evidence.as_ref().map(Evidence::lines);
                let answer = answer.unwrap_or_default();
                element("failure", &check.seen, "verification_failed", &answer)
            };
            let name = format!("{name} on {}", app.app);
            suite
                .cases
                .push(case(&stage.stage, &name, check.seconds, &inside));
        }
    }
    suite
}

/// The content of the case of an app's release.
fn release(
    app: &AppRecord,
    wave: Option<String>,
    failure: Option<&Failure>,
    suite: &mut Suite,
) -> String {
    let why = app.error.as_deref().unwrap_or_else(|| table::outcome(app));
    let log = failure.map_or(&[][..], |failure| failure.detail.as_slice());
    let kind = failure.map_or("", |failure| failure.exit.word());
    let checks_failed = app.checks.iter().any(|check| !check.ok);
    match app.outcome {
        AppOutcome::Succeeded | AppOutcome::AlreadyLive | AppOutcome::Unverified => {
            waves::built_again(app).map_or_else(String::new, |text| {
                format!("      <system-out>{}</system-out>\n", escape(&text))
            })
        }
        // The case of the check says it.
        AppOutcome::Failed if checks_failed => String::new(),
        AppOutcome::Failed => {
            suite.failures += 1;
            element("failure", why, kind, log)
        }
        // It got the release; its rollback is a case of its own.
        AppOutcome::RolledBack | AppOutcome::RollbackFailed if app.release.is_some() => {
            String::new()
        }
        AppOutcome::RolledBack | AppOutcome::RollbackFailed => {
            let rollback = app.rollback.as_ref();
            rollback.map_or_else(String::new, |rollback| back(app, rollback, failure, suite))
        }
        AppOutcome::Unknown | AppOutcome::InProgress => {
            suite.errors += 1;
            element("error", why, kind, log)
        }
        AppOutcome::NotStarted => {
            suite.skipped += 1;
            let of = wave.map_or_else(String::new, |wave| format!(": {wave}"));
            format!("      <skipped message=\"not started{of}\"/>\n")
        }
    }
}

/// The content of the case of an app's rollback.
fn back(
    app: &AppRecord,
    rollback: &RollbackRecord,
    failure: Option<&Failure>,
    suite: &mut Suite,
) -> String {
    if rollback.outcome == RollbackOutcome::Succeeded {
        return String::new();
    }
    suite.failures += 1;
    let why = rollback.error.as_deref().unwrap_or("it is not back");
    let log = failure.map_or(&[][..], |failure| failure.detail.as_slice());
    let about = about(&app.app, log);
    element("failure", why, Exit::RollbackFailed.word(), &about)
}

/// The last lines of a failure's details that are about an app, with the indented ones below them.
fn about(app: &str, log: &[String]) -> Vec<String> {
    let head = format!("{app}: ");
    let Some(at) = log.iter().rposition(|line| line.starts_with(&head)) else {
        return Vec::new();
    };
    let rest = log[at + 1..].iter();
    let rest = rest.take_while(|line| line.starts_with(' '));
    log[at..=at].iter().chain(rest).cloned().collect()
}

fn error(failure: &Failure) -> String {
    element("error", &failure.what, failure.exit.word(), &failure.detail)
}

fn case(class: &str, name: &str, seconds: f64, inside: &str) -> String {
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" time=\"{seconds:.3}\"",
        escape(class),
        escape(name)
    );
    if inside.is_empty() {
        head + "/>\n"
    } else {
        format!("{head}>\n{inside}    </testcase>\n")
    }
}

fn element(name: &str, message: &str, kind: &str, log: &[String]) -> String {
    let lines: Vec<String> = log
        .iter()
        .flat_map(|line| sanitize::lines(line, Colours::Strip))
        .map(|line| escape(&line))
        .collect();
    let from = lines.len().saturating_sub(MAX_DETAIL);
    format!(
        "      <{name} message=\"{}\" type=\"{}\">{}</{name}>\n",
        escape(message),
        escape(kind),
        lines[from..].join("\n")
    )
}

/// Foreign text as XML's, without the characters that XML can't have at all.
fn escape(foreign: &str) -> String {
    let mut out = String::new();
    for c in sanitize::text(foreign).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn the_cases_of_runs() {
        let report = |s: &fixtures::Sample| render(&s.record, s.failure.as_ref());
        insta::assert_snapshot!("junit_happy", report(&fixtures::happy()));
        insta::assert_snapshot!("junit_build_failed", report(&fixtures::build_failed()));
        insta::assert_snapshot!(
            "junit_verification_failed",
            report(&fixtures::verification_failed())
        );
        insta::assert_snapshot!(
            "junit_rollback_failed",
            report(&fixtures::rollback_failed())
        );
    }

    #[test]
    fn requirements_and_approval_are_cases() {
        let mut record = fixtures::happy().record;
        fixtures::gate(&mut record.stages[1]);
        insta::assert_snapshot!("junit_required", render(&record, None));
    }

    #[test]
    fn an_app_that_a_person_sent_back_did_not_fail() {
        let mut record = fixtures::rollback_failed().record;
        record.command = "rollback".to_owned();
        record.stages.remove(0);
        record.stages[0].how = Strategy::Rollback;
        record.stages[0].apps.truncate(1);
        record.stages[0].apps[0].release = None;
        let report = render(&record, None);
        assert!(report.contains("failures=\"0\" errors=\"0\""), "{report}");
        assert_eq!(report.matches("rollback on ").count(), 1, "{report}");
    }

    #[test]
    fn what_failed_before_any_app_is_a_case() {
        let mut record = fixtures::happy().record;
        record.stages.clear();
        let failure = Failure::new(Exit::Denied, "no <token>");
        let report = render(&record, Some(&failure));
        assert!(report.contains("errors=\"1\""), "{report}");
        assert!(
            report.contains("message=\"no &lt;token&gt;\" type=\"denied\""),
            "{report}"
        );
    }
}
