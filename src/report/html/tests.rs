use proptest::prelude::*;

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
            run_url: Some("https://github.com/acme/shop/actions/runs/1".into()),
            ..ci::Context::default()
        },
    })
}

#[test]
fn the_page_of_a_run() {
    insta::assert_snapshot!(
        "html_verification_failed",
        page(&fixtures::verification_failed()).replace(CSS, "CSS\n")
    );
}

#[test]
fn the_page_of_a_run_that_stopped_between_its_waves_and_went_back() {
    let page = page(&fixtures::rollback_failed());
    let (_, page) = page.split_once("</style>").unwrap();
    insta::assert_snapshot!("html_rollback_failed", page);
}

#[test]
fn what_was_required_is_on_the_page() {
    let mut sample = fixtures::happy();
    fixtures::gate(&mut sample.record.stages[1]);
    insta::assert_snapshot!("html_required", parts::required(&sample.record));
}

/// The names of a page's tags, in their order, and the attributes that could do something.
fn tags(page: &str) -> Vec<String> {
    let body = page.split_once("</style>").unwrap().1;
    body.split('<')
        .skip(1)
        .map(|tag| {
            let (tag, _) = tag.split_once('>').expect("every tag is closed");
            let mut names = vec![tag.split(' ').next().unwrap().to_owned()];
            let quotes = tag.split('"').skip(1).step_by(2).count();
            names.push(format!("{quotes} values"));
            assert!(!tag.contains(" on"), "{tag}");
            names.join(" ")
        })
        // The sample makes addresses of the text, which are links if they are valid.
        .filter(|tag| !tag.starts_with("a ") && !tag.starts_with("/a "))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn foreign_text_makes_no_tag(foreign in "x[<>&\"'a-z /=:!-]{0,40}") {
        prop_assert_eq!(tags(&page(&fixtures::foreign(&foreign))), tags(&page(&fixtures::foreign("x"))));
    }
}

#[test]
fn only_addresses_of_the_web_are_links() {
    assert_eq!(link("a", "javascript:alert(1)"), "a");
    assert_eq!(
        link("<a>", "https://x/\"y"),
        "<a href=\"https://x/%22y\">&lt;a&gt;</a>"
    );
}

#[test]
fn a_page_has_a_limit_and_says_what_it_left_out() {
    let sample = fixtures::happy();
    let mut timeline = timeline::of_sample(&sample);
    let line = "&".repeat(8000);
    timeline.warnings = vec![line.clone(); 500];
    timeline.logs = (0..9)
        .map(|n| timeline::Log {
            title: format!("log {n}"),
            lines: (0..200).map(|at| format!("{at} {line}")).collect(),
            dropped: 3,
        })
        .collect();
    let page = render(&RunReport {
        record: &sample.record,
        failure: None,
        timeline: &timeline,
        ci: &ci::Context::default(),
    });
    assert!(page.len() < 10 << 20, "{}", page.len());
    for said in [
        "earlier lines, which did not fit on this page",
        " more, which did not fit on this page",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(
        page.contains("199 &amp;") && !page.contains("\n0 &amp;"),
        "the end of a log stays"
    );
    assert_eq!(page.matches("<details>").count(), 9);
}
