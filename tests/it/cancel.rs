//! Runs that are cut off: by a signal, or by `--timeout`.

use std::time::Duration;

use rustix::process::Signal;

use crate::support::{PIPELINE, SINGLE, Shop, WITHOUT_PIPELINE};

/// A CI system kills what has not ended by then.
const BOUND: Duration = Duration::from_secs(7);

#[test]
fn a_signal_cancels_the_pending_build() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let shop = Shop::with(&["build=never"]);
        let mut live = shop.deploy().start();
        live.until_event(|event| event["event"] == "output");
        live.signal(signal);
        let run = live.end();
        run.exits(code);
        assert!(run.took < BOUND, "{:?}", run.took);
        assert_eq!(run.asked("DELETE", "").count(), 1);
        let build = &run.state["apps"]["shop-staging"]["builds"][0];
        assert_eq!(build["status"], "failed");
        assert_eq!(run.app("shop-staging")["build"]["status"], "failed");
        assert_eq!(run.outcome("shop-staging"), "failed");
        assert_eq!(run.runs("shop-staging"), 2);
        if code == 143 {
            assert_ending!("build_terminated", run);
        }
    }
}

#[test]
fn a_build_that_can_not_be_cancelled_is_said_to_go_on() {
    for fault in ["http=503@*:DELETE builds", "http=hang@*:DELETE builds"] {
        let shop = Shop::with(&["build=never", fault]);
        let mut live = shop.deploy().start();
        live.until("build_started");
        live.signal(Signal::TERM);
        let run = live.end();
        run.exits(143);
        assert!(run.took < BOUND, "{:?}", run.took);
        assert_eq!(run.outcome("shop-staging"), "unknown");
        assert_ending!("build_goes_on", run);
    }
}

#[test]
fn a_second_signal_leaves_at_once() {
    let shop = Shop::with(&["build=never", "http=hang@*:DELETE builds"]);
    let mut live = shop.deploy().start();
    live.until("build_started");
    live.signal(Signal::INT);
    live.until("note");
    live.signal(Signal::INT);
    let run = live.end();
    run.exits(130);
    assert!(run.took < Duration::from_secs(3), "{:?}", run.took);
}

#[test]
fn a_signal_while_the_build_is_created_says_that_it_may_exist() {
    let shop = Shop::with(&["http=delay:20s:POST builds"]);
    let mut live = shop.deploy().start();
    live.until("uploaded");
    // The request is on its way when the platform has it.
    while !shop
        .requests()
        .iter()
        .any(|r| r.method == "POST" && r.path.ends_with("/builds"))
    {
        std::thread::yield_now();
    }
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143)
        .does_not_say("nothing was changed on the platform");
    assert!(run.took < BOUND, "{:?}", run.took);
    assert_ending!("build_being_created", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
}

#[test]
fn a_signal_during_the_release_phase() {
    let shop = Shop::with(&["release-phase=never"]);
    let mut live = shop.deploy().start();
    live.until("release_started");
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_ending!("release_phase", run);
    assert_eq!(run.asked("DELETE", "").count(), 0);
    assert_eq!(run.outcome("shop-staging"), "unknown");
}

#[test]
fn a_signal_during_a_promotion() {
    let shop = Shop::with(&["target=never:shop-us"]);
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "release_finished" && event["app"] == "shop-eu");
    live.signal(Signal::INT);
    let run = live.end();
    run.exits(130);
    assert!(run.took < BOUND, "{:?}", run.took);
    assert_ending!("promotion", run);
    assert_eq!(run.asked("DELETE", "").count(), 0);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    assert_eq!(run.outcome("shop-us"), "unknown");
}

#[test]
fn a_signal_during_a_check_ends_its_command() {
    let yaml = PIPELINE.replacen(
        "    verify:\n",
        "    verify:\n      - run: echo $$ > ../pid; sleep 300\n",
        1,
    );
    let shop = Shop::new().yaml(&yaml);
    let mut live = shop.deploy().start();
    live.until("check_started");
    let pid = shop.root().join("pid");
    while !std::fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n')) {
        std::thread::yield_now();
    }
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_ending!("check", run);
    assert_eq!(run.outcome("shop-staging"), "unverified");
    let pid = std::fs::read_to_string(pid).unwrap();
    assert!(crate::verify::is_gone(pid.trim()), "{pid} still runs");
}

#[test]
fn a_signal_before_anything_was_changed() {
    let shop = Shop::with(&["http=hang:GET apps"]);
    let mut live = shop.deploy().start();
    live.until("run_started");
    while shop.requests().is_empty() {
        std::thread::yield_now();
    }
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143)
        .changed_nothing()
        .says("nothing was changed on the platform");
    assert!(run.took < BOUND, "{:?}", run.took);
}

#[test]
fn the_deadline_of_the_run_cancels_the_build() {
    let shop = Shop::with(&["build=never"]);
    let run = shop.deploy().args(&["--timeout", "2s"]).run();
    run.exits(124);
    assert_ending!("timeout", run);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.asked("DELETE", "").count(), 1);
    assert_eq!(
        run.state["apps"]["shop-staging"]["builds"][0]["status"],
        "failed"
    );
}

#[test]
fn the_deadline_of_the_run_may_pass_during_a_slug_release() {
    let shop = Shop::with(&["release-phase=never:shop-eu"]).yaml(WITHOUT_PIPELINE);
    let run = shop.deploy().args(&["--timeout", "2s"]).run();
    run.exits(124);
    assert_ending!("timeout_slug", run);
    assert_eq!(run.outcome("shop-eu"), "unknown");
}

#[test]
fn a_build_that_ended_before_it_could_be_cancelled_is_told() {
    // The verdict comes while nobody looks: the answer to the first look hangs.
    let shop = Shop::with(&["http=hang@1:GET /apps/*/builds/*"]).yaml(SINGLE);
    let mut live = shop.deploy().start();
    live.until("build_started");
    while shop.runs_version("shop-staging") < 3 {
        std::thread::yield_now();
    }
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert!(run.took < BOUND, "{:?}", run.took);
    assert_ending!("too_late_to_cancel", run);
    assert_eq!(run.outcome("shop-staging"), "unverified");
    assert_eq!(run.app("shop-staging")["release"]["version"], 3);
}
