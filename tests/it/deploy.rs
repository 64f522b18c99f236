//! Runs that go well.

use launchway::sandbox::Change;
use serde_json::{Value, json};

use crate::support::{PIPELINE, SINGLE, Shop};

#[test]
fn one_app_gets_the_workspace() {
    let shop = Shop::new().yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(0)
        .says("every app of staging runs version sha256-");
    assert_ending!("one_app", run);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    assert_eq!(run.runs("shop-staging"), 3);
    assert_eq!(run.app("shop-staging")["replaced"]["version"], 2);
    assert_eq!(run.record()["pipeline"], Value::Null);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.runs("shop-eu"), 2, "no other app is touched");
}

#[test]
fn a_pipeline_is_gone_through_to_its_end() {
    let shop = Shop::new().release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(0);
    assert_ending!("pipeline", run);
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "succeeded");
        assert_eq!(run.runs(app), 3);
    }
    for line in [
        "| Release command done.",
        "shop-eu | Release command done.",
        "shop-us | Release command done.",
    ] {
        run.says(line);
    }
    assert_eq!(run.count("POST", "/sources"), 1);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
    let promotion = run.asked("POST", "/pipeline-promotions").next().unwrap();
    let body = promotion.body.as_ref().unwrap();
    let built = &run.app("shop-staging")["release"]["id"];
    assert_eq!(&body["source"]["release"]["id"], built, "it is pinned");
    assert_eq!(body["targets"].as_array().unwrap().len(), 2);
    let stages: Vec<&Value> = run.record()["stages"].as_array().unwrap().iter().collect();
    assert_eq!(stages[0]["how"], "build");
    assert_eq!(stages[1]["how"], "promote");
    assert_eq!(stages[1]["promotion"], run.state["promotions"][0]["id"]);
}

#[test]
fn what_is_live_already_is_not_built_again() {
    let shop = Shop::new();
    shop.deploy().run().exits(0);
    let run = shop.deploy().run();
    run.exits(0)
        .changed_nothing()
        .says("nothing to do: every app of staging and production");
    assert_ending!("already_live", run);
    assert_eq!(run.count("POST", "/sources"), 0);
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "already_live");
        assert_eq!(run.runs(app), 3);
    }
}

#[test]
fn only_what_is_missing_is_done() {
    let shop = Shop::with(&["target=fail:shop-us"]);
    shop.deploy().run().exits(12);
    shop.set_faults(&[]);
    let run = shop.deploy().run();
    run.exits(0);
    assert_ending!("only_what_is_missing", run);
    assert_eq!(run.count("POST", "/builds"), 0);
    assert_eq!(run.outcome("shop-eu"), "already_live");
    assert_eq!(run.outcome("shop-us"), "succeeded");
    let promotion = run.asked("POST", "/pipeline-promotions").next().unwrap();
    let targets = &promotion.body.as_ref().unwrap()["targets"];
    assert_eq!(*targets, json!([{"app": {"id": run.app("shop-us")["id"]}}]));
}

#[test]
fn force_builds_what_is_live_already() {
    let shop = Shop::new();
    shop.deploy().run().exits(0);
    let run = shop.deploy().args(&["--force"]).run();
    run.exits(0);
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        assert_eq!(run.runs(app), 4);
    }
}

#[test]
fn after_a_rollback_by_others_the_slug_is_released_again_on_the_one_app() {
    let shop = Shop::new();
    shop.deploy().run().exits(0);
    let earlier = shop.state()["apps"]["shop-staging"]["releases"][1]["version"].clone();
    shop.change(Change::RollBack {
        app: "shop-staging".to_owned(),
        version: earlier.as_u64().unwrap(),
    });
    let text = shop.plan_text(&[]);
    assert!(
        text.contains("release the slug of v3 again; now v4"),
        "{text}"
    );
    assert!(
        text.contains("shop-eu       already live; now v3"),
        "{text}"
    );
    assert!(text.ends_with("\n1 app to change\n"), "{text}");
    let run = shop.deploy().run();
    run.exits(0).does_not_say("under way");
    assert_eq!(run.count("POST", "/builds"), 0);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.runs("shop-staging"), 5);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    for app in ["shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "already_live");
        assert_eq!(run.runs(app), 3);
    }
}

#[test]
fn a_changed_workspace_is_a_new_version() {
    let shop = Shop::new().yaml(SINGLE);
    let first = shop.deploy().run();
    shop.write("src/index.js", "// changed\n");
    let second = shop.deploy().run();
    first.exits(0);
    second.exits(0);
    assert_eq!(second.runs("shop-staging"), 4);
    assert_ne!(
        first.record()["source"]["version"],
        second.record()["source"]["version"]
    );
}

#[test]
fn the_build_is_told_version_checksum_and_buildpacks() {
    let yaml = SINGLE.replace(
        "stages:",
        "source: {version: v1.2.3}\nbuild:\n  buildpacks: [heroku/nodejs, \"https://example.com/pack.tgz\"]\nstages:",
    );
    let shop = Shop::new().yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(0)
        .says("every app of staging runs version v1.2.3-");
    let build = run.asked("POST", "/builds").next().unwrap();
    let body = build.body.as_ref().unwrap();
    assert_eq!(
        body["buildpacks"],
        json!([{"name": "heroku/nodejs"}, {"url": "https://example.com/pack.tgz"}])
    );
    let sha256 = run.record()["source"]["sha256"].as_str().unwrap();
    assert_eq!(body["source_blob"]["checksum"], format!("SHA256:{sha256}"));
    // Outside of a checkout nobody else vouches for the content.
    let version = body["source_blob"]["version"].as_str().unwrap();
    assert!(version.starts_with("v1.2.3-"), "{version}");
    run.says(&format!("Verified SHA256:{sha256}"));
}

#[test]
fn to_stops_after_a_stage() {
    let shop = Shop::new();
    let run = shop.deploy().args(&["--to", "staging"]).run();
    run.exits(0).says("every app of staging runs");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.runs("shop-eu"), 2);
    assert_eq!(run.record()["stages"].as_array().unwrap().len(), 1);
}

#[test]
fn a_release_that_is_named_late_is_found() {
    for faults in [["build=release-late:3"], ["build=release-late:1000"]] {
        let shop = Shop::with(&faults).yaml(SINGLE);
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(run.runs("shop-staging"), 3, "{faults:?}");
    }
}

#[test]
fn lists_come_in_pages_and_the_pipeline_may_be_an_id() {
    let shop = Shop::with(&["page=1"]);
    let id = shop.state()["pipelines"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let shop = shop.yaml(&PIPELINE.replace("acme-shop", &id));
    let run = shop.deploy().run();
    run.exits(0);
    let path = format!("/pipelines/{id}/pipeline-couplings");
    assert_eq!(run.count("GET", &path), 3, "a page for each coupling");
    assert_eq!(run.record()["pipeline"]["name"], "acme-shop");
}

#[test]
fn proxy_variables_do_not_capture_loopback() {
    let shop = Shop::new().yaml(SINGLE);
    let nowhere = crate::support::closed_port();
    let mut command = shop.deploy();
    for name in [
        "HTTP_PROXY",
        "http_proxy",
        "HTTPS_PROXY",
        "https_proxy",
        "ALL_PROXY",
        "all_proxy",
    ] {
        command = command.env(name, &nowhere);
    }
    command.run().exits(0);
}

#[test]
fn the_token_may_come_from_netrc_or_a_file() {
    use crate::support::TOKEN;
    let shop = Shop::new().yaml(SINGLE);
    let machine = shop.api_url().strip_prefix("http://").unwrap();
    let netrc = shop.root().join("netrc");
    std::fs::write(
        &netrc,
        format!("machine {machine} login x password {TOKEN}\n"),
    )
    .unwrap();
    let run = shop
        .deploy()
        .without("LAUNCHWAY_API_KEY")
        .env("NETRC", netrc.to_str().unwrap())
        .run();
    run.exits(0);
    let key = shop.root().join("key");
    std::fs::write(&key, format!("{TOKEN}\n")).unwrap();
    let run = shop
        .deploy()
        .env("LAUNCHWAY_API_KEY", "another-token-entirely")
        .args(&["--api-key-file", key.to_str().unwrap(), "--force"])
        .run();
    run.exits(0);
}
