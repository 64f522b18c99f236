//! `apply` and `delete`: what changes a pipeline, and what does not.

use serde_json::{Value, json};

use super::{asked, document, pipeline, text};
use crate::support::{PIPELINE, Shop};

/// What was changed since so many requests.
fn changed(shop: &Shop, before: usize) -> Vec<String> {
    let mut asked = asked(shop, before);
    asked.retain(|one| !one.starts_with("GET ") && one != "POST /filters/apps");
    asked
}

fn kinds(document: &Value) -> Vec<&str> {
    let changes = document["changes"].as_array().unwrap();
    changes
        .iter()
        .map(|one| one["change"].as_str().unwrap())
        .collect()
}

/// Another pipeline than the one that is there, of an app that is in none and one that is.
fn new_yaml() -> String {
    PIPELINE
        .replace("acme-shop", "acme-new")
        .replace("[shop-eu, shop-us]", "[shop-eu, shop-elsewhere]")
}

#[test]
fn what_is_as_declared_is_left_alone() {
    let shop = Shop::new();
    let before = shop.requests().len();
    let output = pipeline(&shop, &["apply", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(kinds(&document(&output, "pipeline-apply")).is_empty());
    assert!(changed(&shop, before).is_empty());
}

#[test]
fn nothing_is_changed_without_a_yes_nor_taken_without_a_move() {
    let shop = Shop::new().yaml(&new_yaml());
    for (flags, expected) in [
        (&["--yes"][..], "is in another pipeline"),
        (&["--move"], "nobody to ask"),
    ] {
        let before = shop.requests().len();
        let output = pipeline(&shop, &["apply"]).args(flags).output();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(16), "{told}");
        assert!(told.contains(expected), "{told}");
        assert!(told.contains("create the pipeline acme-new"), "{told}");
        assert!(changed(&shop, before).is_empty());
    }
}

#[test]
fn a_pipeline_is_made_once_whatever_becomes_of_answers() {
    for fault in [
        "http=reset-after:POST /pipelines$",
        "http=reset-after@*:POST couplings",
        "http=503,after@1-2:POST couplings",
        "http=reset:POST /pipelines$",
        "http=429:POST couplings",
        "http=reset-after:DELETE couplings",
        "http=truncated:POST /pipelines$",
    ] {
        let shop = Shop::with(&[fault]).yaml(&new_yaml());
        let output = pipeline(&shop, &["apply", "--yes", "--move", "--json"]).output();
        assert_eq!(output.status.code(), Some(0), "{fault} {output:?}");
        let applied = document(&output, "pipeline-apply");
        assert_eq!(
            kinds(&applied),
            ["create_pipeline", "move", "move", "couple"]
        );
        assert!(
            applied["changes"]
                .as_array()
                .unwrap()
                .iter()
                .all(|one| one["done"] == true)
        );
        shop.set_faults(&[]);
        let list = pipeline(&shop, &["list", "--json"]).output();
        let list = document(&list, "pipeline-list");
        assert_eq!(list["pipelines"].as_array().unwrap().len(), 2, "{fault}");
        let before = shop.requests().len();
        let again = pipeline(&shop, &["apply"]).output();
        assert_eq!(again.status.code(), Some(0), "{fault} {again:?}");
        assert!(changed(&shop, before).is_empty(), "{fault}");
    }
}

#[test]
fn a_half_applied_run_finishes_when_it_is_started_again() {
    let shop = Shop::with(&["http=422@2:POST couplings"]).yaml(&new_yaml());
    let output = pipeline(&shop, &["apply", "--yes", "--move", "--json"]).output();
    assert_eq!(output.status.code(), Some(16), "{output:?}");
    let applied = document(&output, "pipeline-apply");
    let done: Vec<&Value> = applied["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["done"])
        .collect();
    assert_eq!(done, [true, true, false, false]);
    assert!(
        text(&output.stderr).contains("shop-eu is in no pipeline now"),
        "{output:?}"
    );
    let output = pipeline(&shop, &["apply", "--yes", "--move", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        kinds(&document(&output, "pipeline-apply")),
        ["couple", "couple"]
    );
}

#[test]
fn a_stage_is_changed_and_what_is_not_declared_goes_only_with_prune() {
    let shop = Shop::new().yaml(
        &PIPELINE
            .replace("stage: staging", "stage: development")
            .replace(", shop-us]", "]"),
    );
    let output = pipeline(&shop, &["apply", "--yes", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let applied = document(&output, "pipeline-apply");
    assert_eq!(kinds(&applied), ["change_stage"]);
    assert!(applied["notes"].to_string().contains("--prune"));
    let before = shop.requests().len();
    let output = pipeline(&shop, &["apply", "--yes", "--prune"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let changed = changed(&shop, before);
    assert!(
        changed.len() == 1 && changed[0].starts_with("DELETE /pipeline-couplings/"),
        "{changed:?}"
    );
}

#[test]
fn akkeris_takes_required_checks_whole_and_removes_none_without_the_right() {
    let shop = Shop::akkeris_pipeline(&["old/check"]);
    let yaml = |checks: &str| {
        format!(
            "version: 1\nplatform: akkeris\npipeline: webpipe\nstages:\n  - {{stage: development, app: web-dev}}\n  \
             - {{stage: staging, app: web-stg, require: {{status_checks: [{checks}]}}}}\n"
        )
    };
    let shop = shop.yaml(&yaml("old/check, new/check"));
    let output = pipeline(&shop, &["apply", "--yes", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(
        kinds(&document(&output, "pipeline-apply")),
        ["require_status_checks"]
    );
    let shop = shop.yaml(&yaml("new/check"));
    let output = pipeline(&shop, &["apply", "--yes"]).output();
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    assert!(
        text(&output.stderr).contains("nothing was changed"),
        "{output:?}"
    );
    let elevated = format!("{}-elevated", crate::support::TOKEN);
    let output = pipeline(&shop, &["apply", "--yes"])
        .env("AKKERIS_API_KEY", &elevated)
        .output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (_, coupling) = shop.answer("GET", "/apps/web-stg/pipeline-couplings", &Value::Null);
    let coupling: Value = serde_json::from_str(&coupling).unwrap();
    assert_eq!(
        coupling["required_status_checks"]["contexts"],
        json!(["new/check"])
    );
    // The stage of a coupling can't be changed: that takes the right to uncouple.
    let shop = shop.yaml(
        &yaml("new/check")
            .replace("stage: development", "stage: review")
            .replace("stage: staging", "stage: development"),
    );
    let output = pipeline(&shop, &["apply", "--yes"]).output();
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    let output = pipeline(&shop, &["apply", "--yes"])
        .env("AKKERIS_API_KEY", &elevated)
        .output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let (_, coupling) = shop.answer("GET", "/apps/web-stg/pipeline-couplings", &Value::Null);
    let coupling: Value = serde_json::from_str(&coupling).unwrap();
    assert_eq!(coupling["stage"], "development");
    assert_eq!(
        coupling["required_status_checks"]["contexts"],
        json!(["new/check"])
    );
}

#[test]
fn a_pipeline_is_deleted_only_by_its_name() {
    for fault in [&[][..], &["http=reset-after:DELETE pipelines"]] {
        let shop = Shop::with(fault);
        for arguments in [&["delete"][..], &["delete", "acme-shop", "--yes", "other"]] {
            let before = shop.requests().len();
            let output = pipeline(&shop, arguments).output();
            assert_eq!(output.status.code(), Some(16), "{output:?}");
            assert!(
                text(&output.stderr).contains("--yes acme-shop"),
                "{output:?}"
            );
            assert!(changed(&shop, before).is_empty());
        }
        let output = pipeline(&shop, &["delete", "--yes", "acme-shop", "--json"]).output();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(document(&output, "pipeline-delete")["uncoupled"], 3);
        let output = pipeline(&shop, &["delete", "--yes", "acme-shop"]).output();
        assert_eq!(output.status.code(), Some(16), "{output:?}");
    }
}
