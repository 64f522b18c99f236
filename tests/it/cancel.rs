//! Runs that are cut off: by a signal, or by `--timeout`.

use rustix::process::Signal;

use crate::support::{Live, PIPELINE, Run, SINGLE, Shop, WITHOUT_PIPELINE};

/// For what does not come: it is not waited for as long as it would be.
const SHORT: (&str, &str) = ("LAUNCHWAY_TEST_CLEAN_UP", "0.1");

#[test]
fn a_signal_cancels_the_pending_build() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let shop = Shop::with(&["build=never"]);
        let mut live = shop.deploy().start();
        live.until_event(|event| event["event"] == "output");
        live.signal(signal);
        let run = live.end();
        run.exits(code);
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

/// A build that is pending when the signal comes, on a platform that does not take its cancellation.
fn goes_on(fault: &str) {
    let shop = Shop::with(&["build=never", fault]);
    let mut live = shop.deploy().env(SHORT.0, SHORT.1).start();
    live.until("build_started");
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_eq!(run.outcome("shop-staging"), "unknown");
    assert_ending!("build_goes_on", run);
}

#[test]
fn a_build_that_can_not_be_cancelled_is_said_to_go_on() {
    goes_on("http=503@*:DELETE builds");
}

#[test]
fn a_platform_that_does_not_answer_does_not_hold_up_the_end() {
    goes_on("http=hang@*:DELETE builds");
}

#[test]
fn a_second_signal_leaves_at_once() {
    let shop = Shop::with(&["build=never", "http=hang@*:DELETE builds"]);
    let mut live = shop.deploy().start();
    live.until("build_started");
    live.signal(Signal::INT);
    live.until("note");
    live.signal(Signal::INT);
    live.end()
        .exits(130)
        .says("a second signal came before build")
        .says("it may still finish and be released");
}

/// A run that gets a signal while a creating request is on its way: the platform has it and has not answered.
fn while_creating<'a>(shop: &'a Shop, path: &str, clean_up: &str) -> Live<'a> {
    // Not the quickest tempo: no request may time out before the run is over.
    let deploy = shop.deploy().tempo("0.2").env(SHORT.0, clean_up);
    let mut live = deploy.start();
    shop.until_asked("POST", path);
    live.signal(Signal::TERM);
    live
}

fn waits_for_the_answer(event: &serde_json::Value) -> bool {
    let what = event["what"].as_str().unwrap_or_default();
    event["event"] == "waiting" && what.starts_with("the answer to the request for ")
}

/// A run whose creating request is answered when it waits for that after the signal.
fn answered_late(shop: &Shop, path: &str) -> Run {
    shop.hold("POST", path);
    let mut live = while_creating(shop, path, "10");
    live.until_event(waits_for_the_answer);
    shop.let_go(path);
    live.end()
}

#[test]
fn a_signal_while_the_build_is_created_waits_for_the_answer_and_cancels_it() {
    let shop = Shop::with(&["build=never"]);
    let run = answered_late(&shop, "/builds");
    run.exits(143);
    assert_ending!("build_answered_late", run);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.asked("DELETE", "").count(), 1);
    let builds = run.state["apps"]["shop-staging"]["builds"].as_array();
    let builds: Vec<_> = builds.unwrap().iter().map(|b| &b["status"]).collect();
    assert_eq!(builds, ["failed"]);
    assert_eq!(run.outcome("shop-staging"), "failed");
}

#[test]
fn a_build_whose_answer_does_not_come_is_found_and_cancelled() {
    let shop = Shop::with(&["build=never", "http=delay-after:10m:POST builds"]);
    let run = while_creating(&shop, "/builds", "3").end();
    run.exits(143).says("was cancelled; nothing was released");
    assert_eq!(run.count("POST", "/builds"), 1);
    let build = &run.state["apps"]["shop-staging"]["builds"][0];
    assert_eq!(build["status"], "failed");
    assert_eq!(run.app("shop-staging")["build"]["id"], build["id"]);
    assert_eq!(run.outcome("shop-staging"), "failed");
}

#[test]
fn a_signal_while_the_build_is_created_says_that_it_may_exist() {
    for fault in ["http=delay:10m:POST builds", "http=hang:POST builds"] {
        let shop = Shop::with(&[fault]);
        let run = while_creating(&shop, "/builds", SHORT.1).end();
        run.exits(143)
            .does_not_say("nothing was changed on the platform");
        assert_ending!("build_being_created", run);
        assert_eq!(run.outcome("shop-staging"), "unknown");
        assert_eq!(run.count("POST", "/builds"), 1);
    }
}

#[test]
fn a_second_signal_does_not_wait_for_the_answer() {
    let shop = Shop::with(&["http=hang:POST builds"]);
    let mut live = while_creating(&shop, "/builds", "10");
    live.until_event(waits_for_the_answer);
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143)
        .says("it is unknown whether a build")
        .says("a second signal came before the answer");
}

#[test]
fn a_signal_while_the_promotion_is_created_waits_for_the_answer() {
    let shop = Shop::with(&["target=never"]);
    let run = answered_late(&shop, "/pipeline-promotions");
    run.exits(143);
    assert_ending!("promotion_answered_late", run);
    let id = &run.state["promotions"][0]["id"];
    assert_eq!(run.record()["stages"][1]["promotion"], *id);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
    assert_eq!(run.outcome("shop-eu"), "unknown");
}

#[test]
fn a_signal_while_a_slug_is_released_waits_for_the_answer_and_releases_no_other() {
    let shop = Shop::new().yaml(WITHOUT_PIPELINE);
    let run = answered_late(&shop, "/releases");
    run.exits(143).says("release v3 of shop-eu was just made");
    assert_eq!(run.count("POST", "/releases"), 1);
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 2));
    assert_eq!(run.outcome("shop-eu"), "unverified");
    assert_eq!(run.outcome("shop-us"), "not_started");
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
    let is_there = || std::fs::read_to_string(&pid).is_ok_and(|text| text.ends_with('\n'));
    shop.until(is_there);
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_ending!("check", run);
    assert_eq!(run.outcome("shop-staging"), "unverified");
    let pid = std::fs::read_to_string(pid).unwrap();
    crate::verify::until_gone(&pid);
}

#[test]
fn a_signal_before_anything_was_changed() {
    let shop = Shop::with(&["http=hang:GET apps"]);
    let mut live = shop.deploy().start();
    live.until("run_started");
    live.until_it_asks();
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143)
        .changed_nothing()
        .says("nothing was changed on the platform");
}

/// A run whose deadline comes when it has come so far: on a busy machine later than on another.
fn with_a_deadline(shop: impl Fn() -> Shop, so_far: impl Fn(&Run) -> bool) -> Run {
    for limit in ["1s", "2s", "4s", "8s", "16s", "32s"] {
        let run = shop().deploy().args(&["--timeout", limit]).run();
        run.exits(124);
        if so_far(&run) {
            return run;
        }
    }
    panic!("its deadline always came too early");
}

#[test]
fn the_deadline_of_the_run_cancels_the_build() {
    let shop = || Shop::with(&["build=never"]);
    let has_built = |run: &Run| run.events().any(|event| event["event"] == "build_started");
    let run = with_a_deadline(shop, has_built);
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
    let shop = || Shop::with(&["release-phase=never:shop-eu"]).yaml(WITHOUT_PIPELINE);
    let releases = |run: &Run| {
        let mut events = run.events();
        events.any(|event| event["event"] == "release_started" && event["app"] == "shop-eu")
    };
    let run = with_a_deadline(shop, releases);
    assert_ending!("timeout_slug", run);
    assert_eq!(run.outcome("shop-eu"), "unknown");
}

#[test]
fn a_build_that_ended_before_it_could_be_cancelled_is_told() {
    // The verdict comes while nobody looks: the answer to the first look hangs.
    let shop = Shop::with(&["http=hang@1:GET /apps/*/builds/*"]).yaml(SINGLE);
    let mut live = shop.deploy().start();
    live.until("build_started");
    shop.until(|| shop.runs_version("shop-staging") == 3);
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_ending!("too_late_to_cancel", run);
    assert_eq!(run.outcome("shop-staging"), "unverified");
    assert_eq!(run.app("shop-staging")["release"]["version"], 3);
}
