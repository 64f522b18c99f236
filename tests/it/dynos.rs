//! Checks of dynos: the formation against what is there.

use serde_json::json;

use crate::support::{PIPELINE, SINGLE, Shop};

/// One stage with this check of dynos.
fn checked(dynos: &str) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    format!("{stages}    verify:\n      - dynos: {dynos}\n")
}

/// The same, quick.
fn quick() -> String {
    checked("{state: up, within: 300ms, every: 20ms}")
}

fn scale(shop: &Shop, kind: &str, quantity: u64) {
    let path = format!("/apps/shop-staging/formation/{kind}");
    let (status, text) = shop.answer("PATCH", &path, &json!({"quantity": quantity}));
    assert_eq!(status, 200, "{text}");
}

#[test]
fn each_dyno_of_the_formation_is_looked_at() {
    let shop = Shop::new().yaml(&checked("up"));
    scale(&shop, "web", 3);
    let run = shop.deploy().run();
    run.exits(0).says("dynos up: web 3 of 3 up with v3");
    let check = &run.app("shop-staging")["checks"][0];
    assert_eq!(check["check"], "dynos up");
    assert_eq!(check["seen"], "web 3 of 3 up with v3");
    assert_eq!(run.count("GET", "/formation"), 1);
    assert_eq!(run.count("GET", "/dynos"), 1);
    // It has no use for `preboot`: a dyno says which release it runs.
    assert_eq!(run.count("GET", "/features/preboot"), 0);
}

#[test]
fn dynos_that_start_late_are_waited_for() {
    let yaml = checked("{state: up, within: 30s, every: 10ms}");
    let run = Shop::with(&["dynos=late:4"]).yaml(&yaml).deploy().run();
    run.exits(0);
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 5);
}

#[test]
fn a_dyno_that_crashed_or_runs_the_old_release_fails_the_check() {
    for (fault, seen) in [
        ("dynos=crash", "web 0 of 1 up with v3: web.1 has crashed"),
        ("dynos=old", "web 0 of 1 up with v3: web.1 runs v2"),
        (
            "dynos=late:4000000000",
            "web 0 of 1 up with v3: web.1 is starting",
        ),
    ] {
        let run = Shop::with(&[fault]).yaml(&quick()).deploy().run();
        run.exits(13)
            .says(seen)
            .says("the check `dynos up` failed in staging");
    }
    let run = Shop::with(&["dynos=crash"]).yaml(&quick()).deploy().run();
    assert_ending!("crashed", run);
}

#[test]
fn a_crash_within_the_soak_fails_it() {
    let yaml = checked("up\n        every: 10ms\n        soak: 20s");
    let run = Shop::with(&["dynos=crash@3"]).yaml(&yaml).deploy().run();
    run.exits(13)
        .says("web.1 has crashed")
        .says("into the soak of 20s");
}

#[test]
fn one_off_dynos_and_those_on_their_way_out_do_not_count() {
    let run = Shop::with(&["dynos=one-off"]).yaml(&quick()).deploy().run();
    run.exits(0).says("web 1 of 1 up with v3");
}

#[test]
fn an_app_that_is_scaled_to_nothing_has_nothing_to_show() {
    let shop = Shop::new().yaml(&quick());
    scale(&shop, "web", 0);
    let run = shop.deploy().run();
    run.exits(0)
        .says("no dyno is expected: every process type is scaled to 0");
}

#[test]
fn a_release_that_took_no_dyno_is_live_on_fir_too() {
    let shop = Shop::on(launchway::sandbox::Generation::Fir, &[]).yaml(&quick());
    let run = shop.deploy().run();
    run.exits(0).says("web 1 of 1 up with v3");
}

#[test]
fn the_platform_out_of_sight_is_neither_success_nor_failure() {
    for kind in ["dynos", "formation"] {
        let fault = format!("http=503@1+:GET /apps/*/{kind}");
        let run = Shop::with(&[&fault]).yaml(&quick()).deploy().run();
        run.exits(20)
            .says("looking at the dynos of shop-staging")
            .does_not_say("failed in staging");
        assert_eq!(run.outcome("shop-staging"), "unverified");
        // Once is borne.
        let fault = format!("http=503@1:GET /apps/*/{kind}");
        let yaml = checked("{state: up, within: 30s, every: 20ms}");
        let run = Shop::with(&[&fault]).yaml(&yaml).deploy().run();
        run.exits(0);
    }
}

#[test]
fn the_dynos_of_several_apps_are_looked_at_side_by_side() {
    let yaml = PIPELINE.replace(
        "http: {path: /health, within: 5s, every: 20ms}",
        "dynos: {state: up, within: 1s, every: 20ms}",
    );
    let run = Shop::with(&["dynos=crash:shop-us"])
        .yaml(&yaml)
        .deploy()
        .run();
    run.exits(13).says("shop-us: web 0 of 1 up");
    assert_eq!(run.outcome("shop-eu"), "succeeded");
    assert_eq!(run.outcome("shop-us"), "failed");
}

#[test]
fn the_plan_shows_how_long_a_check_may_take() {
    let yaml = checked("up\n        soak: 10m\n        every: 15s\n        failure_limit: 2");
    let text = Shop::new().yaml(&yaml).plan_text(&[]);
    let expected = "dynos up within 2m, then for 10m, every 15s with at most 2 bad tries";
    assert!(text.contains(expected), "{text}");
}

#[cfg(unix)]
#[test]
fn a_signal_within_the_soak_ends_it_at_once() {
    let yaml = checked("up\n        every: 10ms\n        soak: 10m");
    let shop = Shop::new().yaml(&yaml);
    let mut live = shop.deploy().start();
    live.until_event(|event| {
        event["event"] == "waiting" && event["what"] == "dynos up on shop-staging to go on holding"
    });
    live.signal(rustix::process::Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_eq!(run.outcome("shop-staging"), "unverified");
}
