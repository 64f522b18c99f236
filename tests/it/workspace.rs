//! A `deploy.yaml` or a workspace that can't be used.

use std::fs;

use crate::support::{Run, SINGLE, Shop};

/// Runs with this text, asking nobody.
fn with(text: &str) -> Run {
    let shop = Shop::new().yaml(text);
    let run = shop.deploy().run();
    assert!(run.requests.is_empty(), "{}", run.stderr);
    run
}

#[test]
fn there_is_no_deploy_yaml() {
    let shop = Shop::new();
    fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    let run = shop.deploy().run();
    run.exits(65).changed_nothing();
    assert_ending!("missing", run);
    let run = shop
        .deploy()
        .args(&["--config", "elsewhere/deploy.yaml"])
        .run();
    run.exits(65).says("elsewhere/deploy.yaml");
}

#[test]
fn deploy_yaml_is_empty() {
    let run = with("");
    run.exits(65);
    assert_ending!("empty", run);
}

#[test]
fn deploy_yaml_is_not_yaml() {
    let run = with("version: 1\nstages: [\n");
    run.exits(65);
    assert_ending!("not_yaml", run);
}

#[test]
fn a_variable_is_not_set() {
    let run = with(&SINGLE.replace("stages:", "source: {version: \"${RELEASE_NAME}\"}\nstages:"));
    run.exits(65);
    assert_ending!("unset_variable", run);
}

#[test]
fn several_things_are_wrong_at_once() {
    let run = with(
        "version: 1\nplatfrom: heroku\nstages:\n  - stage: staging\n    app: Shop\n    on_failure: explode\n",
    );
    run.exits(65);
    assert_ending!("several", run);
}

#[test]
fn the_source_directory_does_not_exist() {
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", "source: {dir: app}\nstages:"));
    let run = shop.deploy().run();
    run.exits(66).changed_nothing();
    assert_ending!("no_directory", run);
}

#[test]
fn the_source_directory_is_a_file() {
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", "source: {dir: Procfile}\nstages:"));
    let run = shop.deploy().run();
    run.exits(66).changed_nothing();
}

#[test]
fn the_workspace_is_empty() {
    let shop = Shop::new().yaml(&SINGLE.replace("stages:", "source: {dir: app}\nstages:"));
    fs::create_dir(shop.workspace().join("app")).unwrap();
    let run = shop.deploy().run();
    run.exits(66).changed_nothing();
    assert_ending!("empty_workspace", run);
}

#[test]
fn deploy_yaml_may_be_elsewhere() {
    let shop = Shop::new();
    shop.write(
        "ci/deploy.yaml",
        &SINGLE.replace("stages:", "source: {dir: ..}\nstages:"),
    );
    let run = shop.deploy().args(&["--config", "ci/deploy.yaml"]).run();
    run.exits(0);
}

#[test]
fn what_launchway_writes_or_reads_the_token_from_is_no_part_of_the_workspace() {
    let shop = Shop::new().yaml(SINGLE);
    let bare = shop.deploy().run();
    bare.exits(0);
    shop.write("token", crate::support::TOKEN);
    let reports = ["html", "junit", "dotenv", "annotations"]
        .map(|name| [format!("--{name}"), format!("reports.{name}")]);
    let reports: Vec<_> = reports.iter().flatten().map(String::as_str).collect();
    fs::create_dir(shop.workspace().join("sub")).unwrap();
    // The second time the files of the first are there.
    for _ in 0..2 {
        let run = shop
            .deploy()
            .without("LAUNCHWAY_API_KEY")
            .args(&["--api-key-file", "sub/../token"])
            .args(&reports)
            .run();
        run.exits(0).says("already");
        assert_eq!(run.record()["source"], bare.record()["source"]);
    }
}
