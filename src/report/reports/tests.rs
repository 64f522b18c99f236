use std::fs;

use proptest::prelude::*;

use super::*;
use crate::report::{
    console::tests::Shared,
    fixtures::{self, Sample},
    github::tests::read,
    runners,
    style::Verbosity,
};

/// Everything that a run printed and wrote.
struct Left {
    log: String,
    files: Vec<(&'static str, String)>,
}

impl Left {
    fn file(&self, name: &str) -> &str {
        let found = self.files.iter().find(|(n, _)| *n == name);
        &found.unwrap().1
    }
}

const FILES: [&str; 7] = [
    "record", "html", "junit", "dotenv", "links", "outputs", "summary",
];

fn play(sample: &Sample, style: Style, redactor: Redactor) -> Left {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| Some(directory.path().join(name));
    let targets = Targets {
        record: path("record"),
        html: path("html"),
        junit: path("junit"),
        dotenv: path("dotenv"),
        annotations: path("links"),
        outputs: path("outputs"),
        summary: path("summary"),
    };
    let shared = Shared::default();
    let console = Console::new(Out::to(shared.clone()), None, redactor);
    let ci = ci::Context::default();
    let reports = Reports::new("deploy", style, &console, &ci, targets);
    let mut listeners = reports.listeners(Output::Auto);
    let mut record = sample.begun();
    for event in &sample.events {
        record.apply(event);
        for listener in &mut listeners {
            listener.on(event, &record);
        }
    }
    let unwritten = reports.finish(&sample.record, sample.failure.as_ref());
    assert!(unwritten.is_empty(), "{unwritten:?}");
    let files = FILES.map(|name| (name, fs::read_to_string(path(name).unwrap()).unwrap()));
    Left {
        log: shared.text(),
        files: files.to_vec(),
    }
}

fn style(syntax: CiSyntax) -> Style {
    Style {
        syntax,
        masks: true,
        ..Style::plain()
    }
}

fn stable(log: &str) -> String {
    // Tokens are random.
    let mut out = String::new();
    for line in log.split_inclusive('\n') {
        let word = line.trim_start_matches("::stop-commands::");
        let word = word.trim().trim_matches(':');
        if word.len() == 32 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
            out += &line.replace(word, "TOKEN");
        } else {
            out += line;
        }
    }
    out.replace('\u{1b}', "^[").replace('\r', "^M")
}

#[test]
fn the_logs_of_ci_systems() {
    let log =
        |sample: &Sample, syntax| stable(&play(sample, style(syntax), Redactor::default()).log);
    insta::assert_snapshot!(
        "log_github",
        log(&fixtures::verification_failed(), CiSyntax::Github)
    );
    insta::assert_snapshot!(
        "log_github_build",
        log(&fixtures::build_failed(), CiSyntax::Github)
    );
    insta::assert_snapshot!(
        "log_gitlab",
        log(&fixtures::build_failed(), CiSyntax::Gitlab)
    );
    insta::assert_snapshot!("log_azure", log(&fixtures::build_failed(), CiSyntax::Azure));
    insta::assert_snapshot!(
        "log_buildkite",
        log(&fixtures::build_failed(), CiSyntax::Buildkite)
    );
}

#[test]
fn outputs_are_there_from_the_first_moment_and_final_at_the_end() {
    let sample = fixtures::happy();
    let left = play(&sample, style(CiSyntax::Github), Redactor::default());
    assert!(left.file("outputs").starts_with("outcome<<launchway_"));
    let first = left.file("outputs").lines().nth(1);
    assert_eq!(first, Some("cancelled"));
    let outputs = read(left.file("outputs"));
    assert_eq!(outputs["outcome"], "ok");
    assert_eq!(outputs["exit-code"], "0");
    assert_eq!(outputs["release"], "v8");
    assert!(outputs["record"].ends_with("record"));
    assert!(outputs["release-id"].contains("\"staging\""));
    assert!(!left.file("summary").contains("did not finish"));
}

/// Secrets are learnt while the run goes on; each is masked before the first line that could show it.
#[test]
fn what_is_learnt_is_masked_first_and_shown_nowhere() {
    let sample = fixtures::promotion_failed();
    let redactor = Redactor::default();
    redactor.announce("acme-shop-us");
    for syntax in [CiSyntax::Github, CiSyntax::Gitlab, CiSyntax::None] {
        let mut left = play(&sample, style(syntax), redactor.clone());
        if syntax == CiSyntax::Github {
            assert!(left.log.starts_with("::add-mask::acme-shop-us\n"));
            left.log = left.log.replace("::add-mask::acme-shop-us\n", "");
        }
        assert!(!left.log.contains("acme-shop-us"), "{}", left.log);
        assert!(left.log.contains("***"));
        for (name, text) in &left.files {
            assert!(!text.contains("acme-shop-us"), "{name}: {text}");
        }
    }
}

/// Text that is put together from what CI systems and browsers act on.
fn hostile() -> impl Strategy<Value = String> {
    let parts = [
        "##[error]",
        "##",
        "[",
        "]",
        "##vso[x]",
        "::error::",
        "::set-output name=outcome::ok",
        "::",
        " ",
        "\n",
        "\r",
        "\u{1b}[31m",
        "\u{1b}[0K",
        "\u{1b}",
        "word",
        "##teamcity[x]",
        "\u{a0}",
        "\u{9b}",
        "\u{202e}",
        "|",
        "'",
        "%0A",
        "section_start:1:a\r\u{1b}[0K",
        "section_end:1:launchway_1\r\u{1b}[0K",
        "```",
        "``````",
        "</details>",
        "\n\n# x",
        "<script>alert(1)</script>",
        "\"",
        "&",
        "]]>",
        "--- x",
        "+++ x",
        "travis_fold:end:x\r",
        "::endgroup::",
        "\u{fffe}",
        "::stop-commands::x",
        "outcome=ok",
        "launchway_<<",
    ];
    prop::collection::vec(prop::sample::select(parts.to_vec()), 0..24)
        .prop_map(|p| format!("x{}", p.concat()))
}

fn loud(syntax: CiSyntax, colour: bool) -> Style {
    Style {
        colour,
        verbosity: Verbosity::Verbose,
        ..style(syntax)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

    /// Whatever the text says, the systems hear the same commands as from a harmless one.
    #[test]
    fn foreign_text_adds_no_command(foreign in hostile(), colour in any::<bool>()) {
        for syntax in [CiSyntax::Github, CiSyntax::Azure, CiSyntax::Gitlab, CiSyntax::Teamcity, CiSyntax::Buildkite, CiSyntax::Travis] {
            let heard = |text: &str| {
                let left = play(&fixtures::foreign(text), loud(syntax, colour), Redactor::default());
                runners::heard(syntax, &left.log)
            };
            // Empty text closes parts in the same places as any other.
            prop_assert_eq!(heard(&foreign), heard("harmless"), "{:?}", syntax);
        }
    }

    #[test]
    fn foreign_text_stays_in_its_place_in_files(foreign in hostile()) {
        let left = play(&fixtures::foreign(&foreign), style(CiSyntax::Github), Redactor::default());
        let names: Vec<String> = read(left.file("outputs")).into_keys().collect();
        let usual = play(&fixtures::foreign("harmless"), style(CiSyntax::Github), Redactor::default());
        prop_assert_eq!(names, read(usual.file("outputs")).into_keys().collect::<Vec<_>>());
        let text = left.file("summary");
        prop_assert_eq!(runners::markdown_blocks(text), runners::markdown_blocks(usual.file("summary")), "{}", text);
        prop_assert!(runners::xml_is_well_formed(left.file("junit")), "{}", left.file("junit"));
        prop_assert!(serde_json::from_str::<serde_json::Value>(left.file("links")).is_ok());
        for line in left.file("dotenv").lines() {
            prop_assert!(line.starts_with("LAUNCHWAY_") && line.bytes().all(|b| b.is_ascii_graphic()), "{}", line);
        }
    }
}
