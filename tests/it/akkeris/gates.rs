//! What a stage on Akkeris requires, told before anything in it is touched; and its waves.

use serde_json::{Value, json};

use super::support::TWO;
use crate::support::{Run, Shop};

/// Everything that Akkeris can answer.
const ALL: &str = "{same_config_keys: true, maintenance: on, window: 'Mon-Fri 09:00-16:00 UTC', status_checks: [tests/smoke]}";

/// A shop with development and staging; staging requires this, and nothing of it holds.
fn requiring(require: &str) -> Shop {
    let yaml = TWO.replace("app: web-stg", &format!("app: web-stg, require: {require}"));
    let shop = Shop::akkeris(&yaml, &[], &[]);
    // A Saturday.
    shop.sandbox
        .set_clock("2026-03-07T10:00:00Z".parse().unwrap());
    shop.launchway(&["deploy", "--to", "development"])
        .run()
        .exits(0);
    shop.ask(
        "PATCH",
        "/apps/web-dev/config-vars",
        &json!({"ONLY_DEV": "s3cret-value"}),
    );
    report(&shop, "failure");
    shop
}

/// Somebody reports the status check on our release of development.
fn report(shop: &Shop, state: &str) {
    let release = shop.releases("web-dev")[1].clone();
    let path = format!(
        "/apps/web-dev/releases/{}/statuses",
        release["id"].as_str().unwrap()
    );
    let there = shop.ask("GET", &path, &Value::Null)["statuses"][0]["id"].clone();
    let mut body = json!({"name": "Smoke", "state": state, "description": "2 of 40 failed"});
    let (method, path) = match there.as_str() {
        None => {
            body["context"] = json!("tests/smoke");
            ("POST", path)
        }
        Some(id) => ("PATCH", format!("{path}/{id}")),
    };
    shop.ask(method, &path, &body);
}

/// How the requirements of staging stand in the record.
fn results(run: &Run) -> Vec<(String, String)> {
    let stages = run.record()["stages"].as_array().unwrap();
    let rows = stages.last().unwrap()["requirements"].as_array().unwrap();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (word(row, "requirement"), word(row, "result")))
        .collect()
}

#[test]
fn all_that_does_not_hold_is_told_at_once_and_nothing_is_touched() {
    let shop = requiring(ALL);
    let run = shop.deploy().run();
    run.exits(16).changed_nothing();
    assert_ending!("require_all", run);
    let keys = ["same_config_keys", "maintenance", "window", "status_checks"];
    assert_eq!(
        results(&run),
        keys.map(|key| (key.to_owned(), "unmet".to_owned()))
    );
    assert_eq!(run.outcome("web-stg"), "not_started");
    // Nothing of it is asked of the second job either.
    shop.promote("staging").run().exits(16).changed_nothing();
    for text in [run.stdout.concat(), run.stderr.clone()] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn each_of_them_alone_keeps_a_stage_from_being_touched() {
    for (require, said) in [
        (
            "{same_config_keys: true}",
            "web-stg lacks ONLY_DEV, which web-dev has",
        ),
        (
            "{same_config_keys: {ignore: [OTHER]}}",
            "web-stg lacks ONLY_DEV, which web-dev has",
        ),
        (
            "{same_config_keys: false, maintenance: on}",
            "web-stg is not in maintenance mode",
        ),
        (
            "{same_config_keys: false, window: 'Mon-Fri 09:00-16:00 UTC'}",
            "closed until Mon 2026-03-09 09:00 UTC",
        ),
        (
            "{same_config_keys: false, status_checks: [tests/smoke]}",
            "tests/smoke is `failure`: 2 of 40 failed",
        ),
    ] {
        let shop = requiring(require);
        let before = shop.releases("web-stg").len();
        let run = shop.deploy().run();
        run.exits(16)
            .changed_nothing()
            .says(said)
            .says("nothing was changed on the platform");
        assert_eq!(results(&run).len(), 1, "{require}");
        assert_eq!(shop.releases("web-stg").len(), before, "{require}");
    }
}

#[test]
fn what_akkeris_has_no_answer_to_is_refused_in_the_file() {
    for key in ["same_stack", "same_buildpacks"] {
        let shop = Shop::akkeris(
            &TWO.replace(
                "app: web-stg",
                &format!("app: web-stg, require: {{{key}: true}}"),
            ),
            &[],
            &[],
        );
        shop.deploy()
            .run()
            .exits(65)
            .says(&format!("`{key}` is for heroku"));
        assert!(shop.requests().is_empty());
    }
}

#[test]
fn what_holds_is_told_and_promoted() {
    let shop = requiring(
        "{same_config_keys: {ignore: ['ONLY_*']}, maintenance: off, window: 'Sat 09:00-16:00 UTC', status_checks: [tests/smoke]}",
    );
    report(&shop, "success");
    let run = shop.deploy().run();
    run.exits(0);
    let keys = ["same_config_keys", "maintenance", "window", "status_checks"];
    assert_eq!(
        results(&run),
        keys.map(|key| (key.to_owned(), "met".to_owned()))
    );
}

#[test]
fn other_code_in_development_after_a_wait_is_refused() {
    let shop = requiring("{same_config_keys: false, status_checks: [tests/smoke]}");
    report(&shop, "pending");
    let mut live = shop.promote("staging").tempo("0.2").start();
    live.until_event(|event| {
        let what = event["what"].as_str().unwrap_or_default();
        event["event"] == "waiting" && what.starts_with("the status checks on")
    });
    shop.somebody_releases_to("web-dev");
    report(&shop, "success");
    let run = live.end();
    run.exits(16)
        .says("web-dev no longer runs")
        .says("nothing was changed in staging");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.outcome("web-stg"), "not_started");
}

/// Development, and three apps in staging in two waves, which go back if the check fails.
fn waves(check: &str) -> Shop {
    let staging = format!(
        "apps: [web-stg, a-stg, b-stg], waves: [1], on_failure: rollback, verify: [{{run: '{check}'}}]}}"
    );
    let yaml = TWO.replace("app: web-stg}", &staging);
    Shop::akkeris_with(&["web-stg", "a-stg", "b-stg"], &yaml, &[], &[])
}

#[cfg(unix)]
#[test]
fn a_second_wave_that_fails_takes_both_back() {
    let shop = waves(
        "test ! -e bad || test $LAUNCHWAY_APP != b-stg || test $LAUNCHWAY_VERSION = \"$(cat bad)\"",
    );
    let first = shop.deploy().run();
    first.exits(0);
    let version = first.record()["source"]["version"].as_str().unwrap();
    shop.write("bad", version);
    let run = shop.deploy().run();
    run.exits(14);
    assert_ending!("second_wave", run);
    let promotions: Vec<usize> = run
        .asked("POST", "/pipeline-promotions")
        .map(|one| {
            one.body.as_ref().unwrap()["targets"]
                .as_array()
                .unwrap()
                .len()
        })
        .collect();
    assert_eq!(promotions, [1, 2]);
    for app in ["web-stg", "a-stg", "b-stg"] {
        assert_eq!(run.outcome(app), "rolled_back", "{app}");
        let to = &run.app(app)["rollback"]["to"]["id"];
        assert_eq!(to, &first.app(app)["release"]["id"], "{app}");
    }
    assert_eq!(run.outcome("web-dev"), "succeeded");
}

#[cfg(unix)]
#[test]
fn other_code_in_development_ends_the_waves() {
    let shop = waves("until test -f ../go; do sleep 0.01; done");
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "check_started" && event["app"] == "web-stg");
    shop.somebody_releases_to("web-dev");
    std::fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.exits(14).says("web-dev no longer runs");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
    assert_eq!(run.outcome("web-stg"), "rolled_back");
    for app in ["a-stg", "b-stg"] {
        assert_eq!(run.outcome(app), "not_started");
    }
}
