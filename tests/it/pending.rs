//! A target on which the platform never gives its verdict, in the middle of a stage in waves: on either platform.

use launchway::sandbox::Surface;
use serde_json::{Value, json};

use crate::support::{Run, Shop};

const APPS: [&str; 3] = ["shop-eu", "shop-us", "shop-ap"];

/// Three waves of one app each.
const WAVES: &str = "    waves: [1, 2, 3]\n    on_failure: rollback\n    verify: [{run: 'true'}]\n";

/// The platforms, each with a tempo at which a rollout may take some two seconds.
const PLATFORMS: [(Surface, &str); 2] = [(Surface::Heroku, "0.0005"), (Surface::Akkeris, "0.002")];

/// The apps that each promotion of a run went to.
fn promoted(run: &Run) -> Vec<String> {
    let name = |target: &Value| {
        let is_it = |app: &&str| run.app(app)["id"] == target["app"]["id"];
        APPS.into_iter().find(is_it).unwrap().to_owned()
    };
    run.asked("POST", "/pipeline-promotions")
        .flat_map(|one| one.body.as_ref().unwrap()["targets"].as_array().unwrap())
        .map(name)
        .collect()
}

#[test]
fn a_target_without_a_verdict_ends_the_waves_and_nothing_goes_back() {
    for (surface, tempo) in PLATFORMS {
        let shop = Shop::of(surface, &APPS, WAVES, &["target=never:shop-us"]);
        let run = shop.deploy().tempo(tempo).run();
        run.exits(20);
        assert_ending!(format!("wave_{surface:?}"), run);
        assert_eq!(promoted(&run), ["shop-eu", "shop-us"], "{surface:?}");
        assert_eq!(run.count("POST", "/releases"), 0, "{surface:?}");
        let record = run.record();
        assert_eq!(record["outcome"], "unknown", "{surface:?}");
        assert_eq!(record["stages"][1]["waves"], json!([1, 2, 3]));
        for (app, outcome) in APPS
            .into_iter()
            .zip(["succeeded", "unknown", "not_started"])
        {
            let told = run.app(app);
            assert_eq!(told["outcome"], outcome, "{surface:?} {app}");
            assert!(told["rollback"].is_null(), "{surface:?} {app}: {told}");
        }
        // The first runs the new code, the third what it ran before.
        let replaced = |app: &str| run.app(app)["replaced"]["version"].as_u64().unwrap();
        assert_eq!(run.runs("shop-eu"), replaced("shop-eu") + 1, "{surface:?}");
        assert_eq!(run.runs("shop-ap"), replaced("shop-ap"), "{surface:?}");
    }
}

#[test]
fn the_next_run_leaves_what_is_live_alone_and_promotes_to_the_others() {
    for (surface, tempo) in PLATFORMS {
        let shop = Shop::of(surface, &APPS, WAVES, &["target=never:shop-us"]);
        shop.deploy().tempo(tempo).run().exits(20);
        // What is older than any rollout never comes to its end: it is made again, and ends the same.
        let run = shop.deploy().tempo(tempo).run();
        run.exits(20);
        assert_eq!(promoted(&run), ["shop-us"], "{surface:?}");
        shop.set_faults(&[]);
        let run = shop.deploy().tempo(tempo).run();
        run.exits(0);
        assert_eq!(promoted(&run), ["shop-us", "shop-ap"], "{surface:?}");
        assert_eq!(run.outcome("shop-eu"), "already_live", "{surface:?}");
    }
}
