//! Tokens that are missing, wrong or not allowed.

use crate::support::{Shop, Stub};

#[test]
fn without_a_token_the_places_are_listed() {
    let shop = Shop::new();
    let run = shop.deploy().without("LAUNCHWAY_API_KEY").run();
    run.exits(77).says("--sandbox");
    assert_ending!("no_token", run);
    assert!(run.requests.is_empty(), "nobody is asked");
}

#[test]
fn a_token_that_can_not_be_one_is_not_shown() {
    let shop = Shop::new();
    let run = shop.deploy().env("LAUNCHWAY_API_KEY", "not a token").run();
    run.exits(77).does_not_say("not a token");
    assert_ending!("impossible_token", run);
    let run = shop.deploy().args(&["--api-key-file", "../nowhere"]).run();
    run.exits(77);
    assert_ending!("no_key_file", run);
}

#[test]
fn a_wrong_token_is_denied() {
    let shop = Shop::new();
    let run = shop
        .deploy()
        .env("LAUNCHWAY_API_KEY", "a-wrong-token-entirely")
        .run();
    run.exits(77)
        .changed_nothing()
        .does_not_say("a-wrong-token-entirely");
    assert_ending!("wrong_token", run);
}

#[test]
fn a_second_factor_can_not_be_given() {
    let stub = Stub::answering(
        "403 Forbidden",
        "Content-Type: application/json\r\n",
        r#"{"id":"two_factor","message":"A second authentication factor or pre-authorization is required for this request."}"#,
    );
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(&stub.url)).run();
    run.exits(77);
    assert_ending!("second_factor", run);
}

#[test]
fn an_account_that_may_not_build_is_denied() {
    let shop = Shop::with(&["http=403:POST builds"]);
    let run = shop.deploy().run();
    run.exits(77);
    assert_ending!("build_forbidden", run);
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn an_account_that_may_not_promote_is_denied() {
    let shop = Shop::with(&["http=403:POST promotions"]);
    let run = shop.deploy().run();
    run.exits(77);
    assert_ending!("promotion_forbidden", run);
    assert_eq!(run.runs("shop-staging"), 3);
    assert_eq!(run.runs("shop-eu"), 2);
}

#[test]
fn a_token_that_is_revoked_while_it_builds() {
    let shop = Shop::with(&["http=401@1+:GET /apps/*/builds/*"]);
    let run = shop.deploy().run();
    run.exits(77);
    assert_ending!("revoked", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
}

#[test]
fn the_token_follows_no_redirect() {
    let shop = Shop::with(&["http=redirect@*:GET apps"]);
    let run = shop.deploy().run();
    run.exits(69).changed_nothing();
    assert_ending!("redirect", run);
}
