//! "Pipelines Using the Platform API": a pipeline is made, three apps are added to it, it is inspected, found by an app and
//! by its name, and what is in development is promoted to staging.
//!
//! What is corrected: an app's pipeline is asked for at `/apps/:id/pipeline-couplings`, where the curl line of the document
//! has `/apps/my-app-staging`, and the answer is one object; a promotion that is `completed` is not one that succeeded: each
//! target has its own verdict; and what is promoted is named (`source.release.id`), which the document does not know yet.

use launchway::sandbox::Surface;
use serde_json::json;

use super::{command, uncoupled};
use crate::support::{PIPELINE, Shop};

const YAML: &str = "\
version: 1
platform: heroku
pipeline: my-pipeline
stages:
  - {stage: development, app: my-app-development}
  - {stage: staging, app: my-app-staging}
  - {stage: production, app: my-app-production}
";

const APPS: [(&str, &str); 3] = [
    ("my-app-development", "development"),
    ("my-app-staging", "staging"),
    ("my-app-production", "production"),
];

fn shop() -> Shop {
    uncoupled(Surface::Heroku, &APPS.map(|(app, _)| app), YAML)
}

#[test]
fn a_pipeline_is_made_filled_inspected_and_found() {
    let shop = shop();
    // Creating a pipeline: POST /pipelines with its name. Adding apps to it: POST /pipeline-couplings with the app, the id
    // of the pipeline and the stage; one for each app.
    let applied = command(&shop, &["pipeline", "apply", "--yes", "--json"], 0);
    let kinds = &applied.document("pipeline-apply")["changes"];
    assert_eq!(kinds.as_array().unwrap().len(), 4, "{kinds}");
    let made = applied.bodies("POST", "/pipelines");
    assert_eq!((made.len(), &made[0]["name"]), (1, &json!("my-pipeline")));
    let id = shop.state()["pipelines"][0]["id"].clone();
    let coupled = applied.bodies("POST", "/pipeline-couplings");
    assert_eq!(coupled.len(), 3);
    for (body, (app, stage)) in coupled.iter().zip(APPS) {
        let app = &shop.state()["apps"][app]["id"];
        assert_eq!(body, &json!({"app": app, "pipeline": id, "stage": stage}));
    }

    // "An app can only belong to one pipeline at a time": another one does not get it by accident.
    let other = YAML.replace("my-pipeline", "my-other-pipeline");
    let shop = shop.yaml(&other);
    let refused = command(&shop, &["pipeline", "apply", "--yes"], 16);
    assert!(refused.said().contains("is in another pipeline"));
    let shop = shop.yaml(YAML);

    // Inspecting it: GET /pipelines/:id/pipeline-couplings, whose path takes an id and no name.
    let id = id.as_str().unwrap();
    let couplings = format!("/pipelines/{id}/pipeline-couplings");
    let shown = command(&shop, &["pipeline", "show", "my-pipeline", "--json"], 0);
    shown
        .asked("GET", "/pipelines/my-pipeline")
        .asked("GET", &couplings);
    let whole = shown.document("pipeline-show");
    for (at, (app, stage)) in APPS.iter().enumerate() {
        let found = &whole["stages"][at];
        assert_eq!(
            (&found["stage"], &found["apps"][0]["app"]),
            (&json!(stage), &json!(app))
        );
    }

    // Finding which pipeline an app belongs to. Corrected: not GET /apps/my-app-staging, and one object.
    let by_app = command(
        &shop,
        &["pipeline", "show", "--app", "my-app-staging", "--json"],
        0,
    );
    let app = shop.state()["apps"]["my-app-staging"]["id"].clone();
    by_app.asked(
        "GET",
        &format!("/apps/{}/pipeline-couplings", app.as_str().unwrap()),
    );
    assert_eq!(
        by_app.document("pipeline-show")["pipeline"],
        whole["pipeline"]
    );

    // Finding a pipeline: GET /pipelines, and by its name.
    let list = command(&shop, &["pipeline", "list", "--json"], 0);
    list.asked("GET", "/pipelines");
    assert_eq!(
        list.document("pipeline-list")["pipelines"][0]["name"],
        "my-pipeline"
    );
    // A name that several have is answered 300 Multiple Choices with the candidates.
    shop.set_faults(&["pipeline=ambiguous"]);
    let several = command(&shop, &["pipeline", "show", "my-pipeline"], 16);
    assert!(several.said().contains("that of 2 pipelines") && several.said().contains(id));
}

#[test]
fn what_is_in_development_is_promoted_to_staging() {
    let shop = shop();
    command(&shop, &["pipeline", "apply", "--yes"], 0);
    let release = shop.running("my-app-development");
    // Performing a promotion: POST /pipeline-promotions with the pipeline's id, the app it comes from and those it goes to.
    // Corrected: with the release that is meant, or what somebody releases meanwhile would be promoted.
    let run = shop.promote("staging").run();
    run.exits(0);
    let state = shop.state();
    let app = |name: &str| json!({"id": state["apps"][name]["id"]});
    let body = run
        .asked("POST", "/pipeline-promotions")
        .next()
        .unwrap()
        .body
        .clone();
    assert_eq!(
        body.unwrap(),
        json!({
            "pipeline": {"id": state["pipelines"][0]["id"]},
            "source": {"app": app("my-app-development"), "release": {"id": release["id"]}},
            "targets": [{"app": app("my-app-staging")}],
        })
    );
    // The targets have the verdict and the release, which is followed to its own end: GET …/promotion-targets.
    let promotion = state["promotions"][0]["id"].as_str().unwrap();
    let targets = format!("/pipeline-promotions/{promotion}/promotion-targets");
    assert!(run.count("GET", &targets) > 0);
    assert_eq!(run.outcome("my-app-staging"), "succeeded");
    assert_eq!(shop.running("my-app-staging")["slug"], release["slug"]);
    assert_eq!(
        shop.runs_version("my-app-production"),
        2,
        "nobody asked for it"
    );
}

#[test]
fn a_promotion_that_is_completed_may_have_failed() {
    // "An error_message in the case of a failed promotion", which is `completed` all the same.
    let shop = Shop::with(&["target=fail:1"]).yaml(PIPELINE);
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    let run = shop.promote("production").run();
    run.exits(12).says("Could not verify slug checksum");
    let state = shop.state();
    assert_eq!(state["promotions"][0]["status"], "completed");
}
