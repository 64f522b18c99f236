//! Checks that fail.

use std::fs;

use crate::support::{SINGLE, Shop, TOKEN, eventually};

/// One stage with these checks.
fn checked(checks: &str) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    format!("{stages}    verify:\n{checks}")
}

#[test]
fn an_http_check_that_fails_stops_before_the_next_stage() {
    let shop = Shop::with(&["web=503:shop-staging"]);
    shop.write(
        "deploy.yaml",
        &crate::support::PIPELINE.replacen("within: 5s", "within: 200ms", 1),
    );
    let run = shop.deploy().run();
    run.exits(13);
    assert_ending!("http", run);
    assert_eq!(run.runs("shop-staging"), 3, "what was released stays");
    assert_eq!(run.outcome("shop-staging"), "failed");
    assert_eq!(run.app("shop-staging")["checks"][0]["ok"], false);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
}

#[test]
fn a_check_fails_for_one_app_of_two() {
    let shop = Shop::with(&["web=503:shop-us"]);
    let yaml = crate::support::PIPELINE.replace("within: 5s", "within: 200ms");
    let shop = shop.yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(13);
    assert_ending!("one_of_two", run);
    assert_eq!(run.outcome("shop-us"), "failed");
    assert_eq!(run.outcome("shop-eu"), "succeeded");
}

#[test]
fn a_check_that_is_over_is_told_while_another_is_under_way() {
    let shop = Shop::with(&["web=down-until:5:shop-eu"]);
    let run = shop.deploy().run();
    run.exits(0);
    let over: Vec<_> = run
        .events()
        .filter(|event| event["event"] == "check_finished" && event["stage"] == "production")
        .map(|event| event["app"].clone())
        .collect();
    assert_eq!(over, ["shop-us", "shop-eu"]);
}

#[test]
fn an_app_that_needs_a_while_is_given_it() {
    let shop = Shop::with(&["web=down-until:5"]).yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 5);
}

#[test]
fn the_body_counts_too() {
    let yaml =
        checked("      - http: {path: /, body: no such words, within: 100ms, every: 20ms}\n");
    let shop = Shop::new().yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(13)
        .says("200, but `no such words` is not in the body");
    assert_ending!("body", run);

    let yaml = checked("      - http: {path: /, body: is running v4, within: 5s, every: 20ms}\n");
    let shop = shop.yaml(&yaml);
    shop.deploy().args(&["--force"]).run().exits(0);
}

#[test]
fn several_successes_in_a_row_are_wanted() {
    let yaml = checked("      - http: {path: /, within: 5s, every: 20ms, successes: 3}\n");
    // Up, down, and up for good.
    let shop = Shop::with(&["web=503@2"]).yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 5);
}

#[cfg(unix)]
#[test]
fn a_command_that_fails_shows_what_it_printed() {
    let shop = Shop::new().yaml(&checked(
        "      - run: echo smoke test broken >&2; exit 7\n",
    ));
    let run = shop.deploy().run();
    run.exits(13).says("| smoke test broken");
    assert_ending!("command", run);
    let check = &run.app("shop-staging")["checks"][0];
    assert_eq!(check["seen"], "exit code 7");
    assert_eq!(check["evidence"]["output"][0], "smoke test broken");
}

#[cfg(unix)]
#[test]
fn a_command_that_hangs_is_ended_with_all_it_started() {
    let command = "echo started; sleep 300 & echo $! > ../pid; wait";
    // How long the command needs until it hangs is the machine's affair.
    for timeout in ["500ms", "2s", "8s", "30s"] {
        let yaml = checked(&format!(
            "      - run: {command}\n        timeout: {timeout}\n"
        ));
        let shop = Shop::new().yaml(&yaml);
        let run = shop.deploy().run();
        run.exits(13).says("it did not end within");
        if let Ok(pid) = fs::read_to_string(shop.root().join("pid")) {
            assert_ending!("hangs", run);
            until_gone(&pid);
            return;
        }
    }
    panic!("it was always stopped before it hung");
}

/// The same: `cmd` is the child, and what it started serves on a port.
#[cfg(windows)]
#[test]
fn a_command_that_hangs_is_ended_with_all_it_started() {
    let launchway = env!("CARGO_BIN_EXE_launchway");
    for timeout in ["2s", "8s", "30s"] {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = free.local_addr().unwrap();
        let port = address.port();
        drop(free);
        let command = format!("{launchway} sandbox --port {port} > ..\\served");
        let yaml = checked(&format!(
            "      - run: '{command}'\n        timeout: {timeout}\n"
        ));
        let shop = Shop::new().yaml(&yaml);
        let run = shop.deploy().run();
        run.exits(13).says("it did not end within");
        let served = fs::read_to_string(shop.root().join("served"));
        if served.is_ok_and(|text| text.contains(&address.to_string())) {
            let reached = || std::net::TcpStream::connect(address).is_ok();
            eventually(
                || (!reached()).then_some(()),
                || format!("{address} still answers"),
            );
            return;
        }
    }
    panic!("it was always stopped before it hung");
}

/// Waits until a process has ended; its parent may not have taken notice yet.
pub(crate) fn until_gone(pid: &str) {
    let is_gone = || {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    eventually(|| is_gone().then_some(()), || format!("{pid} still runs"));
}

#[cfg(unix)]
#[test]
fn a_command_knows_what_it_checks_and_no_token() {
    let shop = Shop::new().yaml(&checked("      - run: env > ../env\n"));
    let run = shop
        .deploy()
        .env("HEROKU_API_KEY", "another-token-entirely")
        .env("AKKERIS_API_KEY", "a-third-token-entirely")
        .env("SMOKE_USER", "nobody")
        .env("INPUT_KEY", TOKEN)
        .env("SMOKE_LOGIN", &format!("https://me:{TOKEN}@example.com"))
        .run();
    run.exits(0);
    let text = fs::read_to_string(shop.root().join("env")).unwrap();
    assert!(!text.contains(TOKEN) && !text.contains("API_KEY"), "{text}");
    let release = run.app("shop-staging")["release"]["id"].as_str().unwrap();
    let version = run.record.as_ref().unwrap()["source"]["version"]
        .as_str()
        .unwrap();
    assert!(text.contains("LAUNCHWAY_RUN="), "{text}");
    let url = run.app("shop-staging")["web_url"].as_str().unwrap();
    for line in [
        "SMOKE_USER=nobody",
        "LAUNCHWAY_APP=shop-staging",
        "LAUNCHWAY_STAGE=staging",
        "LAUNCHWAY_RELEASE=v3",
        "LAUNCHWAY_COMMIT=",
        &format!("LAUNCHWAY_VERSION={version}"),
        &format!("LAUNCHWAY_RELEASE_ID={release}"),
        &format!("LAUNCHWAY_URL={url}"),
    ] {
        assert!(text.lines().any(|shown| shown == line), "{line}: {text}");
    }
}

#[test]
fn a_check_must_go_on_holding_for_the_time_of_its_soak() {
    let check = |more: &str| {
        checked(&format!(
            "      - http: /health\n        every: 20ms\n        {more}\n"
        ))
    };
    // The first try holds, the second is the first of the soak.
    let shop = Shop::with(&["web=503@2"]).yaml(&check("soak: 20s"));
    let run = shop.deploy().run();
    run.exits(13)
        .says("503 instead of 200")
        .says("into the soak of 20s");
    assert_eq!(run.app("shop-staging")["checks"][0]["attempts"], 2);
    assert_eq!(run.outcome("shop-staging"), "failed");

    let shop = Shop::with(&["web=503@2"]).yaml(&check("soak: 1s\n        failure_limit: 1"));
    let run = shop.deploy().run();
    run.exits(0);
    let check = &run.app("shop-staging")["checks"][0];
    assert_eq!(
        check["seen"],
        "200, for 1s with 1 bad try, the first: 503 instead of 200"
    );
    let waits =
        |event: serde_json::Value| event["what"] == "GET /health on shop-staging to go on holding";
    assert!(run.events().any(waits), "nothing says that it soaks");
}

#[test]
fn any_of_several_statuses_may_be_wanted() {
    let status = |status: &str| {
        checked(&format!(
            "      - http: {{path: /health, status: {status}, within: 200ms, every: 20ms}}\n"
        ))
    };
    let shop = Shop::with(&["web=503"]).yaml(&status("[2xx, 503]"));
    shop.deploy().run().exits(0).says("503");
    let shop = Shop::with(&["web=503"]).yaml(&status("[2xx, 404]"));
    shop.deploy()
        .run()
        .exits(13)
        .says("503 instead of 2xx or 404");
}
