//! The pipeline with gates of `docs/gates.md`, run as it is shown.

use std::fs;

use crate::support::{FILTERS, Run, Shop};

/// A shop that deploys with the file of the page. Its names are those that the sandbox of the tests has.
fn shop(faults: &[&str], clock: &str) -> Shop {
    let yaml = fs::read_to_string("examples/gates/deploy.yaml").unwrap();
    let yaml = yaml.replace("acme-shop-", "shop-");
    let shop = Shop::with(faults).yaml(&yaml);
    shop.sandbox.set_clock(clock.parse().unwrap());
    shop
}

const FRIDAY: &str = "2026-03-06T09:00:00Z";
const SATURDAY: &str = "2026-03-07T09:00:00Z";

#[test]
fn the_page_shows_the_file() {
    let page = fs::read_to_string("docs/gates.md").unwrap();
    let file = fs::read_to_string("examples/gates/deploy.yaml").unwrap();
    assert!(page.contains(&format!("```yaml\n{file}```\n")));
}

#[test]
fn all_gates_open() {
    let run = shop(&[], FRIDAY).deploy().run();
    run.exits(0);
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "succeeded", "{app}");
    }
}

#[test]
fn a_closed_window_refuses_unless_it_is_ignored() {
    let shop = shop(&[], SATURDAY);
    let run = shop.deploy().run();
    run.exits(16)
        .says("is closed until Mon 2026-03-09 09:00 Europe/Berlin")
        .says("nothing was changed in production");
    assert_eq!(run.runs("shop-eu"), 2);
    let run = shop.deploy().args(&["--ignore-window"]).run();
    run.exits(0).says("--ignore-window");
}

#[test]
fn a_release_phase_that_fails_sends_the_others_back() {
    let shop = shop(&["release-phase=fail@1:shop-us"], FRIDAY);
    let run = shop.deploy().run();
    // Of the whole stage, not of the last wave.
    run.exits(14).says("1 of 2 apps of production failed");
    assert_eq!(run.outcome("shop-eu"), "rolled_back");
    assert_eq!(run.outcome("shop-us"), "failed");
}

/// Everything that people read of a run, without what differs from run to run. Checks of an app that end at the same time are
/// told in any order.
fn told(run: &Run) -> String {
    let mut lines: Vec<&str> = run.stderr.lines().collect();
    let verified = |line: &&str| line.get(10..16) == Some("verify");
    for some in lines.chunk_by_mut(|a, b| verified(a) && verified(b)) {
        some.sort_by_key(|line| line.get(10..).map(str::to_owned));
    }
    lines.join("\n")
}

/// Holds all that people read against a snapshot.
macro_rules! assert_told {
    ($name:expr, $run:expr) => {
        let times = [
            (r"(?m)^\d\d:\d\d:\d\d", "[clock]"),
            (r"2026-\d\d-\d\d, times", "[day], times"),
            (r"(1 try|\d+ tries)( in \d+(\.\d+)?s)?", "[n] tries"),
            (r"failed( in \d+(\.\d+)?s)?: exit", "failed: exit"),
            (r"in \d+(\.\d+)?m?s\b", "in [took]"),
            (r"\d+ B in \[took\]", "[size] in [took]"),
            (r"→ \d+ B", "→ [size]"),
            (r"\d+ B unpacked", "[size] unpacked"),
            (r"Done: \d+ B", "Done: [size]"),
            (r"build [0-9a-f]{8} started", "build [build] started"),
        ];
        let filters = times.into_iter().chain(FILTERS).collect::<Vec<_>>();
        insta::with_settings!({filters => filters, omit_expression => true}, {
            insta::assert_snapshot!($name, told(&$run));
        });
    };
}

#[test]
fn a_good_run_can_be_read_by_a_stranger() {
    let run = shop(&[], FRIDAY).deploy().run();
    run.exits(0);
    assert_told!("told_good", run);
}

#[test]
fn a_run_that_went_back_can_be_read_by_a_stranger() {
    // The smoke test finds something on the second wave's app; both go back, one after the other.
    let shop = shop(&[], FRIDAY);
    let smoke = "case $LAUNCHWAY_APP-$LAUNCHWAY_RELEASE in shop-us-v3) echo checkout answers 500; exit 1 ;; esac\n";
    shop.write("smoke.sh", smoke);
    let file = shop.workspace().join("deploy.yaml");
    let yaml = fs::read_to_string(file).unwrap();
    let yaml = yaml.replace("    waves:", "    max_parallel: 1\n    waves:");
    let yaml = yaml.replace(
        "    on_failure:",
        "      - run: sh smoke.sh\n    on_failure:",
    );
    shop.write("deploy.yaml", &yaml);
    let run = shop.deploy().run();
    run.exits(14);
    assert_told!("told_rolled_back", run);
}

#[test]
fn a_refused_run_can_be_read_by_a_stranger() {
    let shop = shop(&["app=config-vars:shop-us"], SATURDAY);
    let run = shop.deploy().run();
    run.exits(16);
    assert_told!("told_refused", run);
}
