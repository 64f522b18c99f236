//! Command lines and addresses that are refused before anybody is asked.

use std::process::Command;

use crate::support::Shop;

#[test]
fn the_token_goes_nowhere_in_plain_text() {
    let shop = Shop::new();
    for url in [
        "http://api.example.com",
        "ftp://127.0.0.1",
        "http://127.0.0.1.example.com",
    ] {
        let run = shop.deploy().api_url(Some(url)).run();
        run.exits(2).says("is not https");
        assert!(run.requests.is_empty());
    }
    let run = shop.deploy().api_url(Some("http://api.example.com")).run();
    assert_ending!("plain_text", run);
    let run = shop
        .deploy()
        .api_url(None)
        .env("LAUNCHWAY_API_URL", "http://api.example.com")
        .run();
    run.exits(2).says("is not https");
}

#[test]
fn the_address_may_be_a_variable() {
    let shop = Shop::new();
    let url = shop.api_url().to_owned();
    let run = shop
        .deploy()
        .api_url(None)
        .env("LAUNCHWAY_API_URL", &url)
        .run();
    run.exits(0);
    // The flag wins.
    let run = shop
        .deploy()
        .env("LAUNCHWAY_API_URL", "http://api.example.com")
        .run();
    run.exits(0);
}

#[test]
fn an_unknown_stage_is_a_mistake() {
    let shop = Shop::new();
    for command in [shop.deploy().args(&["--to", "prod"]), shop.promote("prod")] {
        let run = command.run();
        run.exits(2).changed_nothing();
        assert_ending!("unknown_stage", run);
        assert!(run.requests.is_empty());
    }
}

#[test]
fn a_slip_of_the_finger_gets_the_word_that_was_meant() {
    let shop = Shop::new();
    for (arguments, code, meant) in [
        (&["depoly"][..], 2, "'deploy'"),
        (&["pipeline", "shwo"], 2, "'show'"),
        (&["builds", "canel", "x"], 2, "'cancel'"),
        (&["deploy", "--dryrun"], 2, "'--dry-run'"),
        (&["schema", "recrod"], 2, "'record'"),
        (&["explain", "refsued"], 2, "`refused`"),
        (&["deploy", "--to", "satging"], 2, "`staging`"),
        (&["plan", "--to", "prod", "--offline"], 2, "`production`"),
        (
            &["plan", "--matrix", "--stage", "poduction"],
            2,
            "`production`",
        ),
        (&["rollback", "--stage", "prodution"], 2, "`production`"),
        (
            &["rollback", "--stage", "production", "--app", "shop-ue"],
            2,
            "`shop-eu`",
        ),
        (
            &["promote", "--to", "production", "--app", "shop-uss"],
            2,
            "`shop-us`",
        ),
        (&["builds", "--app", "shop-stagin"], 16, "`shop-staging`"),
        (
            &["slug", "show", "--app", "shop-stagin"],
            16,
            "`shop-staging`",
        ),
    ] {
        let output = shop.launchway(arguments).output();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(
            told.contains(meant) && (told.contains("similar") || told.contains("did you mean")),
            "{arguments:?}: {told}"
        );
    }
}

#[test]
fn an_unknown_flag_is_a_mistake() {
    let shop = Shop::new();
    let run = shop.deploy().args(&["--to-stage", "production"]).run();
    run.exits(2);
    assert!(run.requests.is_empty());
}

#[test]
fn a_record_that_can_not_be_written_fails_a_run_that_went_well() {
    let shop = Shop::new().yaml(crate::support::SINGLE);
    std::fs::create_dir(shop.root().join("record-0.json")).unwrap();
    let run = shop.deploy().run();
    run.exits(74).says("cannot write the run record");
    assert_eq!(run.runs("shop-staging"), 3);
}

#[test]
fn the_sandbox_needs_neither_token_nor_network() {
    let shop = Shop::new();
    let run = shop
        .launchway(&["deploy", "--sandbox", "--fault", "build=fail"])
        .api_url(None)
        .without("LAUNCHWAY_API_KEY")
        .run();
    run.exits(10)
        .says("The sandbox was told to fail this build.");
    assert!(run.requests.is_empty());
}

#[test]
fn what_init_writes_is_rehearsed_as_it_is() {
    let shop = Shop::new();
    std::fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    let init = Command::new(env!("CARGO_BIN_EXE_launchway"))
        .arg("init")
        .current_dir(shop.workspace())
        .output()
        .unwrap();
    assert!(init.status.success(), "{init:?}");
    let run = shop
        .launchway(&["deploy", "--sandbox"])
        .api_url(None)
        .without("LAUNCHWAY_API_KEY")
        .run();
    run.exits(0);
    for app in ["myapp-staging", "myapp-production"] {
        assert_eq!(
            run.app(app)["checks"][0]["seen"],
            "200 with `v3` in the body"
        );
    }
}
