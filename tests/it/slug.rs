//! Without a pipeline: the built slug is released to the next stage's apps.

use crate::support::{Shop, WITHOUT_PIPELINE};

#[test]
fn the_slug_is_released_to_the_next_stage() {
    let shop = Shop::new()
        .yaml(WITHOUT_PIPELINE)
        .release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(0);
    assert_ending!("released", run);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/releases"), 2);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.record()["stages"][1]["how"], "release");
    assert_eq!(
        shop.running("shop-staging")["slug"],
        shop.running("shop-us")["slug"]
    );
}

#[test]
fn a_release_phase_that_fails_on_one_app() {
    let shop = Shop::with(&["release-phase=fail:shop-us"]).yaml(WITHOUT_PIPELINE);
    let run = shop.deploy().run();
    run.exits(11);
    assert_ending!("phase_failed", run);
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 2));
}

#[test]
fn a_release_that_is_never_known_to_be_made_is_unknown() {
    let shop = Shop::with(&["http=500@2+:POST releases"]).yaml(WITHOUT_PIPELINE);
    let run = shop.deploy().run();
    run.exits(20);
    assert_ending!("unknown", run);
    assert_eq!(run.outcome("shop-us"), "unknown");
}

#[test]
fn a_release_that_is_refused_leaves_its_app_alone() {
    let shop = Shop::with(&["http=422@1:POST releases"]).yaml(WITHOUT_PIPELINE);
    let run = shop.deploy().run();
    run.exits(16);
    assert_ending!("refused", run);
    assert_eq!(run.runs("shop-eu"), 2);
}

#[test]
fn promote_works_too() {
    let shop = Shop::new().yaml(WITHOUT_PIPELINE);
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    let run = shop.promote("production").run();
    run.exits(0);
    assert_eq!(run.runs("shop-us"), 3);
}
