//! "Inspecting Heroku Pipelines as an Add-on Partner": from the add-on that was provisioned to its app, from there to the
//! coupling, from there to the pipeline and its name.
//!
//! What is corrected: the coupling of an app is one object, where the document has a list "for consistency with other
//! endpoints" (another document, the schema and the platform's own CLI know better): both are read. `actions` of an add-on
//! is a list, where the document has an object. And a partner's token sees no more than its own app.

use serde_json::{Value, json};

use super::command;
use crate::support::Shop;

/// What the partner gets with `POST /heroku/resources`: the `uuid` of the add-on.
fn provisioned(shop: &Shop) -> String {
    let plan = json!({"plan": "heroku-postgresql:dev"});
    let (status, body) = shop.answer("POST", "/apps/shop-eu/addons", &plan);
    assert_eq!(status, 201, "{body}");
    let addon: Value = serde_json::from_str(&body).unwrap();
    assert!(addon["actions"].is_array(), "{addon}");
    addon["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_add_on_leads_to_its_pipeline_and_stage() {
    for faults in [&[][..], &["coupling=listed"]] {
        let shop = Shop::with(faults);
        let uuid = provisioned(&shop);
        let shown = command(&shop, &["pipeline", "show", "--addon", &uuid, "--json"], 0);
        let state = shop.state();
        let app = state["apps"]["shop-eu"]["id"].as_str().unwrap();
        let pipeline = state["pipelines"][0]["id"].as_str().unwrap();
        // Get the provisioning app's id; getting most pipeline details; getting a pipeline's name.
        shown
            .asked("GET", &format!("/addons/{uuid}"))
            .asked("GET", &format!("/apps/{app}/pipeline-couplings"))
            .asked("GET", &format!("/pipelines/{pipeline}"));
        let document = shown.document("pipeline-show");
        assert_eq!(document["pipeline"]["name"], "acme-shop", "{faults:?}");
        let production = &document["stages"][1];
        assert_eq!(production["stage"], "production");
        assert_eq!(production["apps"][0]["app"], "shop-eu");
    }
}

#[test]
fn a_partner_that_may_see_no_other_app_still_learns_its_own_stage() {
    let shop = Shop::new();
    let uuid = provisioned(&shop);
    shop.set_faults(&["http=403@*:GET /pipelines/*/pipeline-couplings"]);
    let shown = command(&shop, &["pipeline", "show", "--addon", &uuid, "--json"], 0);
    let document = shown.document("pipeline-show");
    let stages = document["stages"].as_array().unwrap();
    assert_eq!(stages.len(), 1);
    assert_eq!(stages[0]["stage"], "production");
    assert_eq!(stages[0]["apps"][0]["app"], "shop-eu");
}

#[test]
fn an_app_need_not_be_in_a_pipeline() {
    // The document does not say what is answered then: it is 404.
    let shop = Shop::new();
    let path = "/apps/shop-elsewhere/addons";
    let (_, body) = shop.answer("POST", path, &json!({"plan": "heroku-postgresql:dev"}));
    let addon: Value = serde_json::from_str(&body).unwrap();
    let uuid = addon["id"].as_str().unwrap();
    let told = command(&shop, &["pipeline", "show", "--addon", uuid], 16).said();
    assert!(
        told.contains("the app shop-elsewhere is in no pipeline"),
        "{told}"
    );
}
