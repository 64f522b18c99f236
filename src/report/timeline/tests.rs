use super::*;
use crate::report::fixtures::{self, Sample};

pub(in crate::report) fn of_sample(sample: &Sample) -> Timeline {
    let mut timeline = Timeline::default();
    for event in &sample.events {
        timeline.on(event, &Redactor::default());
    }
    timeline
}

#[test]
fn what_was_done_and_for_how_long() {
    let timeline = of_sample(&fixtures::verification_failed());
    let lines: Vec<String> = timeline
        .spans
        .iter()
        .map(|s| {
            format!(
                "{} | {} | {} | {:?}..{:?} {:?}",
                s.lane, s.what, s.app, s.from, s.to, s.verdict
            )
        })
        .collect();
    insta::assert_snapshot!("timeline", lines.join("\n"));
}

#[test]
fn what_the_run_did_not_see_the_end_of_is_open() {
    let timeline = of_sample(&fixtures::unknown());
    assert!(timeline.spans.iter().any(|s| s.verdict == SpanStatus::Open));
}

#[test]
fn of_a_long_log_the_end_is_kept() {
    let mut timeline = Timeline::default();
    for i in 0..MAX_LINES + 3 {
        timeline.log(OutputSource::Build, "staging", "acme", &i.to_string());
    }
    let log = &timeline.logs[0];
    assert_eq!((log.lines.len(), log.dropped), (MAX_LINES, 3));
    assert_eq!(log.lines.front().map(String::as_str), Some("3"));
}
