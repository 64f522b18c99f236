use proptest::prelude::*;

use super::*;
use crate::redact::Redactor;
use crate::report::{
    console::{Out, tests::Shared},
    ending,
    fixtures::{self, Sample},
    rules::{is_command, is_section, only_colours},
    sanitize,
    style::Verbosity::{Normal, Quiet, Verbose},
};

fn play(sample: &Sample, style: Style) -> String {
    let shared = Shared::default();
    let console = Console::new(Out::to(shared.clone()), None, Redactor::default());
    let mut human = Human::new(&console, style);
    for event in &sample.events {
        human.on(event, &sample.record);
    }
    console.print(&ending::render(
        &sample.record,
        sample.failure.as_ref(),
        &style,
    ));
    shared.text()
}

fn at(verbosity: Verbosity) -> Style {
    Style {
        verbosity,
        ..Style::plain()
    }
}

#[test]
fn the_whole_output_of_a_run() {
    insta::assert_snapshot!("happy", play(&fixtures::happy(), at(Normal)));
    insta::assert_snapshot!("happy_quiet", play(&fixtures::happy(), at(Quiet)));
    insta::assert_snapshot!("happy_verbose", play(&fixtures::happy(), at(Verbose)));
    insta::assert_snapshot!("build_failed", play(&fixtures::build_failed(), at(Normal)));
    insta::assert_snapshot!(
        "promotion_failed",
        play(&fixtures::promotion_failed(), at(Normal))
    );
    insta::assert_snapshot!(
        "verification_failed",
        play(&fixtures::verification_failed(), at(Normal))
    );
    insta::assert_snapshot!(
        "verification_failed_quiet",
        play(&fixtures::verification_failed(), at(Quiet))
    );
    insta::assert_snapshot!("unknown", play(&fixtures::unknown(), at(Normal)));
}

#[test]
fn colours_repeat_what_the_words_say() {
    let style = Style {
        colour: true,
        ..Style::plain()
    };
    let coloured = play(&fixtures::promotion_failed(), style);
    insta::assert_snapshot!("promotion_failed_coloured", coloured.replace('\u{1b}', "^"));
    let stripped: Vec<String> = coloured
        .lines()
        .map(|l| sanitize::line(l, sanitize::Colours::Strip))
        .collect();
    let plain = play(&fixtures::promotion_failed(), Style::plain());
    assert_eq!(stripped, plain.lines().collect::<Vec<_>>());
}

#[test]
fn a_silent_wait_says_that_it_goes_on() {
    let shared = Shared::default();
    let console = Console::new(Out::to(shared.clone()), None, Redactor::default());
    let human = Human::new(&console, Style::plain());
    let mut core = human.core.lock().unwrap();
    let event = Stamped {
        at: "2026-08-01T12:00:00Z".parse().unwrap(),
        elapsed: Duration::ZERO,
        event: Event::Waiting {
            what: "the build of acme".into(),
            standing: None,
            deadline: Duration::from_mins(30),
            then: "it is cancelled".into(),
            aloud: false,
        },
    };
    core.on(&event);
    let minute = "2026-08-01T12:01:00Z".parse().unwrap();
    core.tick(minute, Duration::from_secs(59));
    core.tick(minute, Duration::from_mins(1));
    core.tick(minute, Duration::from_secs(61));
    assert_eq!(
        shared.text(),
        "12:01:00  wait     still for the build of acme since 12:00:00 (1m), until 12:30:00 (30m in all); then it is \
         cancelled\n"
    );
}

#[test]
fn no_secret_reaches_the_console() {
    let shared = Shared::default();
    let redactor = Redactor::new(["acme-shop-us"]);
    let console = Console::new(Out::to(shared.clone()), None, redactor);
    let sample = fixtures::promotion_failed();
    let mut human = Human::new(&console, Style::plain());
    for event in &sample.events {
        human.on(event, &sample.record);
    }
    console.print(&ending::render(
        &sample.record,
        sample.failure.as_ref(),
        &Style::plain(),
    ));
    assert!(!shared.text().contains("acme-shop-us"));
    assert!(shared.text().contains("***"));
}

/// Text that is put together from what CI systems act on.
fn hostile() -> impl Strategy<Value = String> {
    let parts = [
        "##[error]",
        "##",
        "[",
        "##vso[x]",
        "::error::",
        "::",
        " ",
        "\n",
        "\r",
        "\u{1b}[31m",
        "\u{1b}[2K",
        "\u{1b}",
        "word",
        "##teamcity[x]",
        "\u{a0}",
        "\u{9b}",
        "\u{202e}",
        "section_start:1:a",
        "\u{2028}",
        "a-rather-long-word-to-wrap",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..40).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn nothing_foreign_can_speak_to_a_ci_system(foreign in hostile(), colour in any::<bool>(), narrow in any::<bool>()) {
        let sample = fixtures::foreign(&foreign);
        let width = if narrow { 60 } else { 160 };
        let printed = play(&sample, Style { colour, width, verbosity: Verbose, ..Style::plain() });
        prop_assert!(only_colours(&printed) && !is_section(&printed), "{printed:?}");
        for line in sanitize::split(&printed) {
            prop_assert!(!is_command(line), "{line:?}");
        }
    }
}
