//! `launchway rollback`: an earlier release again, because a person asks for it.

use launchway::sandbox::Change;

use crate::support::{PIPELINE, Run, Shop};

/// A shop that was deployed: production runs v3, and before it v2.
fn deployed(faults: &[&str]) -> Shop {
    let shop = Shop::new();
    shop.deploy().run().exits(0);
    shop.set_faults(faults);
    shop
}

fn roll_back(shop: &Shop, arguments: &[&str]) -> Run {
    let command = shop.launchway(&["rollback", "--stage", "production"]);
    command.args(arguments).run()
}

#[test]
fn every_app_of_the_stage_goes_to_its_earlier_release() {
    let shop = deployed(&[]);
    let before = shop.state();
    let run = roll_back(&shop, &[]);
    run.exits(0).says("back on an earlier release, verified");
    assert_ending!("done", run);
    for app in ["shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "rolled_back");
        assert_eq!(run.runs(app), 4);
        let v2 = &before["apps"][app]["releases"][1];
        assert_eq!(shop.running(app)["slug"], v2["slug"]);
        let recorded = run.app(app);
        assert_eq!(recorded["replaced"]["version"], 3);
        assert_eq!(recorded["rollback"]["to"]["id"], v2["id"]);
        assert_eq!(recorded["rollback"]["checks"][0]["ok"], true);
    }
    assert_eq!(run.record()["stages"][0]["how"], "rollback");
    assert_eq!(run.count("POST", "/releases"), 2);
    assert_eq!(shop.runs_version("shop-staging"), 3);
}

#[test]
fn one_app_goes_to_the_release_that_is_named() {
    let shop = deployed(&[]);
    shop.somebody_releases_to("shop-us");
    let run = roll_back(&shop, &["--app", "shop-us", "--to-release", "v2"]);
    run.exits(0);
    assert_eq!(run.app("shop-us")["rollback"]["to"]["version"], 2);
    assert_eq!(
        (shop.runs_version("shop-eu"), shop.runs_version("shop-us")),
        (3, 5)
    );
}

#[test]
fn what_has_nothing_to_go_back_to_is_refused() {
    let shop = deployed(&[]);
    for version in [1, 2] {
        shop.change(Change::Expire {
            app: "shop-us".to_owned(),
            version,
        });
    }
    let run = roll_back(&shop, &[]);
    run.exits(16).changed_nothing().says("expired");
    assert_ending!("expired", run);

    let run = roll_back(&shop, &["--app", "shop-us", "--to-release", "v2"]);
    run.exits(16)
        .changed_nothing()
        .says("v2 of shop-us is `expired`");
    let run = roll_back(&shop, &["--app", "shop-us", "--to-release", "v9"]);
    run.exits(16)
        .changed_nothing()
        .says("shop-us has no release v9");
    let run = roll_back(&shop, &["--app", "shop-us", "--to-release", "v3"]);
    run.exits(16)
        .changed_nothing()
        .says("runs the code of v3 already");
}

#[test]
fn a_second_rollback_does_not_go_back_to_what_was_left() {
    let shop = deployed(&[]);
    roll_back(&shop, &[]).exits(0);
    let run = roll_back(&shop, &[]);
    run.exits(16).changed_nothing();
    assert_ending!("twice", run);
}

#[test]
fn a_release_names_one_app() {
    let shop = deployed(&[]);
    let run = roll_back(&shop, &["--to-release", "v2"]);
    run.exits(2).says("name one with --app: shop-eu, shop-us");
    let run = roll_back(&shop, &["--app", "shop-elsewhere"]);
    run.exits(2)
        .says("has no app `shop-elsewhere` in `production`");
    shop.launchway(&["rollback", "--stage", "moon"])
        .run()
        .exits(2);
}

#[test]
fn a_rollback_ends_as_a_run_does() {
    for (fault, code, says) in [
        (
            "http=422@*:POST releases",
            16,
            "the platform refused to create a rollback",
        ),
        ("release-phase=fail:shop-us", 11, "still runs v3"),
        ("web=503:shop-us", 13, "back on v2 (as v4), but its check"),
    ] {
        let yaml = PIPELINE.replace("within: 5s", "within: 200ms");
        let shop = Shop::new().yaml(&yaml);
        shop.deploy().run().exits(0);
        shop.set_faults(&[fault]);
        let run = roll_back(&shop, &["--app", "shop-us"]);
        run.exits(code).says(says);
    }
}

#[cfg(unix)]
#[test]
fn what_somebody_else_released_meanwhile_is_told_and_left_alone() {
    let (stages, _) = PIPELINE.rsplit_once("    verify:").unwrap();
    let check = "until test -f ../go; do sleep 0.01; done";
    let yaml = format!("{stages}    verify:\n      - run: '{check}'\n");
    let shop = Shop::new().yaml(&yaml);
    let go = shop.root().join("go");
    std::fs::write(&go, "").unwrap();
    shop.deploy().run().exits(0);
    std::fs::remove_file(&go).unwrap();
    let rollback = ["rollback", "--stage", "production", "--app", "shop-us"];
    let mut live = shop.launchway(&rollback).start();
    live.until("check_started");
    shop.somebody_releases_to("shop-us");
    std::fs::write(&go, "").unwrap();
    let run = live.end();
    run.exits(16)
        .says("left alone: sandbox@example.com released v5 meanwhile");
    // Theirs is what runs.
    assert_eq!(
        (run.runs("shop-us"), run.count("POST", "/releases")),
        (5, 1)
    );
}

#[test]
fn a_rollback_whose_answer_is_lost_is_not_repeated() {
    let shop = deployed(&["http=reset-after@1-2:POST releases"]);
    let run = roll_back(&shop, &[]);
    run.exits(0).says("continuing with the result");
    assert_eq!(run.count("POST", "/releases"), 2);
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (4, 4));
}
