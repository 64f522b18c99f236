//! With the feature `preboot` the old code answers for a while after a release: a check that it passes, too, proves nothing
//! until it is gone. Here that is 200 ms, and what launchway reckons with is 3.6 s.

#[cfg(unix)]
use rustix::process::Signal;

use crate::support::{SINGLE, Shop};

const WAITS: &str = "its old code may still answer";

/// One stage with these HTTP checks.
fn checked(https: &[&str]) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    let checks: Vec<String> = https
        .iter()
        .map(|http| format!("      - http: {http}\n"))
        .collect();
    format!("{stages}    verify:\n{}", checks.concat())
}

fn shop(https: &[&str], faults: &[&str]) -> Shop {
    let shop = Shop::with(faults).yaml(&checked(https));
    shop.set_feature("shop-staging", "preboot", true);
    shop
}

#[test]
fn a_check_that_proves_nothing_waits_for_the_old_code_to_be_gone() {
    // It has one try: the old code says v2.
    let run = shop(&["{path: /, body: is running v3, within: 10ms}"], &[])
        .deploy()
        .run();
    run.exits(0)
        .says("shop-staging has preboot: its old code may still answer for a while after v3")
        .says("GET / can't tell it from the new code and waits until it is gone");
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 1);
    let waited = |event: &serde_json::Value| {
        event["event"] == "waiting" && event["what"] == "the old code of shop-staging to be gone"
    };
    assert!(run.events().any(|event| waited(&event)));
}

#[test]
fn one_wait_is_enough_for_all_checks_and_for_the_next_run() {
    let shop = shop(&["/", "{path: /health, within: 10ms}"], &[]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.stderr.matches("has preboot").count(), 1);
    assert_eq!(run.count("GET", "/features/preboot"), 1);
    let again = shop.deploy().run();
    again
        .exits(0)
        .says("nothing to do")
        .does_not_say("has preboot");
}

#[test]
fn a_check_that_proves_holds_as_soon_as_it_holds() {
    let http = r#"{path: /, body: "is running ${release}", within: 30s, every: 10ms}"#;
    let run = shop(&[http], &[]).deploy().run();
    run.exits(0).does_not_say("has preboot");
    assert_eq!(run.count("GET", "/features/preboot"), 0);
}

#[test]
fn without_the_feature_nobody_waits() {
    let shop = Shop::new().yaml(&checked(&["/"]));
    let run = shop.deploy().run();
    run.exits(0).does_not_say(WAITS);
    assert_eq!(run.count("GET", "/features/preboot"), 1);
}

#[test]
fn a_feature_that_cannot_be_read_is_told() {
    for fault in ["403", "404", "503", "html", "missing,field=enabled"] {
        let fault = format!("http={fault}@1+:GET /apps/*/features/*");
        let shop = Shop::with(&[&fault]).yaml(&checked(&["/", "/health"]));
        let run = shop.deploy().run();
        run.exits(0)
            .says("it is unknown whether the old code of shop-staging still answers")
            .says("GET / and GET /health can't tell it from the new code")
            .does_not_say("has preboot");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_wait() {
    let shop = shop(&["/"], &[]);
    let mut run = shop.deploy().tempo("1").start();
    run.until_event(|event| {
        event["event"] == "waiting" && event["what"] == "the old code of shop-staging to be gone"
    });
    run.signal(Signal::TERM);
    let run = run.end();
    run.exits(143);
    assert_eq!(run.outcome("shop-staging"), "unverified");
}
