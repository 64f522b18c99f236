//! A stage in waves.

use crate::support::{PIPELINE, Run, Shop, shell};

/// The usual pipeline; production goes in waves and has this check.
fn waves(waves: &str, check: &str) -> String {
    let (stages, _) = PIPELINE.rsplit_once("    verify:").unwrap();
    format!(
        "{stages}    waves: {waves}\n    on_failure: rollback\n    verify:\n      - run: '{check}'\n"
    )
}

/// The apps that each promotion went to.
fn promoted(run: &Run) -> Vec<usize> {
    run.asked("POST", "/pipeline-promotions")
        .map(|request| {
            let body = request.body.as_ref().unwrap();
            body["targets"].as_array().unwrap().len()
        })
        .collect()
}

#[test]
fn each_wave_is_verified_before_the_next_gets_the_same_release() {
    let shop = Shop::new().yaml(&waves("[1, 100%]", "exit 0"));
    let run = shop.deploy().run();
    run.exits(0)
        .says("wave 1 of 2 of production: shop-eu")
        .says("wave 2 of 2 of production: shop-us")
        .does_not_say("stopped in wave");
    assert_eq!(promoted(&run), [1, 1]);
    assert_eq!(
        run.record()["stages"][1]["waves"],
        serde_json::json!([1, 2])
    );
    let releases: Vec<_> = run
        .asked("POST", "/pipeline-promotions")
        .map(|request| request.body.as_ref().unwrap()["source"]["release"].clone())
        .collect();
    assert_eq!(releases[0], releases[1]);
    let of = |event: &str, app: &str| {
        let found = |one: &serde_json::Value| one["event"] == event && one["app"] == app;
        run.events().position(|one| found(&one)).unwrap()
    };
    assert!(of("check_finished", "shop-eu") < of("release_started", "shop-us"));
    // Again: both waves run it, and are verified again.
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(promoted(&run), [] as [usize; 0]);
}

#[test]
fn a_wave_that_fails_stops_the_run_and_goes_back() {
    let check = shell::fails_for(&["shop-eu-v3", "shop-us-v3"]);
    let shop = Shop::new().yaml(&waves("[1]", &check));
    let run = shop.deploy().run();
    run.exits(14)
        .says("stopped in wave 1 of 2 (shop-eu); not reached: shop-us");
    assert_eq!(promoted(&run), [1]);
    assert_eq!(run.outcome("shop-eu"), "rolled_back");
    assert_eq!(run.outcome("shop-us"), "not_started");
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (4, 2));
}

#[test]
fn a_later_wave_that_fails_takes_the_earlier_ones_back() {
    let check = shell::fails_for(&["shop-us-v3"]);
    let shop = Shop::new().yaml(&waves("[50%]", &check));
    let run = shop.deploy().run();
    run.exits(14);
    for app in ["shop-eu", "shop-us"] {
        assert_eq!((run.outcome(app), run.runs(app)), ("rolled_back", 4));
    }
}

#[test]
fn half_of_a_wave_that_fails_stops_the_run_and_sends_the_other_half_back() {
    for fault in ["target=fail:shop-us", "release-phase=fail@1:shop-us"] {
        let shop = Shop::with(&[fault]).yaml(&waves("[2]", "exit 0"));
        let run = shop.deploy().run();
        assert_eq!(run.code, 14, "{fault}: {}", run.stderr);
        assert_eq!(promoted(&run), [2], "{fault}");
        assert_eq!(run.outcome("shop-eu"), "rolled_back", "{fault}");
        // It never ran the new code: nothing is released on it.
        assert_eq!(run.outcome("shop-us"), "failed", "{fault}");
        assert_ne!(run.runs("shop-us"), 4, "{fault}");
    }
}

#[cfg(unix)]
#[test]
fn other_code_in_the_stage_before_ends_the_waves() {
    let check = "until test -f ../go; do sleep 0.01; done";
    let shop = Shop::new().yaml(&waves("[1]", check));
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "check_started" && event["stage"] == "production");
    shop.somebody_releases_to("shop-staging");
    std::fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.says("shop-staging no longer runs v3")
        .says("stopped in wave 2 of 2 (shop-us)");
    assert_eq!(promoted(&run), [1]);
    assert_eq!(run.outcome("shop-us"), "not_started");
    assert_eq!((run.code, run.runs("shop-us")), (14, 2));
}

#[test]
fn waves_grow_and_are_in_the_plan() {
    let shop = Shop::new().yaml(&waves("[1, 100%]", "exit 0"));
    let text = shop.plan_text(&[]);
    assert!(text.contains("in waves  1, then 2 of its apps"), "{text}");
    let shop = shop.yaml(&waves("[2, 50%]", "exit 0"));
    shop.deploy()
        .run()
        .exits(65)
        .says("the wave is smaller than the one before it");
    let shop = shop.yaml(&waves("[0, 101%]", "exit 0"));
    shop.deploy().run().exits(65).says("is no percentage");
}
