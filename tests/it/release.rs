//! Release phases and what becomes of releases, where the build is.

use crate::support::{SINGLE, Shop};

#[test]
fn a_failed_release_phase_stops_the_run_and_shows_its_output() {
    let shop = Shop::new().release_phase("bash -c 'echo no; exit 3'");
    let run = shop.deploy().run();
    run.exits(11);
    assert_ending!("phase_failed", run);
    let line = "Release command failed with exit status 1.";
    assert_eq!(run.stderr.matches(line).count(), 2, "{}", run.stderr);
    assert_eq!(run.app("shop-staging")["build"]["status"], "succeeded");
    assert_eq!(run.app("shop-staging")["release"]["status"], "failed");
    assert_eq!(run.outcome("shop-staging"), "failed");
    assert_eq!(run.runs("shop-staging"), 2);
    assert_eq!(run.outcome("shop-eu"), "not_started");
}

#[test]
fn an_expired_release_is_no_success() {
    let shop = Shop::with(&["release=expire:shop-staging"]);
    let run = shop.deploy().run();
    run.exits(11);
    assert_ending!("expired", run);
    assert_eq!(run.app("shop-staging")["release"]["status"], "expired");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
}

#[test]
fn what_an_expired_release_ran_is_built_anew() {
    let shop = Shop::with(&["release=expire@1:shop-staging"]).yaml(SINGLE);
    shop.deploy()
        .run()
        .exits(11)
        .says("run it again: the source is rebuilt");
    let again = shop.deploy().run();
    again.exits(0);
    assert_eq!(again.count("POST", "/builds"), 1);
    assert_eq!(again.count("POST", "/releases"), 0);
    assert_eq!(again.runs("shop-staging"), 4);
}

#[test]
fn a_release_phase_that_never_ends_is_not_waited_for_for_ever() {
    let shop = Shop::with(&["release-phase=never"]).yaml(SINGLE);
    // At this tempo the deadline of 65 minutes is two seconds.
    let run = shop.deploy().tempo("0.0005").run();
    run.exits(20);
    assert_ending!("phase_never", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
}

#[test]
fn a_slow_release_phase_is_waited_for() {
    let shop = Shop::with(&["release-phase=slow:800ms"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(0).says("Release command done.");
}

#[test]
fn a_status_that_nobody_knows_is_no_success() {
    for kind in ["builds", "releases", "targets"] {
        let shop = Shop::with(&[&format!("http=unknown-enum@1-3:GET {kind}")]);
        // A word of a later version of the API is waited out.
        shop.deploy().run().exits(0);
    }
}

#[test]
fn the_log_of_a_release_that_failed_before_anybody_looked_is_shown() {
    // The build's verdict is held back until the release phase has failed.
    let shop = Shop::with(&["http=503@1-8:GET /apps/*/builds/*"]).release_phase("exit 3");
    let run = shop.deploy().run();
    run.exits(11);
    let line = "Release command failed with exit status 1.";
    assert_eq!(run.stderr.matches(line).count(), 2, "{}", run.stderr);
}

#[test]
fn the_log_of_a_release_that_was_over_before_anybody_looked_is_shown_once() {
    for fault in [
        "http=503@1-8:GET /apps/*/builds/*",
        // The verdict of the promotion is held back, too.
        "http=503@1-8:GET /pipeline-promotions/*",
    ] {
        let shop = Shop::with(&[fault]).release_phase("./migrate");
        let run = shop.deploy().run();
        run.exits(0).does_not_say("warning");
        let mut shown = Vec::new();
        for event in run.events().filter(|event| event["event"] == "output") {
            if event["line"] == "$ ./migrate" {
                shown.push(event["app"].as_str().unwrap().to_owned());
            }
        }
        shown.sort();
        assert_eq!(shown, ["shop-eu", "shop-staging", "shop-us"], "{fault}");
        let done = run.output();
        let done = done.iter().filter(|line| *line == "Release command done.");
        assert_eq!(done.count(), 3, "{fault}");
    }
}

#[test]
fn a_log_that_can_not_be_read_afterwards_changes_no_verdict() {
    let shop = Shop::with(&["http=503@1-8:GET /apps/*/builds/*", "http=500@*:stream"])
        .yaml(SINGLE)
        .release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(0).says("is not shown in full");
    assert_eq!(run.outcome("shop-staging"), "succeeded");
}
