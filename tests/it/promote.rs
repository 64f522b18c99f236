//! `promote`: the second job, behind an approval.

use crate::support::{PIPELINE, Shop};

/// A shop whose first stage has a new release.
fn staged(shop: Shop) -> Shop {
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    shop
}

#[test]
fn what_is_live_in_the_stage_before_is_promoted() {
    let shop = staged(Shop::new());
    let run = shop.promote("production").run();
    run.exits(0);
    assert_ending!("promote", run);
    assert_eq!(
        run.count("POST", "/builds") + run.count("POST", "/sources"),
        0
    );
    let (staging, eu) = (shop.running("shop-staging"), shop.running("shop-eu"));
    assert_eq!(staging["commit"], eu["commit"]);
    assert_eq!(run.runs("shop-us"), 3);
    assert_eq!(run.record()["command"], "promote");
    // A second time there is nothing to do.
    let run = shop.promote("production").run();
    run.exits(0).changed_nothing().says("nothing to do");
}

#[test]
fn an_older_release_may_be_named_by_version_or_id() {
    let by_id = |shop: &Shop| {
        let state = shop.state();
        let releases = state["apps"]["shop-staging"]["releases"]
            .as_array()
            .unwrap();
        let release = releases.iter().find(|release| release["version"] == 3);
        release.unwrap()["id"].as_str().unwrap().to_owned()
    };
    for which in ["v3", "3", "id"] {
        let shop = staged(Shop::new());
        let third = shop.running("shop-staging")["commit"].clone();
        shop.write("src/index.js", "// newer\n");
        let shop = staged(shop);
        let which = if which == "id" {
            by_id(&shop)
        } else {
            which.to_owned()
        };
        let run = shop
            .promote("production")
            .args(&["--release", &which])
            .run();
        run.exits(0);
        assert_eq!(shop.running("shop-eu")["commit"], third, "{which}");
    }
}

#[test]
fn the_record_of_the_first_job_names_the_release_for_the_second() {
    let shop = Shop::new();
    let first = shop.deploy().args(&["--to", "staging"]).run();
    let release = first.app("shop-staging")["release"]["id"].as_str().unwrap();
    let run = shop
        .promote("production")
        .args(&["--release", release])
        .run();
    run.exits(0);
    assert_eq!(run.runs("shop-eu"), 3);
}

#[test]
fn a_release_that_does_not_exist_is_refused() {
    let shop = Shop::new();
    let run = shop.promote("production").args(&["--release", "v99"]).run();
    run.exits(16).changed_nothing();
    assert_ending!("no_such_release", run);
}

#[test]
fn a_release_that_failed_is_refused() {
    let shop = Shop::new().release_phase("false");
    shop.deploy().run().exits(11);
    let run = shop.promote("production").args(&["--release", "v3"]).run();
    run.exits(16)
        .changed_nothing()
        .says("only one that succeeded is promoted");
    assert_ending!("failed_release", run);
}

#[test]
fn nothing_can_be_promoted_to_the_first_stage() {
    let shop = Shop::new();
    let run = shop.promote("staging").run();
    run.exits(2).changed_nothing();
    assert_ending!("first_stage", run);
}

#[test]
fn apps_of_the_stage_before_that_differ_are_a_question() {
    let yaml = PIPELINE.to_owned() + "  - stage: elsewhere\n    app: shop-elsewhere\n";
    let shop = Shop::new().yaml(&yaml.replace("pipeline: acme-shop\n", ""));
    shop.somebody_releases_to("shop-us");
    let run = shop.promote("elsewhere").run();
    run.exits(16).changed_nothing();
    assert_ending!("differ", run);
}
