//! `list`, `show`, `stages` and `statuses`: only questions.

use serde_json::{Value, json};

use super::{asked, document, pipeline, text};
use crate::support::{FILTERS, Shop};

/// An add-on of an app: its id.
fn addon(shop: &Shop, app: &str) -> String {
    let path = format!("/apps/{app}/addons");
    let (status, body) = shop.answer("POST", &path, &json!({"plan": "heroku-postgresql:dev"}));
    assert_eq!(status, 201, "{body}");
    let addon: Value = serde_json::from_str(&body).unwrap();
    addon["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_pipeline_is_shown_whole_in_a_few_requests() {
    let shop = Shop::with(&["page=1"]);
    let before = shop.requests().len();
    let output = pipeline(&shop, &["show", "acme-shop", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let document = document(&output, "pipeline-show");
    let names = |stage: usize| -> Vec<&str> {
        let apps = document["stages"][stage]["apps"].as_array().unwrap();
        apps.iter()
            .map(|app| app["app"].as_str().unwrap())
            .collect()
    };
    assert_eq!(document["stages"][0]["stage"], "staging");
    assert_eq!(names(0), ["shop-staging"]);
    assert_eq!(document["stages"][1]["stage"], "production");
    assert_eq!(names(1), ["shop-eu", "shop-us"]);
    let app = &document["stages"][1]["apps"][0];
    assert_eq!(app["release"]["version"], 2);
    assert_eq!(app["commit"], "0123456789abcdef0123456789abcdef01234567");
    assert_eq!(app["required_status_checks"], Value::Null);
    assert_eq!(document["pipeline"]["owner"]["type"], "user");
    assert_eq!(document["pipeline"]["generation"], "cedar");
    let asked = asked(&shop, before);
    let first = asked
        .iter()
        .filter(|one| one.starts_with("GET /pipelines/acme-shop"));
    assert_eq!(first.count(), 1);
    // One item a page: three couplings and three apps take three requests each, and none asks about an app alone.
    assert!(
        asked
            .iter()
            .all(|one| !one.starts_with("GET /apps/") || one.contains("/slugs/")),
        "{asked:#?}"
    );
    // The one of deploy.yaml.
    let output = pipeline(&shop, &["show"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let ids = [
        (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "[id]"),
        (r" \d+[sm] +", " [age]  "),
        (r"\d{4}-\d\d-\d\d", "[day]"),
    ];
    let filters = ids.into_iter().chain(FILTERS).collect::<Vec<_>>();
    insta::with_settings!({filters => filters, omit_expression => true}, {
        insta::assert_snapshot!("pipeline_show", text(&output.stdout));
    });
}

#[test]
fn it_is_found_by_an_app_and_by_an_add_on() {
    for faults in [&[][..], &["coupling=listed"]] {
        let shop = Shop::with(faults);
        let addon = addon(&shop, "shop-eu");
        for by in [["--app", "shop-eu"], ["--addon", &addon]] {
            let output = pipeline(&shop, &["show", "--json"]).args(&by).output();
            assert_eq!(output.status.code(), Some(0), "{faults:?} {output:?}");
            let document = document(&output, "pipeline-show");
            assert_eq!(document["pipeline"]["name"], "acme-shop");
            assert_eq!(document["stages"].as_array().unwrap().len(), 2);
        }
    }
}

#[test]
fn a_partners_token_sees_its_own_app_only() {
    let shop = Shop::new();
    let addon = addon(&shop, "shop-eu");
    shop.set_faults(&["http=403@*:GET /pipelines/*/pipeline-couplings"]);
    let output = pipeline(&shop, &["show", "--json", "--addon", &addon]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = document(&output, "pipeline-show");
    assert_eq!(shown["stages"][0]["apps"][0]["app"], "shop-eu");
    assert_eq!(shown["stages"][0]["apps"].as_array().unwrap().len(), 1);
    let notes = shown["notes"].to_string();
    assert!(notes.contains("may not see the other apps"), "{notes}");
    // Whoever asks for the whole is told.
    let output = pipeline(&shop, &["show", "acme-shop"]).output();
    assert_eq!(output.status.code(), Some(77), "{output:?}");
    shop.set_faults(&["http=403@*:GET /addons"]);
    let output = pipeline(&shop, &["show", "--addon", &addon]).output();
    assert_eq!(output.status.code(), Some(77), "{output:?}");
}

#[test]
fn what_is_not_there_is_told() {
    let shop = Shop::new();
    let addon = addon(&shop, "shop-elsewhere");
    for (arguments, code, expected) in [
        (&["show", "nowhere"][..], 16, "there is no pipeline nowhere"),
        (&["show", "acme-shpo"], 16, "did you mean `acme-shop`?"),
        (
            &["show", "--app", "shop-stagin"],
            16,
            "did you mean `shop-staging`?",
        ),
        (&["show", "--app", "nowhere"], 16, "there is no app nowhere"),
        (
            &["show", "--addon", "nothing"],
            16,
            "there is no add-on nothing",
        ),
        (
            &["show", "--app", "shop-elsewhere"],
            16,
            "the app shop-elsewhere is in no pipeline",
        ),
        (
            &["show", "--addon", &addon],
            16,
            "the app shop-elsewhere is in no pipeline",
        ),
        (&["statuses", "acme-shop"], 16, "no status checks here"),
        (&["show", "x", "--app", "y"], 2, "cannot be used with"),
    ] {
        let output = pipeline(&shop, arguments).output();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?} {told}");
        assert!(told.contains(expected), "{arguments:?} {told}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn an_ambiguous_name_lists_the_candidates() {
    let shop = Shop::with(&["pipeline=ambiguous"]);
    let output = pipeline(&shop, &["show", "acme-shop"]).output();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(16), "{told}");
    assert!(told.contains("that of 2 pipelines"), "{told}");
    assert!(
        told.contains("0a000000-5a4d-4b0c-8000-0000000000b1"),
        "{told}"
    );
    let output = pipeline(&shop, &["list", "--json"]).output();
    let list = document(&output, "pipeline-list");
    let id = list["pipelines"][0]["id"].as_str().unwrap();
    assert!(told.contains(id), "{told}");
    let output = pipeline(&shop, &["show", id]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn without_a_deploy_yaml_there_is_still_a_platform() {
    let shop = Shop::new();
    std::fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    let output = pipeline(&shop, &["list"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(text(&output.stdout).contains("acme-shop"), "{output:?}");
    let output = pipeline(&shop, &["show"]).output();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(text(&output.stderr).contains("no pipeline is named"));
    let output = pipeline(&shop, &["stages", "--json"]).output();
    let stages = document(&output, "pipeline-stages");
    assert_eq!(stages["stages"].as_array().unwrap().len(), 5);
    assert_eq!(stages["may_skip"], true);
    let output = pipeline(&shop, &["list", "-c", "elsewhere.yaml"]).output();
    assert_eq!(output.status.code(), Some(65), "{output:?}");
}

#[test]
fn akkeris_tells_stages_statuses_and_required_checks() {
    let shop = Shop::akkeris_pipeline(&["tests/smoke"]);
    let output = pipeline(&shop, &["show", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = document(&output, "pipeline-show");
    let app = &shown["stages"][1]["apps"][0];
    assert_eq!(app["app"], "web-stg");
    assert_eq!(app["required_status_checks"], json!(["tests/smoke"]));
    assert_eq!(app["release"]["version"], 1);
    assert_eq!(app["commit"], "0123456789abcdef0123456789abcdef01234567");
    let output = pipeline(&shop, &["stages", "--json"]).output();
    let stages = document(&output, "pipeline-stages");
    assert_eq!(
        stages["stages"][0],
        json!({"stage": "review", "next": "development"})
    );
    assert_eq!(
        stages["stages"][3],
        json!({"stage": "production", "next": null})
    );
    assert_eq!(stages["may_skip"], false);
    let output = pipeline(&shop, &["statuses"]).output();
    assert!(
        text(&output.stdout).contains("no status check was ever"),
        "{output:?}"
    );
    let release = shop.running_id("web-dev");
    let path = format!("/apps/web-dev/releases/{release}/statuses");
    let check = json!({"context": "tests/smoke", "name": "Smoke\u{1b}[2J", "state": "success"});
    let (status, body) = shop.answer("POST", &path, &check);
    assert!(status < 300, "{status} {body}");
    let output = pipeline(&shop, &["statuses", "--json"]).output();
    let statuses = document(&output, "pipeline-statuses");
    assert_eq!(statuses["statuses"][0]["context"], "tests/smoke");
    let output = pipeline(&shop, &["statuses", "webpipe"]).output();
    assert!(!text(&output.stdout).contains('\u{1b}'), "{output:?}");
    let output = pipeline(&shop, &["show", "--addon", "0a0b"]).output();
    assert_eq!(output.status.code(), Some(16), "{output:?}");
    assert!(text(&output.stderr).contains("use `--app`"), "{output:?}");
}
