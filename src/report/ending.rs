//! The result of a run, for people: the table, then one line if it succeeded, or the failure.

use super::{
    failure,
    sanitize::text,
    style::{Style, Tone, Verbosity},
    table,
};
use crate::units;
use crate::{
    failure::Failure,
    journal::record::{AppOutcome, Record},
};

/// The end of the output of a run.
pub fn render(record: &Record, failure: Option<&Failure>, style: &Style) -> String {
    let table = table::render(record, style);
    let words = match failure {
        Some(failure) => failure::render(failure, Some(record), style),
        None => style.paint(Tone::Good, &done(record)) + "\n",
    };
    // A quiet report has printed nothing yet that the end would have to be set off from.
    let gap = if style.verbosity == Verbosity::Quiet {
        ""
    } else {
        "\n"
    };
    if table.is_empty() {
        return format!("{gap}{words}");
    }
    format!("{gap}{table}\n{words}")
}

/// The last line of a run that went well.
pub(super) fn done(record: &Record) -> String {
    let stages: Vec<String> = record.stages.iter().map(|s| text(&s.stage)).collect();
    let stages = units::list(&stages);
    let mut apps = record.stages.iter().flat_map(|s| &s.apps);
    let unchanged = apps.all(|a| a.outcome == AppOutcome::AlreadyLive);
    let version = record
        .source
        .as_ref()
        .map(|s| text(&units::short_version(&s.version)));
    let took = units::seconds(record.seconds);
    if record.command == "rollback" {
        return format!("done in {took}: {stages} is back on an earlier release, verified");
    }
    match (unchanged, version) {
        (true, Some(v)) => format!("nothing to do: every app of {stages} already runs version {v}"),
        (true, None) => format!("nothing to do: every app of {stages} already runs that release"),
        (false, Some(v)) => format!("done in {took}: every app of {stages} runs version {v}"),
        (false, None) => format!("done in {took}: every app of {stages} runs what was promoted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn a_run_that_had_nothing_to_do_says_so() {
        let mut record = fixtures::happy().record;
        for app in record.stages.iter_mut().flat_map(|s| &mut s.apps) {
            app.outcome = AppOutcome::AlreadyLive;
            app.release = None;
        }
        insta::assert_snapshot!("ending_unchanged", render(&record, None, &Style::plain()));
    }

    #[test]
    fn what_failed_before_anything_was_known_has_no_table() {
        use crate::exit::Exit;
        let mut record = fixtures::happy().record;
        for app in record.stages.iter_mut().flat_map(|s| &mut s.apps) {
            *app = crate::journal::record::AppRecord {
                app: app.app.clone(),
                ..Default::default()
            };
        }
        let failure = Failure::new(Exit::Denied, "no token was found")
            .detail(["looked in: --api-key-file, LAUNCHWAY_API_KEY, HEROKU_API_KEY, ~/.netrc"])
            .next("Set HEROKU_API_KEY, or rehearse with --sandbox, which needs none.");
        insta::assert_snapshot!(
            "ending_denied",
            render(&record, Some(&failure), &Style::plain())
        );
    }

    #[test]
    fn a_narrow_terminal_gets_addresses_on_lines_of_their_own() {
        let style = Style {
            width: 72,
            ..Style::plain()
        };
        insta::assert_snapshot!(
            "ending_narrow",
            render(&fixtures::happy().record, None, &style)
        );
        let failed = fixtures::verification_failed();
        insta::assert_snapshot!(
            "ending_narrow_failed",
            render(&failed.record, failed.failure.as_ref(), &style)
        );
    }
}
