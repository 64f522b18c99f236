//! What goes wrong once and is asked again: it costs nothing but time.

use crate::support::{Shop, WITHOUT_PIPELINE};

/// Every kind of reading request of a run through a pipeline.
const KINDS: [&str; 7] = [
    "apps",
    "releases",
    "slugs",
    "pipelines",
    "couplings",
    "builds",
    "targets",
];

fn each(effect: &str) -> Vec<String> {
    KINDS
        .iter()
        .map(|kind| format!("http={effect}@1:GET {kind}"))
        .collect()
}

fn survives(effect: &str) {
    let faults = each(effect);
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let shop = Shop::with(&faults).release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(0);
    let retries = run.events().filter(|event| event["event"] == "retrying");
    assert!(retries.count() >= KINDS.len(), "{effect}: {}", run.stderr);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
}

#[test]
fn once_unavailable() {
    survives("503");
    survives("500,html");
}

#[test]
fn once_rate_limited() {
    survives("429");
    survives("429,retry-after=1");
    survives("429,retry-after=date+1");
    survives("429,retry-after=epoch+1");
}

#[test]
fn once_reset() {
    survives("reset");
    survives("reset-in-head");
    survives("reset-in-body");
}

#[test]
fn once_unreadable() {
    survives("html");
    survives("invalid-json");
    survives("truncated");
}

#[test]
fn what_was_certainly_not_taken_is_sent_again() {
    let shop = Shop::with(&["http=429@1-2:POST builds", "http=429@1:POST promotions"]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/builds"), 3);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 2);
}

#[test]
fn slow_answers_are_waited_for() {
    let shop = Shop::with(&["http=delay:300ms@2:GET builds", "http=drip:1ms@1:GET apps"]);
    // Time-outs follow the tempo too: a slow answer is one that comes before they do.
    shop.deploy().tempo("0.2").run().exits(0);
}

#[test]
fn every_second_request_fails_without_a_pipeline_too() {
    let faults: Vec<String> = (1..40)
        .map(|n| format!("http=503@{}:GET releases", 2 * n))
        .collect();
    let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
    let shop = Shop::with(&faults)
        .yaml(WITHOUT_PIPELINE)
        .release_phase("./migrate");
    shop.deploy().run().exits(0);
}
