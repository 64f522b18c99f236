//! A platform that can't be reached: harmless before anything was changed, `unknown` after.

use crate::support::{SINGLE, Shop, Stub, WITHOUT_PIPELINE, closed_port};

#[test]
fn a_platform_that_can_not_be_reached() {
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(&closed_port())).run();
    run.exits(69).changed_nothing();
    assert_ending!("unreachable", run);
}

#[test]
fn a_platform_that_is_down_before_anything_was_changed() {
    let shop = Shop::with(&["http=503@*:api"]);
    let run = shop.deploy().tempo("0.01").run();
    run.exits(69).changed_nothing();
    assert_ending!("down_before", run);
}

#[test]
fn a_page_of_html_is_no_answer() {
    let shop = Shop::with(&["http=503,html@*:api"]);
    let run = shop.deploy().tempo("0.01").run();
    run.exits(69)
        .changed_nothing()
        .says("a page of HTML: Application Error");
}

#[test]
fn a_server_that_is_no_platform() {
    let stub = Stub::answering(
        "200 OK",
        "Content-Type: text/html\r\n",
        "<html>hello</html>",
    );
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(&stub.url)).tempo("0.01").run();
    run.exits(69);
    assert_ending!("no_platform", run);
}

#[test]
fn a_rate_limit_that_does_not_go_away() {
    for fault in ["http=429@*:api", "http=429,retry-after=86400@*:api"] {
        let shop = Shop::with(&[fault]);
        let run = shop.deploy().tempo("0.01").run();
        run.exits(75).changed_nothing();
        assert_ending!("rate_limited", run);
    }
}

#[test]
fn a_build_that_is_lost_sight_of() {
    let shop = Shop::with(&["build=never", "http=503@2+:GET builds"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("build", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
    assert_eq!(run.outcome("shop-eu"), "not_started");
}

#[test]
fn a_release_that_is_lost_sight_of() {
    let shop = Shop::with(&["release-phase=never", "http=reset@3+:GET releases"]).yaml(SINGLE);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("release", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
}

#[test]
fn a_promotion_that_is_lost_sight_of() {
    let shop = Shop::with(&["http=503@2+:GET targets"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("promotion", run);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    assert_eq!(run.outcome("shop-eu"), "unknown");
    assert_eq!(run.outcome("shop-us"), "unknown");
}

#[test]
fn a_build_whose_creation_is_unknown_is_not_repeated() {
    for fault in [
        "http=500:POST builds",
        "http=500,after:POST builds",
        "http=reset:POST builds",
        "http=reset-after:POST builds",
        "http=reset-in-body:POST builds",
        "http=truncated:POST builds",
        "http=html:POST builds",
    ] {
        let shop = Shop::with(&[fault]);
        let run = shop.deploy().run();
        run.exits(20);
        assert_eq!(run.count("POST", "/builds"), 1, "{fault}");
        assert_eq!(run.outcome("shop-staging"), "unknown", "{fault}");
        assert_eq!(run.outcome("shop-eu"), "not_started", "{fault}");
        if fault == "http=500:POST builds" {
            assert_ending!("build_unknown", run);
        }
    }
}

#[test]
fn a_promotion_whose_creation_is_unknown_is_not_repeated() {
    for fault in [
        "http=500:POST promotions",
        "http=reset-after:POST promotions",
    ] {
        let shop = Shop::with(&[fault]);
        let run = shop.deploy().run();
        run.exits(20);
        assert_eq!(run.count("POST", "/pipeline-promotions"), 1, "{fault}");
        assert_eq!(run.outcome("shop-staging"), "succeeded", "{fault}");
        assert_eq!(run.outcome("shop-us"), "unknown", "{fault}");
        if fault == "http=500:POST promotions" {
            assert_ending!("promotion_unknown", run);
        }
    }
}

#[test]
fn a_busy_platform_refuses_the_build() {
    let shop = Shop::with(&["http=429@*:POST builds"]);
    let run = shop.deploy().tempo("0.01").run();
    run.exits(75);
    assert_ending!("build_rate_limited", run);
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn a_busy_platform_refuses_the_promotion() {
    let shop = Shop::with(&["http=429@*:POST promotions"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("promotion_rate_limited", run);
    assert_eq!(run.outcome("shop-eu"), "not_started");
    assert_eq!(run.runs("shop-staging"), 3);
}

#[test]
fn a_slug_release_whose_creation_is_unknown_stops_before_the_next_app() {
    let shop = Shop::with(&["http=reset-after@1:POST releases"]).yaml(WITHOUT_PIPELINE);
    let run = shop.deploy().run();
    run.exits(20);
    assert_eq!(run.count("POST", "/releases"), 1);
    assert_eq!(run.outcome("shop-eu"), "unknown");
    assert_eq!(run.outcome("shop-us"), "not_started");
}
