//! Diagrams in Mermaid's language: the pipeline as a flow, the time as a Gantt chart.

use std::{fmt::Write as _, time::Duration};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use super::{
    sanitize, table,
    timeline::{Span, SpanStatus, Timeline},
};
use crate::journal::record::{AppOutcome, AppRecord, Record};
use crate::units;

/// With more apps than this no diagram is drawn.
const MOST_APPS: usize = 30;
/// With more bars than this no diagram is drawn.
const MOST_BARS: usize = 60;

/// The pipeline with what each app got; `None` if there is nothing to draw.
pub fn flow(record: &Record) -> Option<String> {
    let apps: usize = record.stages.iter().map(|s| s.apps.len()).sum();
    if apps == 0 || apps > MOST_APPS {
        return None;
    }
    let mut out = String::from("flowchart LR\n");
    let mut before = None;
    if let Some(source) = &record.source {
        let size = units::bytes(source.archive_bytes);
        let version = label(&units::short_version(&source.version));
        let files = units::count(source.files, "file", "files");
        let _ = writeln!(out, "  source([\"{version}<br/>{files}, {size}\"])");
        before = Some("source".to_owned());
    }
    for (s, stage) in record.stages.iter().enumerate() {
        let _ = writeln!(out, "  subgraph s{s}[\"{}\"]", label(&stage.stage));
        for (a, app) in stage.apps.iter().enumerate() {
            let (name, what) = (label(&app.app), label(&short(app)));
            let class = table::class(app.outcome);
            let _ = writeln!(out, "    s{s}a{a}[\"{name}<br/>{what}\"]:::{class}");
        }
        out.push_str("  end\n");
        if let Some(before) = before {
            let _ = writeln!(out, "  {before} -- {} --> s{s}", stage.how.word());
        }
        before = Some(format!("s{s}"));
    }
    for (class, fill, stroke) in [
        ("good", "#dafbe1", "#1a7f37"),
        ("bad", "#ffebe9", "#cf222e"),
        ("warn", "#fff8c5", "#9a6700"),
        ("idle", "#f6f8fa", "#8c959f"),
    ] {
        let _ = writeln!(
            out,
            "  classDef {class} fill:{fill},stroke:{stroke},color:#1f2328"
        );
    }
    Some(out)
}

fn short(app: &AppRecord) -> String {
    match (&app.release, app.outcome) {
        (Some(release), AppOutcome::Succeeded | AppOutcome::AlreadyLive) => {
            format!("v{}", release.version)
        }
        (Some(release), _) => format!("v{} {}", release.version, table::outcome(app)),
        (None, _) => table::outcome(app).to_owned(),
    }
}

/// The time line; `None` if there is nothing to draw.
pub fn gantt(timeline: &Timeline) -> Option<String> {
    let began = timeline.began?;
    if timeline.spans.is_empty() || timeline.spans.len() > MOST_BARS {
        return None;
    }
    // Times without a zone are read and shown in the same one, whichever that is: they stay UTC.
    let mut out =
        String::from("gantt\n  dateFormat YYYY-MM-DD HH:mm:ss.SSS\n  axisFormat %H:%M:%S\n");
    let mut lanes: Vec<&str> = Vec::new();
    for span in &timeline.spans {
        if !lanes.contains(&span.lane.as_str()) {
            lanes.push(&span.lane);
        }
    }
    for lane in lanes {
        let _ = writeln!(out, "  section {}", plain(lane));
        let mut spans: Vec<&Span> = timeline.spans.iter().filter(|s| s.lane == lane).collect();
        spans.sort_by_key(|s| s.from);
        for span in spans {
            let tag = match span.verdict {
                SpanStatus::Good => "done, ",
                SpanStatus::Bad => "crit, ",
                SpanStatus::Open => "active, ",
            };
            let took = span.to.saturating_sub(span.from);
            // A bar without any width can't be seen.
            let to = span.from + took.max(Duration::from_millis(50));
            let name = plain(&format!("{} {}", span.what, span.app));
            let _ = writeln!(
                out,
                "  {name} ({}) :{tag}{}, {}",
                units::duration(took),
                clock(began, span.from),
                clock(began, to)
            );
        }
    }
    Some(out)
}

fn clock(began: Timestamp, since: Duration) -> String {
    let since = SignedDuration::try_from(since).unwrap_or_default();
    let at = began.checked_add(since).unwrap_or(began);
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M:%S.%3f")
        .to_string()
}

/// Foreign text as a quoted label: characters with a meaning in Mermaid, HTML or Markdown become numeric entities.
fn label(foreign: &str) -> String {
    let mut out = String::new();
    for c in sanitize::text(foreign).chars().take(80) {
        if c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '/' | ',') {
            out.push(c);
        } else {
            let _ = write!(out, "#{};", u32::from(c));
        }
    }
    out
}

/// Foreign text where Mermaid knows no quotes: characters with a meaning become spaces.
fn plain(foreign: &str) -> String {
    let text: String = sanitize::text(foreign)
        .chars()
        .take(80)
        .map(|c| match c {
            c if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/') => c,
            _ => ' ',
        })
        .collect();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() {
        "-".to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{fixtures, timeline};

    #[test]
    fn the_pictures_of_a_run() {
        let sample = fixtures::promotion_failed();
        insta::assert_snapshot!("mermaid_flow", flow(&sample.record).unwrap());
        insta::assert_snapshot!(
            "mermaid_gantt",
            gantt(&timeline::of_sample(&sample)).unwrap()
        );
    }

    #[test]
    fn labels_mean_nothing() {
        assert_eq!(label("a\"]:::x`<b>"), "a#34;#93;#58;#58;#58;x#96;#60;b#62;");
        assert_eq!(plain("GET /health: x; y#z"), "GET /health x y z");
        assert_eq!(plain("::"), "-");
    }
}
