//! Status checks: what the pipeline requires, what is waited for, and what the run reports.

use serde_json::{Value, json};

use super::support::{ONE, TWO};
use crate::support::Shop;

#[test]
fn the_run_reports_the_check_that_the_pipeline_requires() {
    let yaml = format!("{TWO}report_status: {{context: ci/launchway, name: From CI}}\n");
    let shop = Shop::akkeris(&yaml, &[], &["ci/launchway"]);
    let run = shop.deploy().run();
    run.exits(0).says("done in");
    let reported = |app: &str| {
        let path = format!(
            "/apps/{app}/releases/{}/statuses",
            shop.releases(app)[1]["id"].as_str().unwrap()
        );
        shop.ask("GET", &path, &Value::Null)["statuses"][0].clone()
    };
    for app in ["web-dev", "web-stg"] {
        assert_eq!(reported(app)["state"], "success", "{app}");
        assert_eq!(reported(app)["name"], "From CI", "{app}");
    }
}

#[test]
fn required_checks_are_waited_for_and_a_red_one_ends_it() {
    let yaml = TWO.replace(
        "app: web-stg",
        "app: web-stg, require: {status_checks: [tests/smoke]}",
    );
    for (state, code, said) in [
        ("success", 0, "done in"),
        ("failure", 16, "tests/smoke is `failure`: no good"),
    ] {
        let shop = Shop::akkeris(&yaml, &[], &["tests/smoke"]);
        shop.launchway(&["deploy", "--to", "development"])
            .run()
            .exits(0)
            .says("done in");
        let path = format!(
            "/apps/web-dev/releases/{}/statuses",
            shop.releases("web-dev")[1]["id"].as_str().unwrap()
        );
        let body = json!({"context": "tests/smoke", "name": "Smoke", "state": state, "description": "no good"});
        shop.ask("POST", &path, &body);
        shop.launchway(&["promote", "--to", "staging"])
            .run()
            .exits(code)
            .says(said);
    }
    let shop = Shop::akkeris(&yaml, &[], &["tests/smoke"]);
    let run = shop.deploy().tempo("0.002").run();
    run.exits(16)
        .says("for the status checks on v2 of web-dev (tests/smoke is not reported yet), ")
        .says("; then nothing is changed in staging")
        .says("nothing was changed in staging");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
}

#[test]
fn the_plan_has_the_required_checks_and_their_state() {
    let shop = Shop::akkeris(TWO, &[], &["tests/smoke"]);
    shop.launchway(&["deploy", "--to", "development"])
        .run()
        .exits(0)
        .says("done in");
    let path = format!(
        "/apps/web-dev/releases/{}/statuses",
        shop.releases("web-dev")[1]["id"].as_str().unwrap()
    );
    let requirement = || shop.plan()["stages"][1]["apps"][0]["requirements"][0].clone();
    assert_eq!(
        requirement(),
        json!({"context": "tests/smoke", "by": "pipeline", "state": null})
    );
    shop.ask(
        "POST",
        &path,
        &json!({"context": "tests/smoke", "name": "Smoke", "state": "pending"}),
    );
    assert_eq!(requirement()["state"], "pending");
}

#[test]
fn people_read_in_the_plan_which_checks_are_required_and_how_they_stand() {
    let yaml = TWO.replace(
        "app: web-stg",
        "app: web-stg, require: {status_checks: [tests/load]}",
    );
    let shop = Shop::akkeris(&yaml, &[], &["tests/smoke"]);
    let plan = |lines: &[&str]| {
        let plan = shop.plan_text(&[]);
        for line in lines {
            assert!(plan.contains(line), "`{line}`:\n{plan}");
        }
    };
    plan(&[
        "requires  status check tests/smoke, required by the pipeline: not reported: the release that it is for is yet to be made",
    ]);
    shop.launchway(&["deploy", "--to", "development"])
        .run()
        .exits(0)
        .says("done in");
    let version = shop.releases("web-dev")[1]["version"].clone();
    let path = format!(
        "/apps/web-dev/releases/{}/statuses",
        shop.releases("web-dev")[1]["id"].as_str().unwrap()
    );
    let body = json!({"context": "tests/smoke", "name": "Smoke", "state": "failure"});
    shop.ask("POST", &path, &body);
    plan(&[
        &format!(
            "requires  status check tests/smoke, required by the pipeline: `failure` on v{version}\n"
        ),
        &format!(
            "requires  status check tests/load, required by deploy.yaml: not reported on v{version} yet\n"
        ),
    ]);
}

#[test]
fn akkeris_has_no_upload_to_overwrite_and_announces_nothing() {
    let plan = Shop::akkeris(ONE, &[], &[]).plan_text(&[]);
    for word in ["source.shred", "build.on_notice", "told how it ends"] {
        assert!(!plan.contains(word), "{plan}");
    }
}
