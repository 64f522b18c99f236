//! The checks of a stage side by side, and what becomes of the others when one fails.

use crate::support::{PIPELINE, SINGLE, Shop, Stub};

/// One stage with these checks.
fn checked(checks: &str) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    format!("{stages}    verify:\n{checks}")
}

#[test]
fn checks_go_side_by_side_and_stand_in_the_record_in_their_order() {
    let second = Stub::answering("200 OK", "", "ok");
    // It holds only once the check behind it has asked.
    let first = Stub::after(&second);
    let yaml = checked(&format!(
        "      - http: {{url: \"{}/first\", within: 30s, every: 10ms, successes: 2}}\n      - http: {{url: \"{}/second\"}}\n",
        first.url, second.url
    ));
    let run = Shop::new().yaml(&yaml).deploy().run();
    run.exits(0);
    let checks = run.app("shop-staging")["checks"].as_array().unwrap();
    let order: Vec<bool> = checks
        .iter()
        .map(|check| check["check"].as_str().unwrap().ends_with("/first"))
        .collect();
    assert_eq!(order, [true, false], "{checks:?}");
}

#[test]
fn two_checks_of_one_name_are_told_apart() {
    let yaml = checked("      - http: /health\n      - http: {path: /health, status: 2xx}\n");
    let run = Shop::new().yaml(&yaml).deploy().run();
    run.exits(0)
        .says("GET /health: 200")
        .says("GET /health (2): 200");
}

#[cfg(unix)]
#[test]
fn a_command_begins_when_what_is_before_it_holds_and_ends_its_soak_if_it_fails() {
    let yaml = checked(
        "      - http: {path: /health, every: 20ms, within: 20s, soak: 10m}\n      - run: exit 3\n      - http: /never\n",
    );
    let run = Shop::with(&["web=down-until:5"]).yaml(&yaml).deploy().run();
    run.exits(13)
        .says("the check `exit 3` failed in staging")
        .says("not finished then: shop-staging (GET /health held so far and GET /never had not begun)");
    assert_ending!("soak_ended", run);
    let web = |path: &str| run.requests.iter().filter(|one| one.path == path).count();
    assert!(web("/shop-staging/health") >= 5);
    assert_eq!(web("/shop-staging/never"), 0);
    let checks = run.app("shop-staging")["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 1, "{checks:?}");
}

#[test]
fn an_app_that_fails_ends_the_soak_of_the_others() {
    let yaml = PIPELINE.replace("every: 20ms}", "every: 20ms, soak: 1s}");
    let yaml = yaml.replacen("soak: 1s", "soak: 20ms", 1);
    let yaml = yaml.replace("soak: 1s", "soak: 10m").replace("5s", "1s");
    let run = Shop::with(&["web=503:shop-us"]).yaml(&yaml).deploy().run();
    run.exits(13)
        .says("not finished then: shop-eu (GET /health held so far)");
    assert_eq!(run.outcome("shop-us"), "failed");
    assert_eq!(run.outcome("shop-eu"), "unverified");
}

#[test]
fn waits_say_what_happens_then() {
    let yaml = checked("      - http: /health\n        every: 20ms\n        soak: 100ms\n");
    let run = Shop::new().yaml(&yaml).deploy().run();
    run.exits(0);
    let thens: Vec<String> = run
        .events()
        .filter(|event| event["event"] == "waiting" && event["what"].to_string().contains("GET"))
        .map(|event| event["then"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(thens, ["it has failed", "it has passed"]);
}
