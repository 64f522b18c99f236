use super::*;
use crate::report::fixtures::{self, Sample};

pub(in crate::report) fn told(sample: &Sample) -> Story {
    let mut story = Story::default();
    for event in &sample.events {
        story.on(event, &Redactor::default());
    }
    story
}

#[test]
fn what_was_done_and_for_how_long() {
    let story = told(&fixtures::verification_failed());
    let lines: Vec<String> = story
        .spans
        .iter()
        .map(|s| {
            format!(
                "{} | {} | {} | {:?}..{:?} {:?}",
                s.lane, s.what, s.app, s.from, s.to, s.verdict
            )
        })
        .collect();
    insta::assert_snapshot!("story", lines.join("\n"));
}

#[test]
fn what_the_run_did_not_see_the_end_of_is_open() {
    let story = told(&fixtures::unknown());
    assert!(story.spans.iter().any(|s| s.verdict == Verdict::Open));
}

#[test]
fn of_a_long_log_the_end_is_kept() {
    let mut story = Story::default();
    for i in 0..MAX_LINES + 3 {
        story.log(OutputSource::Build, "staging", "acme", &i.to_string());
    }
    let log = &story.logs[0];
    assert_eq!((log.lines.len(), log.dropped), (MAX_LINES, 3));
    assert_eq!(log.lines.front().map(String::as_str), Some("3"));
}
