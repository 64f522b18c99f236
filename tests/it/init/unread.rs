//! What of the platform could not be read is said, and nothing else is made of it.

use std::fs;

use super::{init, planned};
use crate::support::Shop;

#[test]
fn an_app_that_could_not_be_looked_up_is_not_said_to_be_in_no_pipeline() {
    for fault in [
        "http=500@*:GET /apps/shop-eu$",
        "http=403@*:GET /apps/*/pipeline-couplings",
    ] {
        let shop = Shop::with(&[fault]);
        fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
        let output = init(&shop, &["--app", "production=shop-eu"]).output();
        let (_, told) = planned(&shop, &output);
        assert!(!told.contains("in no pipeline"), "{told}");
        let said = "looking up the pipeline of the app shop-eu";
        assert!(told.contains(said), "{told}");
    }
}

#[test]
fn apps_whose_names_can_not_be_read_are_said_to_be_ids() {
    let shop = Shop::with(&["http=403@*:POST /filters/apps"]);
    fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    let output = init(&shop, &["--pipeline", "acme-shop"]).output();
    let (yaml, told) = planned(&shop, &output);
    assert!(!yaml.contains("shop-eu"), "{yaml}");
    let said = "the names of 3 apps could not be read: ids stand for them";
    assert!(told.contains(said), "{told}");
}
