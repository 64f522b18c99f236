//! Requirements and pins that do not hold.

use launchway::sandbox::Change;

use crate::support::{Live, PIPELINE, SINGLE, Shop};

#[test]
fn an_unknown_app_is_refused_before_anything_is_built() {
    let shop = Shop::new().yaml(&PIPELINE.replace("shop-us", "shop-mars"));
    let run = shop.deploy().run();
    run.exits(16).changed_nothing();
    assert_ending!("unknown_app", run);
    assert_eq!(run.count("POST", ""), 0);
}

#[test]
fn an_unknown_pipeline_is_refused_before_anything_is_built() {
    let shop = Shop::new().yaml(&PIPELINE.replace("acme-shop", "acme-shoes"));
    let run = shop.deploy().run();
    run.exits(16).changed_nothing();
    assert_ending!("unknown_pipeline", run);
    assert_eq!(run.count("POST", ""), 0);
}

#[test]
fn an_ambiguous_pipeline_is_a_question() {
    let shop = Shop::with(&["pipeline=ambiguous"]);
    let run = shop.deploy().run();
    run.exits(16).changed_nothing();
    assert_ending!("ambiguous_pipeline", run);
}

#[test]
fn an_app_that_is_not_in_the_pipeline_is_refused() {
    let shop = Shop::new();
    shop.change(Change::Uncouple {
        app: "shop-eu".to_owned(),
    });
    let run = shop.deploy().run();
    run.exits(16).changed_nothing();
    assert_ending!("not_coupled", run);
    assert_eq!(run.count("POST", ""), 0);
}

#[test]
fn an_app_in_another_stage_is_refused_with_all_else_that_is_wrong() {
    let yaml = PIPELINE
        .replace("shop-staging", "shop-x")
        .replace("shop-eu", "shop-staging")
        .replace("shop-x", "shop-eu")
        .replace("shop-us", "shop-elsewhere");
    let shop = Shop::new().yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(16).changed_nothing();
    assert_ending!("wrong_stages", run);
    assert_eq!(run.count("POST", ""), 0);
}

/// Runs until the first stage's check is under way, lets something happen, and lets the check pass.
fn meanwhile<'a>(shop: &'a Shop, stage: &str, happens: impl FnOnce()) -> Live<'a> {
    let gate = format!(
        "  - run: '[ $LAUNCHWAY_STAGE != {stage} ] || until [ -e ../go ]; do sleep 0.02; done'\n"
    );
    let checks = PIPELINE.lines().map(|line| {
        if line.contains("http:") {
            format!("{line}\n    {gate}")
        } else {
            format!("{line}\n")
        }
    });
    shop.write("deploy.yaml", &checks.collect::<String>());
    let mut live = shop.deploy().start();
    live.until_event(|event| {
        event["event"] == "check_started"
            && event["stage"] == stage
            && event["check"].as_str().unwrap().contains("until")
    });
    happens();
    std::fs::write(shop.root().join("go"), "").unwrap();
    live
}

#[cfg(unix)]
#[test]
fn a_release_by_somebody_else_is_not_promoted() {
    let shop = Shop::new();
    let run = meanwhile(&shop, "staging", || {
        shop.somebody_releases_to("shop-staging");
    })
    .end();
    run.exits(16);
    assert_ending!("source_changed", run);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!((run.runs("shop-staging"), run.runs("shop-eu")), (4, 2));
}

#[cfg(unix)]
#[test]
fn a_release_on_top_of_a_target_is_no_success() {
    let shop = Shop::new();
    let run = meanwhile(&shop, "production", || shop.somebody_releases_to("shop-us")).end();
    run.exits(16);
    assert_ending!("target_changed", run);
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 4));
    assert_eq!(run.outcome("shop-us"), "failed");
    assert_eq!(run.app("shop-us")["superseded_by"]["version"], 4);
    assert_eq!(run.outcome("shop-eu"), "succeeded");
}

#[cfg(unix)]
#[test]
fn the_same_code_under_a_newer_release_is_no_other_code() {
    for (stage, app) in [("staging", "shop-staging"), ("production", "shop-us")] {
        let shop = Shop::new();
        let run = meanwhile(&shop, stage, || {
            shop.change(Change::ConfigVar {
                app: app.to_owned(),
                name: "ROTATED".to_owned(),
                value: Some("anew".to_owned()),
            });
        })
        .end();
        run.exits(0).says(&format!(
            "{app} now runs v4, which is the code of v3 released again: Set ROTATED config vars"
        ));
        assert_eq!(run.runs(app), 4);
        assert_eq!(run.outcome(app), "succeeded");
        let entry = run.app(app);
        assert_eq!(entry["release"]["version"], 3);
        assert_eq!(entry["released_again"]["version"], 4);
        assert_eq!(entry["superseded_by"], serde_json::Value::Null);
        // It is live, and stays so.
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(run.count("POST", "/builds"), 0);
        assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    }
}

#[cfg(unix)]
#[test]
fn the_last_stage_is_confirmed_too() {
    // Without a pipeline or a second app.
    let shop = Shop::new();
    let run = {
        let yaml = format!("{SINGLE}      - run: until [ -e ../go ]; do sleep 0.02; done\n");
        shop.write("deploy.yaml", &yaml);
        let mut live = shop.deploy().start();
        live.until_event(|event| {
            event["event"] == "check_started" && event["check"].as_str().unwrap().contains("until")
        });
        shop.somebody_releases_to("shop-staging");
        std::fs::write(shop.root().join("go"), "").unwrap();
        live.end()
    };
    run.exits(16);
    assert_eq!(run.runs("shop-staging"), 4);
}

#[cfg(unix)]
#[test]
fn other_code_that_is_on_its_way_at_the_end_is_waited_for() {
    // Its release phase ends while the run is there, or before: either way the app runs other code in the end.
    let shop = Shop::with(&["release-phase=slow:2s@3:shop-us"]);
    shop.deploy().run().exits(0);
    let check = "until test -f ../go; do sleep 0.01; done";
    let (stages, _) = PIPELINE.rsplit_once("    verify:").unwrap();
    let shop = shop.yaml(&format!("{stages}    verify:\n      - run: {check}\n"));
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "check_started" && event["stage"] == "production");
    shop.change(Change::RollBack {
        app: "shop-us".to_owned(),
        version: 2,
    });
    std::fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.exits(16).says("shop-us");
    assert_eq!(run.app("shop-us")["superseded_by"]["version"], 5);
}
