//! The run as a page of Markdown, for the step summary of GitHub: the result, the pipeline as a picture, what each app
//! got, how long each part took; and the details of a failure.

use std::fmt::Write as _;

use super::{
    RunReport, ending,
    gates::gates,
    live,
    markdown::{block, inline, link},
    mermaid,
    sanitize::{self, Colours},
    table, waves,
};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::record::{AppOutcome, AppRecord, Record, RequirementResult},
    units,
};

/// GitHub takes a summary of at most 1 MiB; what would make it longer is left out.
pub const MAX_BYTES: usize = 1_000_000;
/// How many lines of a failure's details are shown.
const MAX_DETAIL: usize = 200;
/// How many warnings are shown.
const MAX_WARNINGS: usize = 20;

/// The page.
pub fn render(told: &RunReport<'_>) -> String {
    let record = told.record;
    let mut page = Page::default();
    page.must(&format!("### {}\n", title(told)));
    page.must(&origin(told));
    if let Some(failure) = told.failure {
        page.must(&failure_section(failure, record));
    }
    if let Some(flow) = mermaid::flow(record) {
        page.may(&block("mermaid", &[flow.trim_end().to_owned()]));
    }
    page.may(&apps(record));
    page.may(&required(record));
    if let Some(gantt) = mermaid::gantt(told.timeline) {
        let gantt = block("mermaid", &[gantt.trim_end().to_owned()]);
        page.may(&format!(
            "<details><summary>Timeline</summary>\n\n{gantt}\n</details>\n"
        ));
    }
    if !told.timeline.warnings.is_empty() {
        let mut lines: Vec<String> = told
            .timeline
            .warnings
            .iter()
            .take(MAX_WARNINGS)
            .map(|warning| format!("- {}", inline(warning)))
            .collect();
        let more = told.timeline.warnings.len().saturating_sub(MAX_WARNINGS);
        if more > 0 {
            lines.push(format!("- … and {more} more"));
        }
        page.may(&format!("#### Warnings\n\n{}\n", lines.join("\n")));
    }
    page.text
}

/// The placeholder until the run is over: a killed run leaves it.
pub fn unfinished(command: &str) -> String {
    format!(
        "### ⚠️ launchway {command} did not finish\n\nIt was killed before it could say what it did.\n"
    )
}

/// The page while it grows.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn must(&mut self, part: &str) {
        if !part.is_empty() {
            self.text.push_str(part);
            self.text.push('\n');
        }
    }

    fn may(&mut self, part: &str) {
        if self.text.len() + part.len() < MAX_BYTES {
            self.must(part);
        }
    }
}

fn title(told: &RunReport<'_>) -> String {
    let record = told.record;
    let Some(failure) = told.failure else {
        return format!("✅ {}", inline(&ending::done(record)));
    };
    let sign = match failure.exit {
        Exit::Unknown | Exit::TryAgain | Exit::Interrupted | Exit::Terminated => "⚠️",
        _ => "❌",
    };
    format!("{sign} {}", inline(&cut(&failure.what, 300)))
}

/// What was run, on what.
fn origin(told: &RunReport<'_>) -> String {
    let record = told.record;
    let mut parts = vec![format!("`launchway {}`", record.command)];
    if let Some(pipeline) = &record.pipeline {
        parts.push(format!("pipeline **{}**", inline(&pipeline.name)));
    }
    if let Some(source) = &record.source {
        parts.push(format!(
            "version **{}**",
            inline(&units::short_version(&source.version))
        ));
    }
    if let Some(branch) = &told.ci.branch {
        parts.push(format!("branch {}", inline(branch)));
    }
    parts.push(format!("{} in all", units::seconds(record.seconds)));
    parts.join(" · ") + "\n"
}

fn apps(record: &Record) -> String {
    let apps = || record.stages.iter().flat_map(|s| &s.apps);
    if apps().all(|a| a.outcome == AppOutcome::NotStarted && a.replaced.is_none()) {
        return String::new();
    }
    let mut out = String::from(
        "| Stage | App | Outcome | Release | Replaced | Checks | Time |\n|---|---|---|---|---|---|--:|\n",
    );
    for stage in &record.stages {
        for (at, app) in stage.apps.iter().enumerate() {
            let wave = waves::wave(stage, at);
            let wave = wave.map_or_else(String::new, |wave| format!(", {wave}"));
            let now = app.rollback.as_ref();
            let now = now.map_or_else(String::new, |_| {
                format!("<br>now {}", inline(&live::of_app(app).what))
            });
            let cells = [
                inline(&stage.stage) + &wave,
                app.web_url
                    .as_deref()
                    .map_or_else(|| inline(&app.app), |url| link(&app.app, url)),
                format!("{} {}{now}", sign(app.outcome), table::outcome(app)),
                table::made(app, inline).unwrap_or_else(dash),
                app.replaced
                    .as_ref()
                    .map_or_else(dash, |r| format!("v{}", r.version)),
                checks(app),
                app.seconds.map_or_else(dash, units::seconds),
            ];
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
    }
    out
}

/// What the stages required, and who approved them.
fn required(record: &Record) -> String {
    let rows: Vec<String> = gates(record)
        .map(|gate| {
            let sign = match gate.result {
                RequirementResult::Met => "✅",
                RequirementResult::Unmet => "❌",
                RequirementResult::Pending | RequirementResult::Ignored => "⚠️",
            };
            let problems = gate.problems.iter();
            let problems: Vec<String> = problems
                .map(|problem| format!("<br>{}", inline(&cut(problem, 300))))
                .collect();
            let problems = problems.concat();
            format!(
                "| {} | {} | {sign} {} | {}{problems} |\n",
                inline(gate.stage),
                inline(gate.needs),
                gate.word(),
                inline(&cut(&gate.seen, 300)),
            )
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "| Stage | Requires | Result | Seen |\n|---|---|---|---|\n{}",
        rows.concat()
    )
}

fn dash() -> String {
    "–".to_owned()
}

fn checks(app: &AppRecord) -> String {
    let (mut all, mut bad) = (0, Vec::new());
    for (name, check) in waves::checks(app) {
        all += 1;
        if !check.ok {
            bad.push(format!("❌ {}", inline(&cut(&name, 100))));
        }
    }
    match (all, bad.as_slice()) {
        (0, _) => dash(),
        (all, []) => format!("{all} passed"),
        (_, bad) => bad.join("<br>"),
    }
}

fn sign(outcome: AppOutcome) -> &'static str {
    match outcome {
        AppOutcome::Succeeded | AppOutcome::AlreadyLive => "✅",
        AppOutcome::Failed | AppOutcome::RollbackFailed => "❌",
        AppOutcome::RolledBack => "↩️",
        AppOutcome::Unknown | AppOutcome::InProgress | AppOutcome::Unverified => "⚠️",
        AppOutcome::NotStarted => "⏭️",
    }
}

fn failure_section(failure: &Failure, record: &Record) -> String {
    let mut out = String::new();
    let mut lines: Vec<String> = failure
        .detail
        .iter()
        .flat_map(|detail| sanitize::lines(detail, Colours::Strip))
        .collect();
    if !lines.is_empty() {
        let before = lines.len().saturating_sub(MAX_DETAIL);
        if before > 0 {
            lines.drain(..before);
            lines.insert(0, format!("… {before} lines before"));
        }
        let lines: Vec<String> = lines.iter().map(|l| cut(l, 2000)).collect();
        out += &block("text", &lines);
        out.push('\n');
    }
    let code = failure.exit.code();
    let word = failure.exit.word();
    if let Some(cause) = &failure.cause {
        let _ = writeln!(out, "- **Cause:** {}", inline(&cut(cause, 2000)));
    }
    if let Some(state) = &failure.state {
        let _ = writeln!(out, "- **State:** {}", inline(&cut(state, 2000)));
    }
    for running in live::running(record) {
        let _ = writeln!(
            out,
            "- **Live now:** {} {}",
            inline(&running.app),
            inline(&running.what)
        );
    }
    let next = failure.next.as_deref();
    let next = next.unwrap_or_else(|| failure.exit.next());
    let _ = writeln!(out, "- **Next:** {}", inline(&cut(next, 2000)));
    let _ = writeln!(out, "- **Exit code:** {code} `{word}`");
    out
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ci,
        report::{
            fixtures::{self, Sample},
            timeline,
        },
    };

    fn page(sample: &Sample) -> String {
        render(&RunReport {
            record: &sample.record,
            failure: sample.failure.as_ref(),
            timeline: &timeline::of_sample(sample),
            ci: &ci::Context {
                branch: Some("main".into()),
                ..ci::Context::default()
            },
        })
    }

    #[test]
    fn the_pages_of_runs() {
        insta::assert_snapshot!("summary_happy", page(&fixtures::happy()));
        insta::assert_snapshot!("summary_build_failed", page(&fixtures::build_failed()));
        insta::assert_snapshot!(
            "summary_verification_failed",
            page(&fixtures::verification_failed())
        );
        insta::assert_snapshot!(
            "summary_rollback_failed",
            page(&fixtures::rollback_failed())
        );
    }

    #[test]
    fn what_was_required_is_on_the_page() {
        let mut sample = fixtures::happy();
        fixtures::gate(&mut sample.record.stages[1]);
        insta::assert_snapshot!("summary_required", required(&sample.record));
    }

    #[test]
    fn a_page_is_never_too_long() {
        let mut sample = fixtures::build_failed();
        if let Some(failure) = &mut sample.failure {
            failure.what = "w".repeat(3_000_000);
            failure.detail = vec!["`".repeat(5000); 5000];
            failure.state = Some("|".repeat(3_000_000).into());
        }
        let page = page(&sample);
        assert!(page.len() < MAX_BYTES, "{}", page.len());
    }
}
