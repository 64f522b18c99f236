//! Builds that fail, are too slow or are refused.

use crate::support::{SINGLE, Shop};

#[test]
fn a_failed_build_shows_the_end_of_its_log_again() {
    let shop = Shop::with(&["build=fail"]);
    let run = shop.deploy().run();
    run.exits(10);
    assert_ending!("failed", run);
    let reason = "The sandbox was told to fail this build.";
    assert_eq!(run.stderr.matches(reason).count(), 2, "{}", run.stderr);
    assert_eq!(run.app("shop-staging")["build"]["status"], "failed");
    assert_eq!(run.outcome("shop-staging"), "failed");
    assert_eq!(run.outcome("shop-eu"), "not_started");
    assert_eq!(run.runs("shop-staging"), 2);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
}

#[test]
fn a_build_that_fails_for_a_notice_is_made_once_more() {
    let shop = Shop::with(&["build=notice"]);
    let run = shop.deploy().run();
    run.exits(0).says("on purpose: the platform announces");
    assert_eq!(run.count("POST", "/builds"), 2);
    let app = run.app("shop-staging");
    assert_eq!(app["notice_build"]["status"], "failed");
    assert_eq!(app["build"]["status"], "succeeded");
    assert_ne!(app["build"]["id"], app["notice_build"]["id"]);
}

#[test]
fn a_second_notice_is_a_failed_build() {
    let shop = Shop::with(&["build=notice@1-2"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(10);
    assert_ending!("notice", run);
    assert_eq!(run.count("POST", "/builds"), 2);
}

#[test]
fn a_notice_may_be_taken_for_a_failed_build() {
    let yaml = SINGLE.replace("stages:", "build: {on_notice: fail}\nstages:");
    let run = Shop::with(&["build=notice"]).yaml(&yaml).deploy().run();
    run.exits(10)
        .says("run the same command again: the next build works");
    assert_eq!(run.count("POST", "/builds"), 1);
}

#[test]
fn only_the_end_of_a_long_log_is_shown_again() {
    let shop = Shop::with(&["build=fail", "log=flood:500"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(10);
    let count = |line: &str| run.stderr.matches(line).count();
    assert_eq!(count("line 1 of 500"), 1);
    assert_eq!(count("line 500 of 500"), 2);
    assert!(run.ending().lines().count() < 50, "{}", run.ending());
}

#[test]
fn an_upload_that_arrived_broken_is_not_built() {
    let shop = Shop::with(&["upload=corrupt"]);
    let run = shop.deploy().run();
    run.exits(10).says("Source checksum mismatch");
    assert_ending!("checksum", run);
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn an_upload_that_got_lost_is_not_built() {
    let shop = Shop::with(&["upload=lost"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(10).says("Could not fetch the source");
}

#[test]
fn a_build_that_takes_too_long_is_cancelled() {
    let yaml = SINGLE.replace("stages:", "build: {timeout: 400ms}\nstages:");
    let shop = Shop::with(&["build=never"]).yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(10);
    assert_ending!("too_slow", run);
    assert_eq!(run.asked("DELETE", "").count(), 1);
    assert_eq!(run.app("shop-staging")["build"]["status"], "failed");
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn a_slow_build_is_waited_for() {
    let shop = Shop::with(&["build=slow:1s"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(0);
    assert!(run.app("shop-staging")["seconds"].as_f64().unwrap() >= 1.0);
}

#[test]
fn a_build_that_the_platform_refuses_fails() {
    let shop = Shop::with(&["http=422:POST builds"]);
    let run = shop.deploy().run();
    run.exits(10);
    assert_ending!("refused", run);
    assert_eq!(run.outcome("shop-staging"), "failed");
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn a_refused_upload_stops_the_run() {
    let shop = Shop::with(&["upload=403"]);
    let run = shop.deploy().run();
    run.exits(69).changed_nothing();
    assert_ending!("upload_refused", run);
    assert_eq!(run.outcome("shop-staging"), "not_started");
}

#[test]
fn an_upload_is_repeated_where_that_helps() {
    for fault in [
        "upload=503@1",
        "upload=reset@1",
        "upload=reset-in-body@1",
        "http=503@1:POST sources",
    ] {
        let shop = Shop::with(&[fault]).yaml(SINGLE);
        shop.deploy().run().exits(0);
    }
}

#[test]
fn an_upload_host_that_can_not_be_reached_stops_the_run() {
    let shop = Shop::with(&["upload=refused"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(69).changed_nothing();
    assert_ending!("upload_unreachable", run);
}
