//! The table at the end of a run: the result for each app.

use super::{
    sanitize::text,
    style::{Style, Tone},
};
use crate::journal::record::{AppOutcome, AppRecord, Record, ReleaseRecord};
use crate::model::ReleaseStatus;
use crate::units;

const HEAD: [&str; 7] = [
    "stage", "app", "outcome", "release", "replaced", "time", "url",
];
const OUTCOME: usize = 2;
const URL: usize = 6;
const GAP: usize = 2;

/// The word for what happened to an app.
pub fn outcome(app: &AppRecord) -> &'static str {
    match app.outcome {
        _ if app.superseded_by.is_some() => "superseded",
        AppOutcome::NotStarted => "not started",
        AppOutcome::InProgress => "in progress",
        AppOutcome::Succeeded => "succeeded",
        AppOutcome::Unverified => "unverified",
        AppOutcome::Failed => "failed",
        AppOutcome::Unknown => "unknown",
        AppOutcome::AlreadyLive => "already live",
        AppOutcome::RolledBack => "rolled back",
        AppOutcome::RollbackFailed => "rollback failed",
    }
}

/// The class of an outcome, where pages and diagrams give it a colour.
pub(super) fn class(outcome: AppOutcome) -> &'static str {
    match outcome {
        AppOutcome::Succeeded | AppOutcome::AlreadyLive => "good",
        AppOutcome::Failed | AppOutcome::RollbackFailed => "bad",
        AppOutcome::Unknown
        | AppOutcome::InProgress
        | AppOutcome::Unverified
        | AppOutcome::RolledBack => "warn",
        AppOutcome::NotStarted => "idle",
    }
}

/// The table, with a line end behind each row; empty if the run reached no app. The outcome has a column only if one of
/// them did not succeed. Addresses that would not fit the width get lines of their own.
pub fn render(record: &Record, style: &Style) -> String {
    let apps = || record.stages.iter().flat_map(|s| &s.apps);
    if apps().all(|a| a.outcome == AppOutcome::NotStarted && a.replaced.is_none()) {
        return String::new();
    }
    let mut rows: Vec<Row> = Vec::new();
    for stage in &record.stages {
        for (i, app) in stage.apps.iter().enumerate() {
            let name = if i == 0 {
                text(&stage.stage)
            } else {
                String::new()
            };
            rows.push(Row::new(name, app));
        }
    }
    let all_succeeded = apps().all(|a| a.outcome == AppOutcome::Succeeded);
    let mut columns: Vec<usize> = (0..HEAD.len())
        .filter(|&c| c != OUTCOME || !all_succeeded)
        .collect();
    let width = |c: usize| {
        let cells = rows.iter().map(|r| r.cells[c].chars().count());
        cells.chain([HEAD[c].len()]).max().unwrap_or(0)
    };
    let total: usize = columns.iter().map(|&c| width(c) + GAP).sum();
    let apart = total - GAP > style.width;
    if apart {
        columns.pop();
    }

    let line = |cells: &dyn Fn(usize) -> (String, Tone)| {
        let mut line = String::new();
        for (i, &c) in columns.iter().enumerate() {
            let (cell, tone) = cells(c);
            let is_last = i + 1 == columns.len();
            let pad = if is_last {
                0
            } else {
                width(c) + GAP - cell.chars().count()
            };
            line.push_str(&style.paint(tone, &cell));
            line.extend(std::iter::repeat_n(' ', pad));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    };
    let mut out = line(&|c| (HEAD[c].to_owned(), Tone::Dim));
    for row in &rows {
        out.push_str(&line(&|c| {
            let tone = if c == OUTCOME { row.tone } else { Tone::Plain };
            (row.cells[c].clone(), tone)
        }));
        if apart && row.cells[URL] != NONE {
            let indent = " ".repeat(width(0) + GAP);
            out.extend([&indent, row.cells[URL].as_str(), "\n"]);
        }
    }
    out
}

/// A release, and how it stands if it is not as it should be: `v8`, `v8 failed`. The platform's word is foreign.
fn version(release: &ReleaseRecord, escape: impl Fn(&str) -> String) -> String {
    match &release.status {
        ReleaseStatus::Succeeded => format!("v{}", release.version),
        status => format!("v{} {}", release.version, escape(status.word())),
    }
}

/// The releases that a run made on an app, the last of them that of its way back: `v8, then v9`.
pub(super) fn made(app: &AppRecord, escape: impl Fn(&str) -> String) -> Option<String> {
    let back = app.rollback.iter().flat_map(|way| &way.release);
    let made: Vec<String> = app
        .release
        .iter()
        .chain(back)
        .map(|release| version(release, &escape))
        .collect();
    (!made.is_empty()).then(|| made.join(", then "))
}

const NONE: &str = "-";

struct Row {
    cells: [String; HEAD.len()],
    tone: Tone,
}

impl Row {
    fn new(stage: String, app: &AppRecord) -> Self {
        let dash = || NONE.to_owned();
        let url = app
            .web_url
            .as_deref()
            .map(|u| text(u.trim_end_matches('/')));
        Self {
            cells: [
                stage,
                text(&app.app),
                outcome(app).to_owned(),
                made(app, text).unwrap_or_else(dash),
                app.replaced
                    .as_ref()
                    .map_or_else(dash, |r| format!("v{}", r.version)),
                app.seconds.map_or_else(dash, units::seconds),
                url.unwrap_or_else(dash),
            ],
            tone: match app.outcome {
                AppOutcome::Succeeded | AppOutcome::AlreadyLive => Tone::Good,
                AppOutcome::Failed | AppOutcome::RollbackFailed => Tone::Bad,
                AppOutcome::Unknown
                | AppOutcome::InProgress
                | AppOutcome::Unverified
                | AppOutcome::RolledBack => Tone::Warn,
                AppOutcome::NotStarted => Tone::Dim,
            },
        }
    }
}
