//! `plan --matrix`, and `promote --app`, which is what a job of the matrix does.

use serde_json::Value;

use crate::support::{Launchway, Shop};

/// `plan --matrix…`, by somebody who has neither token nor network.
fn matrix<'a>(shop: &'a Shop, arguments: &[&str]) -> Launchway<'a> {
    let launchway = shop.launchway(&["plan"]).args(arguments);
    launchway.api_url(None).without("LAUNCHWAY_API_KEY")
}

fn json(launchway: Launchway<'_>) -> Value {
    serde_json::from_str(&launchway.text()).unwrap()
}

#[test]
fn github_gets_a_matrix_in_one_line() {
    let shop = Shop::new();
    let text = matrix(&shop, &["--matrix"]).text();
    assert_eq!(
        text,
        "{\"include\":[{\"app\":\"shop-eu\",\"stage\":\"production\"},{\"app\":\"shop-us\",\"stage\":\"production\"}]}\n"
    );
    assert_eq!(
        matrix(&shop, &["--matrix", "--stage", "production"]).text(),
        text
    );
    assert_eq!(
        matrix(&shop, &["--matrix=github", "--output", "gitlab"]).text(),
        text
    );
    let none = matrix(&shop, &["--matrix", "--to", "staging"]).text();
    assert_eq!(none, "{\"include\":[]}\n");
    assert!(shop.requests().is_empty());
}

#[test]
fn gitlab_gets_a_child_pipeline() {
    let shop = Shop::new();
    let pipeline = json(matrix(&shop, &["--matrix=gitlab"]));
    assert_eq!(pipeline["stages"], serde_json::json!(["production"]));
    let job = &pipeline["production: shop-eu"];
    assert_eq!(job["variables"]["LAUNCHWAY_APP"], "shop-eu");
    assert_eq!(
        pipeline[job["extends"].as_str().unwrap()]["stage"],
        "production"
    );
    let same = json(matrix(&shop, &["--matrix", "--output", "gitlab"]));
    assert_eq!(same, pipeline);
    let same = json(matrix(&shop, &["--matrix"]).env("GITLAB_CI", "true"));
    assert_eq!(same, pipeline);
}

#[test]
fn a_wrong_question_is_a_mistake() {
    let shop = Shop::new();
    for arguments in [
        &["--matrix", "--stage", "staging"][..],
        &["--matrix", "--stage", "prod"],
        &["--matrix=jenkins"],
        &["--stage", "production"],
        &["--matrix", "--hosts"],
    ] {
        let output = matrix(&shop, arguments).output();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
    }
    let run = shop.promote("production").args(&["--app", "shop-ap"]).run();
    run.exits(2)
        .changed_nothing()
        .says("`production` of deploy.yaml has no app `shop-ap`");
    assert!(run.requests.is_empty());
}

#[test]
fn a_job_promotes_to_its_app_alone() {
    let shop = Shop::new();
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    let release = shop.running_id("shop-staging");
    let job = |app: &str| {
        shop.promote("production")
            .args(&["--app", app, "--release", &release])
    };
    let run = job("shop-eu").run();
    run.exits(0)
        .says("only shop-eu of `production`: 1 of its apps in deploy.yaml is left alone")
        .does_not_say("more app(s)");
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 2));
    assert_eq!(
        run.record()["stages"][0]["apps"].as_array().unwrap().len(),
        1
    );
    // Somebody else's release in staging is not what was verified: the release is pinned.
    shop.somebody_releases_to("shop-staging");
    job("shop-us").run().exits(0);
    assert_eq!(
        shop.running("shop-us")["slug"],
        shop.running("shop-eu")["slug"]
    );
    // Again, and as a list: nothing to do.
    job("shop-us,shop-eu").run().exits(0).changed_nothing();
    job("shop-eu")
        .args(&["--app", "shop-us"])
        .run()
        .exits(0)
        .changed_nothing();
}

#[test]
fn an_app_that_fails_fails_its_own_job_only() {
    let shop = Shop::new();
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    shop.set_faults(&["target=fail:shop-eu"]);
    shop.promote("production")
        .args(&["--app", "shop-eu"])
        .run()
        .exits(12);
    shop.promote("production")
        .args(&["--app", "shop-us"])
        .run()
        .exits(0);
}

/// Jobs of the child pipeline as a runner does them: their script in a shell, with their variables.
#[cfg(unix)]
#[test]
fn the_scripts_of_the_child_pipeline_promote() {
    use std::{path::Path, process::Command};

    let shop = Shop::new();
    shop.deploy().args(&["--to", "staging"]).run().exits(0);
    let release = shop.running_id("shop-staging");
    let pipeline = json(matrix(&shop, &["--matrix=gitlab"]));
    let binary = Path::new(env!("CARGO_BIN_EXE_launchway")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    for (app, pin) in [("shop-eu", Some(release.as_str())), ("shop-us", None)] {
        let job = &pipeline[format!("production: {app}")];
        let stage = &pipeline[job["extends"].as_str().unwrap()];
        let mut shell = Command::new("sh");
        for of in [stage, job] {
            for (name, value) in of["variables"].as_object().unwrap() {
                shell.env(name, value.as_str().unwrap());
            }
        }
        if let Some(release) = pin {
            shell.env("LAUNCHWAY_RELEASE_ID_STAGING", release);
        }
        let output = shell
            .args(["-ec", stage["script"][0].as_str().unwrap()])
            .current_dir(shop.workspace())
            .env("PATH", format!("{}:{path}", binary.display()))
            .env("LAUNCHWAY_API_URL", shop.api_url())
            .env("LAUNCHWAY_API_KEY", crate::support::TOKEN)
            .env("LAUNCHWAY_TEST_TEMPO", "0.02")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(shop.runs_version(app), 3);
    }
}
