//! Apps that are hard to check: nobody there, there again, now and then, or somebody else in front.

use crate::support::{SINGLE, Shop};

/// One stage with this HTTP check.
fn checked(http: &str) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    format!("{stages}    verify:\n      - http: {http}\n")
}

#[test]
fn an_address_that_never_resolves_or_that_nobody_listens_at() {
    let yaml = checked("{path: /health, within: 100ms, every: 20ms}");
    for fault in ["web=unresolved", "web=refused"] {
        let run = Shop::with(&[fault]).yaml(&yaml).deploy().run();
        run.exits(13)
            .says("the check `GET /health` failed in staging");
        let check = &run.app("shop-staging")["checks"][0];
        assert_eq!(
            (&check["ok"], &check["evidence"]),
            (&false.into(), &serde_json::Value::Null)
        );
    }
    let url = checked("{url: \"http://nobody.invalid/health\", within: 100ms, every: 20ms}");
    let run = Shop::new().yaml(&url).deploy().run();
    run.exits(13)
        .says("the check `GET http://nobody.invalid/health` failed");
}

#[test]
fn one_that_heals_in_time_is_fine() {
    let yaml = checked("{path: /health, within: 30s, every: 10ms}");
    for fault in ["web=reset@1-3", "web=503,html@1-3"] {
        let run = Shop::with(&[fault]).yaml(&yaml).deploy().run();
        run.exits(0);
        let check = &run.app("shop-staging")["checks"][0];
        assert_eq!(
            (&check["attempts"], &check["seen"]),
            (&4.into(), &"200".into())
        );
    }
}

#[test]
fn one_that_flaps_holds_when_it_has_settled_and_fails_in_a_soak() {
    let flaps = ["web=503@2", "web=503@4", "web=503@5"];
    let yaml = checked("{path: /health, within: 30s, every: 10ms, successes: 2}");
    let run = Shop::with(&flaps).yaml(&yaml).deploy().run();
    run.exits(0);
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 7);
    let yaml = checked("{path: /health, within: 30s, every: 10ms, soak: 20s, failure_limit: 2}");
    let run = Shop::with(&flaps).yaml(&yaml).deploy().run();
    run.exits(13)
        .says("503 instead of 200")
        .says("3 bad tries in all, more than `failure_limit: 2`")
        .says("body: The sandbox was told to answer 503.");
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 5);
}

#[test]
fn a_login_page_is_no_healthy_app_if_the_check_says_what_one_is() {
    let faults = ["web=login"];
    let yaml = checked("{path: /health, body: \"running ${release}\", within: 100ms, every: 20ms}");
    let run = Shop::with(&faults).yaml(&yaml).deploy().run();
    run.exits(13).says("a page of HTML: Sign in");
    // 200 is all that is asked for: the run says what it saw.
    let yaml = checked("{path: /health, within: 5s}");
    let run = Shop::with(&faults).yaml(&yaml).deploy().run();
    run.exits(0).says("GET /health: 200");
    // A redirect to one is not followed.
    let yaml = checked("{path: /health, within: 100ms, every: 20ms}");
    let run = Shop::with(&["web=redirect"]).yaml(&yaml).deploy().run();
    run.exits(13).says("302 instead of 200, a redirect to");
}
