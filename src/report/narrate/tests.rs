use super::*;
use crate::{journal::event::OutputSource, report::fixtures::reference};

fn tell(narrator: &mut Narrator, event: Event) -> Vec<String> {
    let stamped = Stamped {
        at: "2026-08-01T12:00:00Z".parse().unwrap(),
        elapsed: Duration::ZERO,
        event,
    };
    let line = |line| match line {
        Line::Header(text) => text,
        Line::Output { app, text } => format!("{}|{text}", app.unwrap_or_default()),
        Line::Step(s) => format!("{:?} {} {}: {}", s.from, s.label.word(), s.subject, s.text),
    };
    narrator.lines(&stamped).into_iter().map(line).collect()
}

fn narrator(secret: &str) -> Narrator {
    Narrator::new(Colours::Strip, Redactor::new([secret]))
}

#[test]
fn words_of_the_platform_that_nobody_expected_are_told_as_they_are() {
    let (stage, app) = (|| "staging".to_owned(), || "acme".to_owned());
    let took = Duration::from_secs(3);
    let release = |status: &str| Event::ReleaseFinished {
        stage: stage(),
        app: app(),
        release: reference(12),
        status: status.into(),
        took,
    };
    let build = |status: &str| Event::BuildFinished {
        stage: stage(),
        app: app(),
        build: "b".into(),
        status: status.into(),
        took,
    };
    let target = |status: &str| Event::TargetFinished {
        stage: stage(),
        app: app(),
        status: status.into(),
        error: None,
    };
    for (event, expected) in [
        (build("timed out"), "Quiet build acme: timed out after 3s"),
        (release("expired"), "Quiet release acme: v12 expired"),
        (target("skipped"), "Quiet promote acme: skipped"),
    ] {
        assert_eq!(tell(&mut narrator(""), event), [expected]);
    }
    let alone = tell(&mut narrator(""), target("succeeded"));
    assert_eq!(alone, ["Normal promote acme: succeeded"]);
    let mut after_release = narrator("");
    tell(&mut after_release, release("succeeded"));
    let after = tell(&mut after_release, target("succeeded"));
    assert_eq!(
        after,
        ["Verbose promote acme: succeeded"],
        "its release has said so"
    );
}

#[test]
fn a_long_pause_is_told_and_a_short_one_only_on_demand() {
    for (seconds, from, until) in [(2, "Verbose", ""), (10, "Normal", ", given up at 12:05:00")] {
        let event = Event::Retrying {
            request: "GET /apps/acme".into(),
            why: "429".into(),
            pause: Duration::from_secs(seconds),
            left: Some(Duration::from_mins(5)),
        };
        let expected = format!("{from} retry : GET /apps/acme: 429; again in {seconds}s{until}");
        assert_eq!(tell(&mut narrator(""), event), [expected]);
    }
}

#[test]
fn output_is_one_line_for_each_line_that_a_runner_would_see() {
    let output = |line: &str, several| Event::Output {
        source: OutputSource::Build,
        stage: "staging".into(),
        app: "acme".into(),
        several,
        line: line.into(),
    };
    let mut n = narrator("");
    assert_eq!(tell(&mut n, output("", false)), ["|"]);
    assert_eq!(
        tell(&mut n, output("10%\r20%\r\n", true)),
        ["acme|10%", "acme|20%"]
    );
}

#[test]
fn a_cut_does_not_leave_half_of_a_secret() {
    let secret = "a-secret-token";
    let line = format!("{}{secret}", "x".repeat(sanitize::MAX_LINE - 10));
    let event = Event::Output {
        source: OutputSource::Build,
        stage: "staging".into(),
        app: "acme".into(),
        several: false,
        line,
    };
    let told = tell(&mut narrator(secret), event);
    assert!(
        told[0].ends_with("x***"),
        "{}",
        &told[0][sanitize::MAX_LINE - 20..]
    );
}
