//! `on_failure`: a stage that failed goes back to what ran before, once, and only where this run put what runs.

use std::fs;

use launchway::sandbox::Change;
#[cfg(unix)]
use rustix::process::Signal;
use serde_json::json;

use crate::support::{PIPELINE, Run, SINGLE, Shop, WITHOUT_PIPELINE, shell};

/// A check that the new code does not pass on one of a stage's apps, the last one, whatever ran before.
fn bad_check() -> String {
    shell::fails_for(&["shop-us-v3", "shop-staging-v3"])
}

/// The pipeline, with this check in production and what is done if it fails.
fn pipeline(check: &str, on_failure: &str) -> String {
    let (stages, _) = PIPELINE.rsplit_once("    verify:").unwrap();
    format!("{stages}    on_failure: {on_failure}\n    verify:\n      - run: '{check}'\n")
}

/// A shop whose production fails and goes back.
fn bad(faults: &[&str]) -> Shop {
    Shop::with(faults).yaml(&pipeline(&bad_check(), "rollback"))
}

/// The rollbacks that a run asked for: the app's id, and what it sent.
fn rollbacks(run: &Run) -> usize {
    run.count("POST", "/releases")
}

/// Whether an app runs again what it ran before the run.
#[track_caller]
fn is_back(run: &Run, app: &str) {
    let releases = run.state["apps"][app]["releases"].as_array().unwrap();
    let of = |version: u64| {
        releases
            .iter()
            .find(|one| one["version"] == version)
            .unwrap()
    };
    assert_eq!(of(run.runs(app))["slug"], of(2)["slug"], "{app}");
    let rollback = &run.app(app)["rollback"];
    assert_eq!(rollback["to"]["version"], 2, "{app}");
    assert_eq!(rollback["release"]["version"], run.runs(app), "{app}");
}

#[test]
fn a_stage_that_fails_goes_back_by_the_ids_of_what_ran_before() {
    let shop = bad(&[]);
    let run = shop.deploy().run();
    run.exits(14);
    assert_ending!("rolled_back", run);
    for app in ["shop-eu", "shop-us"] {
        is_back(&run, app);
        assert_eq!(run.outcome(app), "rolled_back");
        let recorded = run.app(app);
        assert_eq!(recorded["rollback"]["outcome"], "succeeded");
        assert_eq!(recorded["rollback"]["checks"][0]["ok"], true);
        let sent = json!({"release": recorded["replaced"]["id"]});
        let asked = run.asked("POST", "/releases");
        assert_eq!(
            asked.filter(|one| one.body.as_ref() == Some(&sent)).count(),
            1
        );
    }
    assert_eq!(run.app("shop-us")["checks"][0]["ok"], false);
    assert_eq!(rollbacks(&run), 2);
    assert_eq!(
        (run.outcome("shop-staging"), run.runs("shop-staging")),
        ("succeeded", 3)
    );
    assert_eq!(run.record()["outcome"], "rolled_back");
}

#[test]
fn only_what_failed_goes_back_if_that_is_wanted() {
    let check = shell::fails_for(&["shop-us-v3"]);
    let shop = Shop::new().yaml(&pipeline(&check, "rollback_failed"));
    let run = shop.deploy().run();
    run.exits(14).says("shop-eu: keeps v3");
    is_back(&run, "shop-us");
    assert_eq!((run.runs("shop-eu"), rollbacks(&run)), (3, 1));
    assert_eq!(run.outcome("shop-eu"), "succeeded");
    assert!(run.app("shop-eu")["rollback"].is_null());
}

#[test]
fn an_app_whose_release_phase_failed_ran_no_new_code() {
    let shop = Shop::with(&["release-phase=fail:shop-us"]).yaml(&pipeline("exit 0", "rollback"));
    let run = shop.deploy().run();
    run.exits(14);
    assert_ending!("phase_failed", run);
    is_back(&run, "shop-eu");
    assert_eq!((run.runs("shop-us"), rollbacks(&run)), (2, 1));
    assert_eq!(run.outcome("shop-us"), "failed");
}

#[test]
fn a_rollback_that_is_refused_needs_a_person() {
    let shop = bad(&["http=422@1:POST releases"]);
    let run = shop.deploy().run();
    run.exits(15);
    assert_eq!(rollbacks(&run), 2);
    let failed = |app: &&str| run.app(app)["rollback"]["outcome"] == "failed";
    let failed: Vec<&str> = ["shop-eu", "shop-us"].into_iter().filter(failed).collect();
    assert_eq!(failed.len(), 1, "{}", run.stderr);
    assert_eq!(run.runs(failed[0]), 3);
    run.says(&format!(
        "`launchway rollback --stage production --app {} --to-release v2`",
        failed[0]
    ));
}

#[test]
fn the_release_phase_of_a_rollback_may_fail() {
    let shop = bad(&["release-phase=fail@2:shop-us"]);
    let run = shop.deploy().run();
    run.exits(15).says("Release command failed");
    assert_ending!("phase_of_the_rollback", run);
    is_back(&run, "shop-eu");
    assert_eq!(run.runs("shop-us"), 3);
    assert_eq!(run.app("shop-us")["rollback"]["outcome"], "failed");
    assert_eq!(
        run.app("shop-us")["rollback"]["release"]["status"],
        "failed"
    );
}

#[test]
fn a_release_phase_of_the_way_back_that_never_ends_needs_a_person() {
    let shop = bad(&["release-phase=never@2:shop-us"]);
    let run = shop.deploy().tempo("0.002").run();
    run.exits(15);
    is_back(&run, "shop-eu");
    assert_eq!(run.runs("shop-us"), 3);
    assert_ne!(run.app("shop-us")["rollback"]["outcome"], "succeeded");
    run.says("look at the releases of shop-us");
}

#[test]
fn code_that_fails_again_is_back_and_needs_a_person() {
    let shop = Shop::new().yaml(&pipeline("exit 1", "rollback"));
    let run = shop.deploy().run();
    run.exits(15).says("back on v2 (as v4), but").says(
        "shop-eu and shop-us run in production what ran there before this run; not verified: shop-eu and shop-us",
    );
    is_back(&run, "shop-us");
    assert_eq!(run.app("shop-us")["rollback"]["outcome"], "unverified");
    assert_eq!(run.outcome("shop-us"), "rollback_failed");
}

#[test]
fn a_rollback_whose_answer_is_lost_is_not_repeated() {
    for fault in [
        "http=reset-after@1-2:POST releases",
        "http=500,after@1-2:POST releases",
    ] {
        let shop = bad(&[fault]);
        let run = shop.deploy().run();
        run.exits(14).says("continuing with the result");
        assert_eq!(rollbacks(&run), 2);
        assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (4, 4));
    }
}

/// A run whose check in production fails once something was done meanwhile.
fn meanwhile(faults: &[&str], change: impl Fn(&Shop)) -> (Shop, Run) {
    let check = format!("until test -f ../go; do sleep 0.01; done; {}", bad_check());
    let shop = Shop::with(faults).yaml(&pipeline(&check, "rollback"));
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "check_started" && event["stage"] == "production");
    change(&shop);
    fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    (shop, run)
}

#[cfg(unix)]
#[test]
fn an_app_that_somebody_else_released_to_is_left_alone() {
    let (_shop, run) = meanwhile(&[], |shop| shop.somebody_releases_to("shop-us"));
    run.exits(15);
    assert_ending!("somebody_else", run);
    is_back(&run, "shop-eu");
    assert_eq!((run.runs("shop-us"), rollbacks(&run)), (4, 1));
    assert_eq!(run.app("shop-us")["rollback"]["outcome"], "left_alone");
    assert_eq!(run.app("shop-us")["superseded_by"]["version"], 4);
}

#[cfg(unix)]
#[test]
fn a_config_var_that_was_set_meanwhile_stays() {
    let set = |shop: &Shop| {
        shop.change(Change::ConfigVar {
            app: "shop-us".to_owned(),
            name: "LIMIT".to_owned(),
            value: Some("3".to_owned()),
        });
    };
    let (shop, run) = meanwhile(&[], set);
    run.exits(14);
    assert_eq!(run.runs("shop-us"), 5);
    is_back(&run, "shop-us");
    let (status, vars) = shop.answer("GET", "/apps/shop-us/config-vars", &json!(null));
    assert!(status == 200 && vars.contains("LIMIT"), "{vars}");
}

#[cfg(unix)]
#[test]
fn somebody_who_went_back_already_is_not_gone_back_over() {
    let back = |shop: &Shop| {
        shop.change(Change::RollBack {
            app: "shop-us".to_owned(),
            version: 2,
        });
    };
    let (_shop, run) = meanwhile(&[], back);
    run.exits(14);
    is_back(&run, "shop-us");
    assert_eq!((run.runs("shop-us"), rollbacks(&run)), (4, 1));
}

#[test]
fn what_has_expired_is_not_gone_back_to() {
    let expire = |shop: &Shop| {
        shop.change(Change::Expire {
            app: "shop-us".to_owned(),
            version: 2,
        });
    };
    let (_shop, run) = meanwhile(&[], expire);
    run.exits(15).says("what v2 ran is gone: it expired");
    assert_eq!((run.runs("shop-us"), rollbacks(&run)), (3, 1));
    assert_eq!(run.app("shop-us")["rollback"]["outcome"], "impossible");
}

#[test]
fn what_an_earlier_run_released_is_not_sent_back() {
    let shop = Shop::new().yaml(&pipeline(&shell::unless("../bad"), "rollback"));
    shop.deploy().run().exits(0);
    fs::write(shop.root().join("bad"), "").unwrap();
    let run = shop.deploy().run();
    run.exits(13)
        .says("an earlier run or another job released this code there")
        .changed_nothing();
    assert_eq!((run.runs("shop-eu"), run.runs("shop-us")), (3, 3));
}

#[test]
fn the_first_stage_and_stages_without_a_pipeline_go_back_too() {
    let single = SINGLE.replace(
        "    verify:\n",
        &format!(
            "    on_failure: rollback\n    verify:\n      - run: '{}'\n",
            bad_check()
        ),
    );
    let shop = Shop::new().yaml(&single);
    let run = shop.deploy().run();
    run.exits(14);
    is_back(&run, "shop-staging");

    let yaml = format!(
        "{WITHOUT_PIPELINE}    on_failure: rollback\n    verify:\n      - run: '{}'\n",
        bad_check()
    );
    let shop = Shop::new().yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(14);
    is_back(&run, "shop-eu");
    assert_eq!((run.runs("shop-us"), rollbacks(&run)), (4, 4));
}

#[cfg(unix)]
#[test]
fn what_runs_just_before_the_release_is_what_it_goes_back_to() {
    // Somebody releases to production while staging is verified.
    let check = shell::fails_for(&["shop-us-v4"]);
    let yaml = pipeline(&check, "rollback").replacen(
        "    verify:\n",
        "    verify:\n      - run: until test -f ../go; do sleep 0.01; done\n",
        1,
    );
    let shop = Shop::new().yaml(&yaml);
    let mut live = shop.deploy().start();
    live.until("check_started");
    shop.somebody_releases_to("shop-us");
    fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.exits(14);
    assert_eq!(run.app("shop-us")["replaced"]["version"], 3);
    assert_eq!(run.app("shop-us")["rollback"]["to"]["version"], 3);
}

#[cfg(unix)]
#[test]
fn a_signal_during_a_rollback_says_what_is_live() {
    let shop = bad(&["release-phase=never@2:shop-us"]);
    let mut live = shop.deploy().start();
    // These two come in any order.
    for _ in 0..2 {
        live.until_event(|event| {
            let is_back = event["event"] == "rollback_finished";
            let goes = event["event"] == "release_started" && event["release"]["version"] == 4;
            (is_back && event["app"] == "shop-eu") || (goes && event["app"] == "shop-us")
        });
    }
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143);
    assert_ending!("signal", run);
    assert_eq!(run.app("shop-us")["rollback"]["outcome"], "unknown");
    assert_eq!(run.outcome("shop-eu"), "rolled_back");
}

#[cfg(unix)]
#[test]
fn a_signal_while_a_rollback_is_created_waits_for_the_answer() {
    let single = SINGLE.replace(
        "    verify:\n",
        &format!(
            "    on_failure: rollback\n    verify:\n      - run: '{}'\n",
            bad_check()
        ),
    );
    let shop = Shop::new().yaml(&single);
    shop.hold("POST", "/releases");
    let mut live = shop.deploy().tempo("0.2").start();
    shop.until_held("/releases", 1);
    live.signal(Signal::TERM);
    live.until_event(|event| {
        let what = event["what"].as_str().unwrap_or_default();
        event["event"] == "waiting" && what.starts_with("the answer to the request for ")
    });
    shop.let_go("/releases");
    let run = live.end();
    run.exits(143)
        .says("release v4 of shop-staging was just made");
    assert_eq!((run.runs("shop-staging"), rollbacks(&run)), (4, 1));
}

#[cfg(unix)]
#[test]
fn a_signal_says_of_each_rollback_that_is_not_answered_that_it_is_unknown() {
    let shop = bad(&["http=hang@2:POST releases"]);
    // Not the quickest tempo: no request may time out before the run is over.
    let deploy = shop
        .deploy()
        .tempo("0.2")
        .env("LAUNCHWAY_TEST_CLEAN_UP", "0.5");
    let mut live = deploy.start();
    live.until_event(|event| event["event"] == "rollback_finished");
    shop.until_held("/releases", 1);
    live.signal(Signal::TERM);
    let run = live.end();
    run.exits(143)
        .says("it is unknown whether a rollback of shop-")
        .says("see which apps are not back")
        .says("`launchway rollback --stage production --app shop-");
    let outcomes = ["shop-eu", "shop-us"].map(|app| run.app(app)["rollback"]["outcome"].clone());
    assert!(outcomes.contains(&json!("succeeded")), "{outcomes:?}");
    assert!(outcomes.contains(&json!("unknown")), "{outcomes:?}");
}

#[test]
fn the_plan_says_what_a_stage_would_go_back_to() {
    let shop = bad(&[]);
    let plan = shop.plan_text(&[]);
    assert!(
        plan.contains("if it fails  rollback: shop-eu to v2 and shop-us to v2"),
        "{plan}"
    );
}
