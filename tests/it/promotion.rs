//! Promotions that fail, for one app or for all.

use crate::support::Shop;

#[test]
fn a_target_that_fails_leaves_the_other_one_promoted() {
    let shop = Shop::with(&["target=fail:shop-us"]);
    let run = shop.deploy().run();
    run.exits(12);
    assert_ending!("one_target", run);
    assert_eq!(run.outcome("shop-us"), "failed");
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 2));
}

#[test]
fn a_release_phase_that_fails_on_one_target_shows_its_output() {
    let shop = Shop::with(&["release-phase=fail:shop-eu"]).release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(12);
    assert_ending!("one_phase", run);
    assert_eq!(run.app("shop-eu")["release"]["status"], "failed");
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (2, 3));
}

#[test]
fn all_targets_may_fail() {
    let shop = Shop::with(&["target=fail"]);
    let run = shop.deploy().run();
    run.exits(12);
    assert_ending!("all_targets", run);
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (2, 2));
}

#[test]
fn a_target_may_want_a_second_factor() {
    let shop = Shop::with(&["target=second-factor:1"]);
    let run = shop.deploy().run();
    run.exits(12).says("second authentication factor");
    assert_ending!("second_factor", run);
}

#[test]
fn a_release_that_expires_on_a_target_is_no_success() {
    let shop = Shop::with(&["release=expire:shop-us"]);
    let run = shop.deploy().run();
    run.exits(12);
    assert_ending!("expired", run);
    assert_eq!(run.app("shop-us")["release"]["status"], "expired");
}

#[test]
fn a_target_without_a_verdict_is_not_waited_for_for_ever() {
    let shop = Shop::with(&["target=never:shop-us"]);
    // At this tempo the deadline of 65 minutes is two seconds.
    let run = shop.deploy().tempo("0.0005").run();
    run.exits(20);
    assert_ending!("never", run);
    assert_eq!(run.outcome("shop-us"), "unknown");
}

#[test]
fn a_promotion_that_the_platform_refuses_changes_nothing_in_its_stage() {
    let shop = Shop::with(&["http=422:POST promotions"]);
    let run = shop.deploy().run();
    run.exits(16);
    assert_ending!("refused", run);
    assert_eq!(run.runs("shop-staging"), 3);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    assert_eq!(run.outcome("shop-eu"), "not_started");
}
