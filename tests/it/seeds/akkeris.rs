//! Akkeris's page on pipelines: each of its calls, from making a pipeline to the targets of a promotion.
//!
//! What is corrected, as its server's code has it: a pipeline's name has 3 to 30 lower-case letters, digits and dashes (the
//! page: less than 24, alphanumeric); `GET /pipeline-stages` is an object; an app is taken out of a pipeline, and a required
//! status check dropped, with elevated access only, and the answer of the former is a pipeline; a promotion is answered 201
//! and always `successful` (the page: 200, `pending`); the release is named inside of `source.app`; an unmet check is 409
//! (the page: "a 422 Conflict"); the targets are those of every promotion that ever was, so the release has the verdict.

use launchway::sandbox::Surface;
use serde_json::{Value, json};

use super::{command, command_as, uncoupled};
use crate::support::{Shop, TOKEN};

const PAGE: &str = "\
version: 1
platform: akkeris
pipeline: my-test-pipeline
stages:
  - {stage: development, app: web-dev}
  - {stage: staging, app: web-stg, require: {status_checks: [CHECKS]}}
";

fn yaml(checks: &str) -> String {
    PAGE.replace("CHECKS", checks)
}

fn shop(checks: &str) -> Shop {
    uncoupled(Surface::Akkeris, &["web-dev", "web-stg"], &yaml(checks))
}

/// Somebody reports a status check on what an app runs.
fn report(shop: &Shop, app: &str, context: &str) {
    let release = shop.running_id(app);
    let path = format!("/apps/{app}/releases/{release}/statuses");
    let check = json!({"context": context, "name": "Integration Smoke Test 1", "state": "success"});
    let (status, body) = shop.answer("POST", &path, &check);
    assert!(status < 300, "{status} {body}");
}

#[test]
fn a_pipeline_is_made_filled_changed_and_deleted() {
    let shop = shop("tests/integration-xyz");
    // Create Pipeline, and Create Pipeline Coupling with its required status checks, for each app.
    let applied = command(&shop, &["pipeline", "apply", "--yes", "--json"], 0);
    assert_eq!(
        applied.bodies("POST", "/pipelines")[0]["name"],
        "my-test-pipeline"
    );
    let coupled = applied.bodies("POST", "/pipeline-couplings");
    assert_eq!(coupled.len(), 2);
    assert_eq!(coupled[1]["stage"], "staging");
    assert_eq!(
        coupled[1]["required_status_checks"],
        json!({"contexts": ["tests/integration-xyz"]})
    );
    // List Pipelines; Get Pipeline Info; List Apps added to a Pipeline.
    command(&shop, &["pipeline", "list", "--json"], 0).asked("GET", "/pipelines");
    let shown = command(&shop, &["pipeline", "show", "--json"], 0);
    shown.asked("GET", "/pipelines/my-test-pipeline");
    let whole = shown.document("pipeline-show");
    assert_eq!(whole["stages"][1]["apps"][0]["app"], "web-stg");
    assert_eq!(
        whole["stages"][1]["apps"][0]["required_status_checks"],
        json!(["tests/integration-xyz"])
    );
    // Get Pipeline Coupling By App.
    let by_app = command(
        &shop,
        &["pipeline", "show", "--app", "web-stg", "--json"],
        0,
    );
    assert_eq!(
        by_app.document("pipeline-show")["pipeline"],
        whole["pipeline"]
    );
    // List Pipeline Stages: "a directed graph of the pipeline stages and their next stage".
    let stages = command(&shop, &["pipeline", "stages", "--json"], 0);
    let graph = stages
        .asked("GET", "/pipeline-stages")
        .document("pipeline-stages");
    assert_eq!(
        graph["stages"][2],
        json!({"stage": "staging", "next": "production"})
    );
    // List Available Pipeline Statuses.
    report(&shop, "web-dev", "tests/integration-xyz");
    let statuses = command(&shop, &["pipeline", "statuses", "--json"], 0);
    assert_eq!(
        statuses.document("pipeline-statuses")["statuses"][0]["context"],
        "tests/integration-xyz"
    );

    // Update Pipeline Coupling: "the contexts field is fully replaced". Corrected: what drops one takes elevated access.
    let shop = shop.yaml(&yaml("tests/integration-xyz, foo/bar"));
    let patched = command(&shop, &["pipeline", "apply", "--yes"], 0);
    let contexts = patched
        .requests
        .iter()
        .find(|one| one.method == "PATCH")
        .unwrap();
    assert_eq!(
        contexts.body.as_ref().unwrap(),
        &json!({"required_status_checks": {"contexts": ["tests/integration-xyz", "foo/bar"]}})
    );
    let shop = shop.yaml(&yaml("foo/bar"));
    command(&shop, &["pipeline", "apply", "--yes"], 77);
    let elevated = format!("{TOKEN}-elevated");
    let elevated = Some(("AKKERIS_API_KEY", elevated.as_str()));
    command_as(&shop, &["pipeline", "apply", "--yes"], elevated, 0);
    // Remove an App from Pipeline. Corrected: that takes elevated access, too.
    let one = "version: 1\nplatform: akkeris\npipeline: my-test-pipeline\nstages: [{stage: development, app: web-dev}]\n";
    let shop = shop.yaml(one);
    command(&shop, &["pipeline", "apply", "--yes", "--prune"], 77);
    command_as(
        &shop,
        &["pipeline", "apply", "--yes", "--prune"],
        elevated,
        0,
    );
    assert_eq!(
        shop.answer("GET", "/apps/web-stg/pipeline-couplings", &Value::Null)
            .0,
        404
    );
    // Delete a Pipeline, "and all of its couplings": that takes no such right.
    let deleted = command(
        &shop,
        &["pipeline", "delete", "--yes", "my-test-pipeline", "--json"],
        0,
    );
    assert_eq!(deleted.document("pipeline-delete")["uncoupled"], 1);
}

#[test]
fn a_promotion_goes_to_the_next_stage_once_its_checks_are_green() {
    let shop = shop("tests/integration-xyz");
    command(&shop, &["pipeline", "apply", "--yes"], 0);
    let release = shop.running("web-dev")["id"].clone();
    // "Due to an unmet pipeline status check": launchway waits for it, and then refuses. Nothing is changed.
    let waited = shop.promote("staging").tempo("0.002").run();
    waited
        .exits(16)
        .says("tests/integration-xyz is not reported yet")
        .changed_nothing();
    report(&shop, "web-dev", "tests/integration-xyz");
    // Create Pipeline Promotion.
    let run = shop.promote("staging").run();
    run.exits(0);
    let body = run.body("POST", "/pipeline-promotions");
    assert_eq!(body["source"]["app"]["release"]["id"], release);
    // Get Pipeline Promotion Targets. Corrected: the release says how it went.
    let made = shop.running_id("web-stg");
    assert!(run.count("GET", &format!("/releases/{made}")) > 0);
    assert_eq!(run.outcome("web-stg"), "succeeded");
}
