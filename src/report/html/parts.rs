//! The parts of the page.

use std::{fmt::Write as _, time::Duration};

use super::{escape, link};
use crate::{
    journal::{
        Evidence,
        record::{AppRecord, Record, RequirementResult},
    },
    report::{
        gates::gates,
        live, table,
        timeline::{SpanStatus, Timeline},
        waves,
    },
    units,
};

/// How many bytes the logs may take, and any other list: browsers are slow with more.
const MOST_OF_LOGS: usize = 8 << 20;
const MOST_OF_LIST: usize = 1 << 20;

/// The first rows that fit, and how many do not.
fn fitting(rows: impl Iterator<Item = String>, room: usize) -> (Vec<String>, usize) {
    let (mut kept, mut size, mut left_out) = (Vec::new(), 0, 0);
    for row in rows {
        size += row.len() + 1;
        if size > room {
            left_out += 1;
        } else {
            kept.push(row);
        }
    }
    (kept, left_out)
}

/// The note about rows that did not fit.
fn note(left_out: usize) -> String {
    match left_out {
        0 => String::new(),
        n => format!("<p>and {n} more, which did not fit on this page</p>\n"),
    }
}

/// The stages with their apps.
pub(super) fn pipeline(record: &Record) -> String {
    if record.stages.is_empty() {
        return String::new();
    }
    let stages: Vec<String> = record
        .stages
        .iter()
        .map(|stage| {
            let apps = stage.apps.iter().enumerate();
            let apps: String = apps
                .map(|(at, one)| app(one, waves::wave(stage, at)))
                .collect();
            format!(
                "<section class=\"stage\"><h3>{}<small>{}</small></h3>\n{apps}</section>\n",
                escape(&stage.stage),
                escape(stage.how.word())
            )
        })
        .collect();
    format!(
        "<h2>Pipeline</h2>\n<div class=\"pipeline\">\n{}</div>\n",
        stages.join("<div class=\"arrow\" aria-hidden=\"true\">→</div>\n")
    )
}

fn app(app: &AppRecord, wave: Option<String>) -> String {
    let name = match &app.web_url {
        Some(url) => link(&app.app, url),
        None => escape(&app.app),
    };
    let mut what = table::outcome(app).to_owned();
    if let Some(release) = &app.release {
        what = format!("v{} {what}", release.version);
    }
    let mut more: Vec<String> = wave.into_iter().collect();
    if let Some(replaced) = &app.replaced {
        more.push(format!("before: v{}", replaced.version));
    }
    if !app.checks.is_empty() {
        let ok = app.checks.iter().filter(|check| check.ok).count();
        more.push(format!("{ok} of {} checks passed", app.checks.len()));
    }
    more.extend(app.seconds.map(units::seconds));
    let more = more.join(" · ");
    let rollback = app.rollback.as_ref();
    let notes = [
        rollback.map(|_| format!("now: {}", live::of_app(app).what)),
        app.error.clone(),
        rollback.and_then(|rollback| Some(format!("going back: {}", rollback.error.as_ref()?))),
        waves::built_again(app),
    ];
    let notes = notes.iter().flatten().map(|note| escape(note));
    let notes: Vec<String> = notes.map(|note| format!("<small>{note}</small>")).collect();
    let notes = notes.concat();
    format!(
        "<div class=\"app {}\"><div class=\"name\">{name}</div><div class=\"what\">{}</div><small>{more}</small>{notes}</div>\n",
        table::class(app.outcome),
        escape(&what)
    )
}

/// What was done, as bars.
pub(super) fn timeline(timeline: &Timeline) -> String {
    let end = timeline.spans.iter().map(|span| span.to).max();
    let Some(end) = end.filter(|end| *end > Duration::ZERO) else {
        return String::new();
    };
    let share = |at: Duration| 1000.0 * at.as_secs_f64() / end.as_secs_f64();
    let mut out = String::from("<h2>Timeline</h2>\n<div class=\"scroll\"><div class=\"time\">\n");
    let mut lanes: Vec<&str> = Vec::new();
    for span in &timeline.spans {
        if !lanes.contains(&span.lane.as_str()) {
            lanes.push(&span.lane);
        }
    }
    for lane in lanes {
        let _ = writeln!(out, "<div class=\"lane\">{}</div>", escape(lane));
        let mut spans: Vec<_> = timeline.spans.iter().filter(|s| s.lane == lane).collect();
        spans.sort_by_key(|span| span.from);
        for span in spans {
            let tone = match span.verdict {
                SpanStatus::Good => "good",
                SpanStatus::Bad => "bad",
                SpanStatus::Open => "warn",
            };
            let label = format!("{} {}", span.what, span.app);
            // A bar without any width can't be seen.
            let width = (share(span.to) - share(span.from)).max(4.0);
            let from = share(span.from).min(1000.0 - width);
            let _ = writeln!(
                out,
                "<div class=\"label\">{}</div><div class=\"track {tone}\"><svg viewBox=\"0 0 1000 10\" \
                 preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect x=\"{from:.1}\" y=\"0\" width=\"{width:.1}\" \
                 height=\"10\"/></svg></div><div class=\"took\">{}</div>",
                escape(label.trim_end()),
                units::duration(span.to.saturating_sub(span.from))
            );
        }
    }
    out + "</div></div>\n"
}

/// Every check of every app.
pub(super) fn checks(record: &Record) -> String {
    let apps = record
        .stages
        .iter()
        .flat_map(|stage| stage.apps.iter().map(move |app| (stage, app)));
    let checks = apps.flat_map(|(stage, app)| {
        waves::checks(app).map(move |(name, check)| (stage, app, name, check))
    });
    let rows = checks.map(|(stage, app, name, check)| {
        let (tone, word) = if check.ok {
            ("good", "passed")
        } else {
            ("bad", "failed")
        };
        let answer = check.evidence.iter().flat_map(Evidence::lines);
        let answer: Vec<String> = answer
            .map(|line| format!("<br>{}", escape(&line)))
            .collect();
        let answer = answer.concat();
        format!(
            "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"tone {tone}\">{word}</td><td>{}{answer}</td><td>{}</td></tr>\n",
            escape(&stage.stage),
            escape(&app.app),
            escape(&name),
            escape(&check.seen),
            units::seconds(check.seconds)
        )
    });
    let (rows, left_out) = fitting(rows, MOST_OF_LIST);
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<h2>Checks</h2>\n<div class=\"scroll\"><table>\n<tr><th>stage</th><th>app</th><th>check</th><th>outcome</th>\
         <th>seen</th><th>time</th></tr>\n{}</table></div>\n{}",
        rows.concat(),
        note(left_out)
    )
}

/// What the stages required, and who approved them.
pub(super) fn required(record: &Record) -> String {
    let rows = gates(record).map(|gate| {
        let tone = match gate.result {
            RequirementResult::Met => "good",
            RequirementResult::Unmet => "bad",
            RequirementResult::Pending | RequirementResult::Ignored => "warn",
        };
        let problems = gate.problems.iter();
        let problems: Vec<String> = problems
            .map(|problem| format!("<br>{}", escape(problem)))
            .collect();
        let problems = problems.concat();
        format!(
            "<tr><td>{}</td><td>{}</td><td class=\"tone {tone}\">{}</td><td>{}{problems}</td></tr>\n",
            escape(gate.stage),
            escape(gate.needs),
            gate.word(),
            escape(&gate.seen)
        )
    });
    let (rows, left_out) = fitting(rows, MOST_OF_LIST);
    if rows.is_empty() {
        return String::new();
    }
    format!(
        "<h2>Required</h2>\n<div class=\"scroll\"><table>\n<tr><th>stage</th><th>requires</th><th>result</th><th>seen</th></tr>\n\
         {}</table></div>\n{}",
        rows.concat(),
        note(left_out)
    )
}

pub(super) fn warnings(timeline: &Timeline) -> String {
    if timeline.warnings.is_empty() {
        return String::new();
    }
    let items = timeline.warnings.iter();
    let items = items.map(|warning| format!("<li>{}</li>\n", escape(warning)));
    let (items, left_out) = fitting(items, MOST_OF_LIST);
    format!(
        "<h2>Warnings</h2>\n<ul>\n{}</ul>\n{}",
        items.concat(),
        note(left_out)
    )
}

/// The logs, folded.
pub(super) fn logs(timeline: &Timeline) -> String {
    if timeline.logs.is_empty() {
        return String::new();
    }
    let mut out = String::from("<h2>Logs</h2>\n");
    let mut room = MOST_OF_LOGS;
    for (at, log) in timeline.logs.iter().enumerate() {
        // What one log leaves of its share goes to the next ones. Of each log the end is kept: it matters most.
        let share = room / (timeline.logs.len() - at);
        let newest = log.lines.iter().rev().map(|line| escape(line));
        let (mut lines, left_out) = fitting(newest, share);
        lines.reverse();
        room -= lines.iter().map(|line| line.len() + 1).sum::<usize>();
        let all = log.lines.len() + log.dropped;
        let before = match (log.dropped + left_out, left_out) {
            (0, _) => String::new(),
            (n, 0) => format!("… {n} lines before\n"),
            (n, _) => format!("… {n} earlier lines, which did not fit on this page\n"),
        };
        let _ = writeln!(
            out,
            "<details><summary>{}<small>{}</small></summary><pre>{before}{}</pre></details>",
            escape(&log.title),
            units::count(u64::try_from(all).unwrap_or(u64::MAX), "line", "lines"),
            lines.join("\n")
        );
    }
    out
}
