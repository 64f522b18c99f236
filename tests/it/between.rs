//! What stands between a run and the platform: login pages, firewalls, connections that died unnoticed, upload hosts.

use crate::support::{Run, SINGLE, Shop, WITHOUT_PIPELINE};

/// What a login page or a firewall answers in the platform's place.
const FOREIGN: [&str; 5] = ["redirect", "400,html", "403,html", "404,html", "451,html"];

#[track_caller]
fn retries(run: &Run) -> usize {
    run.events()
        .filter(|event| event["event"] == "retrying")
        .count()
}

#[test]
fn an_answer_that_is_not_the_platforms_ends_no_run() {
    for effect in FOREIGN {
        let reading = [
            "GET apps",
            "GET couplings",
            "GET /apps/*/builds/*$",
            "GET targets",
            "POST sources",
        ];
        let faults = reading.map(|kind| format!("http={effect}@1-2:{kind}"));
        let faults: Vec<&str> = faults.iter().map(String::as_str).collect();
        let shop = Shop::with(&faults);
        let run = shop.deploy().run();
        run.exits(0);
        assert!(retries(&run) >= 10, "{effect}: {}", run.stderr);
    }
}

#[test]
fn a_firewall_before_anything_was_changed() {
    let shop = Shop::with(&["http=403,html@*:api"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(69).changed_nothing();
    assert_ending!("firewall", run);
}

#[test]
fn a_firewall_that_takes_the_sight_of_a_build() {
    for effect in ["403,html", "redirect", "401,html"] {
        let fault = format!("http={effect}@2+:GET /apps/*/builds/*");
        let shop = Shop::with(&["build=never", &fault]);
        let run = shop.deploy().tempo("0.003").run();
        run.exits(20).says("not as the platform does");
        assert_eq!(run.outcome("shop-staging"), "unknown");
    }
}

#[test]
fn a_creating_request_that_somebody_else_answered_is_looked_for() {
    for effect in ["403,html", "403,html,after", "redirect"] {
        let fault = format!("http={effect}:POST builds");
        let shop = Shop::with(&[&fault]).yaml(SINGLE);
        let run = shop.deploy().run();
        run.exits(0);
        let builds = run.state["apps"]["shop-staging"]["builds"].as_array();
        assert_eq!(builds.unwrap().len(), 1, "{effect}");

        let fault = format!("http={effect}@1:POST releases");
        let shop = Shop::with(&[&fault]).yaml(WITHOUT_PIPELINE);
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 3));

        let fault = format!("http={effect}:POST promotions");
        let shop = Shop::with(&[&fault]);
        let run = shop.deploy().run();
        run.exits(if effect.ends_with("after") { 0 } else { 20 });
        assert_eq!(run.count("POST", "/pipeline-promotions"), 1, "{effect}");
    }
}

#[test]
fn a_page_that_says_ok_is_shown_by_its_title() {
    let shop = Shop::with(&["http=html@*:api"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(69).says("a page of HTML: Application Error");
}

#[test]
fn what_creates_something_goes_out_on_a_connection_of_its_own() {
    let shop = Shop::with(&["http=stale@*:POST builds", "http=stale@*:POST promotions"]);
    let run = shop.deploy().run();
    run.exits(0).does_not_say("checking whether it was done");
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
    let shop = Shop::with(&["http=stale@*:POST releases"]).yaml(WITHOUT_PIPELINE);
    let run = shop.deploy().run();
    run.exits(0).does_not_say("checking whether it was done");
}

#[test]
fn an_upload_host_that_asks_for_another_try_gets_one() {
    for answer in [
        "400,id=RequestTimeout",
        "400,id=IncompleteBody",
        "409",
        "307",
        "500",
        "503",
        "403,html",
        "redirect",
    ] {
        let fault = format!("upload={answer}@1-2");
        let shop = Shop::with(&[&fault]).yaml(SINGLE);
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(retries(&run), 2, "{answer}");
        assert_eq!(run.count("POST", "/sources"), 1, "{answer}");
    }
    let shop = Shop::with(&["upload=400,id=EntityTooLarge@*"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(69).says("EntityTooLarge");
    assert_eq!(retries(&run), 0);
}

#[test]
fn an_account_that_owes_or_is_suspended_is_told_so() {
    let shop = Shop::with(&["http=402@*:api"]);
    let run = shop.deploy().run();
    run.exits(77).changed_nothing().says("settle that");
    assert_ending!("delinquent", run);
    let shop = Shop::with(&["http=403,id=suspended@*:api"]);
    let run = shop.deploy().run();
    run.exits(77).changed_nothing();
    assert_ending!("suspended", run);
}

#[test]
fn a_rate_limit_is_one_whatever_its_status() {
    let shop = Shop::with(&["http=403,id=rate_limit@1-2:GET apps"]);
    shop.deploy().run().exits(0);
    let shop = Shop::with(&["http=403,id=rate_limit@*:api"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(75).says("answered 403");
}

#[test]
fn what_is_gone_is_told_as_gone() {
    let shop = Shop::with(&["http=410@*:GET apps"]);
    let run = shop.deploy().run();
    run.exits(16).says("answered 410").does_not_say("404");
}

#[test]
fn a_retry_names_the_request_once_and_apps_by_their_names() {
    let shop = Shop::with(&["http=503@1:GET /apps/*/builds$", "http=503@1:GET stream"]);
    let run = shop.deploy().run();
    run.exits(0);
    let retry = run.events().find(|event| event["event"] == "retrying");
    let retry = retry.unwrap();
    assert_eq!(retry["request"], "GET /apps/shop-staging/builds");
    let why = retry["why"].as_str().unwrap();
    assert!(why.starts_with("answered 503"), "{why}");
}

#[test]
fn what_was_waited_for_is_what_is_replaced() {
    let shop = Shop::with(&["release-phase=slow:2s"]).yaml(SINGLE);
    shop.somebody_releases_to("shop-staging");
    shop.set_faults(&[]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.app("shop-staging")["replaced"]["version"], 3);
    assert_eq!(run.runs("shop-staging"), 4);
}

#[test]
fn a_run_that_released_nothing_does_not_say_new() {
    let shop = Shop::new().yaml(SINGLE);
    shop.deploy().run().exits(0);
    shop.set_faults(&["web=503@1+:shop-staging"]);
    let run = shop.deploy().run();
    run.exits(13)
        .says("v3, as before, and a check failed")
        .says("nothing was released by this run")
        .does_not_say("new");
}
