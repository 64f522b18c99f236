//! A stage whose apps are not all at work at the same time: `max_parallel`.

use std::collections::BTreeSet;

use launchway::sandbox::{Origin, Surface};
use serde_json::{Value, json};

use crate::support::{Run, Shop, spec};

const APPS: [&str; 5] = ["shop-1", "shop-2", "shop-3", "shop-4", "shop-5"];

/// A shop with five apps in production, two of which may be at work at the same time; `more` stands in that stage, too.
fn shop(surface: Surface, more: &str) -> Shop {
    let production = APPS.iter().map(|app| (*app, "production"));
    let apps: Vec<_> = [("shop-staging", "staging")]
        .into_iter()
        .chain(production)
        .collect();
    let shop = Shop::start(spec(surface, "acme-shop", &apps, &[]));
    let platform = match surface {
        Surface::Heroku => "heroku",
        Surface::Akkeris => "akkeris",
    };
    let yaml = format!(
        "version: 1\nplatform: {platform}\npipeline: acme-shop\nstages:\n  - {{stage: staging, app: shop-staging}}\n  \
         - stage: production\n    apps: [{}]\n    max_parallel: 2\n{more}",
        APPS.join(", ")
    );
    for (name, text) in [
        ("deploy.yaml", yaml.as_str()),
        ("Dockerfile", "FROM alpine\nRUN echo one\n"),
        ("Procfile", "web: node .\n"),
        ("package.json", "{}\n"),
    ] {
        shop.write(name, text);
    }
    shop
}

/// The same without a pipeline: Heroku's slug is released on each app.
fn without_pipeline(more: &str) -> Shop {
    let shop = shop(Surface::Heroku, more);
    let file = shop.workspace().join("deploy.yaml");
    let yaml = std::fs::read_to_string(file).unwrap();
    shop.write("deploy.yaml", &yaml.replace("pipeline: acme-shop\n", ""));
    shop
}

/// The apps that each promotion went to.
fn promoted(run: &Run) -> Vec<usize> {
    let targets = |event: Value| event["targets"].as_array().unwrap().len();
    let events = run
        .events()
        .filter(|event| event["event"] == "promotion_started");
    events.map(targets).collect()
}

/// How many apps were at work at the same time at most: an app is from the event that begins it to the last one of it.
fn at_work(run: &Run, begin: &str, end: &str) -> usize {
    let (mut now, mut most) = (BTreeSet::new(), 0);
    for event in run.events().filter(|event| event["stage"] == "production") {
        let app = event["app"].as_str().unwrap_or_default().to_owned();
        if event["event"] == begin {
            now.insert(app);
            most = most.max(now.len());
        } else if event["event"] == end {
            now.remove(&app);
        }
    }
    assert_eq!(now, BTreeSet::new());
    most
}

const HEALTH: &str =
    "    verify: [{http: {path: /health, within: 20s, every: 20ms, successes: 3}}]\n";

#[test]
fn at_most_so_many_apps_are_released_to_and_verified_at_the_same_time() {
    for shop in [
        shop(Surface::Heroku, HEALTH),
        shop(Surface::Akkeris, HEALTH),
        without_pipeline(HEALTH),
    ] {
        let run = shop.deploy().run();
        run.exits(0);
        let stage = &run.record()["stages"][1];
        assert_eq!(
            (&stage["waves"], &stage["max_parallel"]),
            (&json!([2, 4, 5]), &json!(2))
        );
        assert_eq!(at_work(&run, "release_started", "check_finished"), 2);
        let web = run.requests.iter().filter(|one| one.origin == Origin::Web);
        assert!(web.map(|one| one.at_once).max().unwrap() <= 2);
        for app in APPS {
            assert_eq!(run.outcome(app), "succeeded");
        }
        if run.count("POST", "/pipeline-promotions") > 0 {
            assert_eq!(promoted(&run), [2, 2, 1]);
            let releases: BTreeSet<String> = run
                .asked("POST", "/pipeline-promotions")
                .map(|request| request.body.as_ref().unwrap()["source"].to_string())
                .collect();
            assert_eq!(releases.len(), 1, "{releases:?}");
        }
    }
}

#[test]
fn a_wave_of_more_apps_is_cut_and_the_plan_shows_it() {
    let shop = shop(Surface::Heroku, "    waves: [1, 100%]\n");
    let text = shop.plan_text(&[]);
    let line = "in waves  1, then 3, then 5 of its apps, at most 2 at a time, each wave verified before the next\n";
    assert!(text.contains(line), "{text}");
    let plan = shop.plan();
    let stage = &plan["stages"][1];
    assert_eq!(
        (&stage["waves"], &stage["max_parallel"]),
        (&json!([1, 3, 5]), &json!(2))
    );
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(promoted(&run), [1, 2, 2]);
}

#[test]
fn a_saved_plan_does_not_hold_with_another_bound() {
    let shop = shop(Surface::Heroku, "");
    shop.launchway(&["plan", "--save", "../plan.json"]).text();
    let file = shop.workspace().join("deploy.yaml");
    let yaml = std::fs::read_to_string(file).unwrap();
    shop.write(
        "deploy.yaml",
        &yaml.replace("max_parallel: 2", "max_parallel: 5"),
    );
    let run = shop.deploy().args(&["--plan", "../plan.json"]).run();
    run.exits(16)
        .changed_nothing()
        .says("deploy.yaml has changed");
}

/// A check that fails on this app with the code of the second deploy.
fn fails_on(app: &str, policy: &str) -> String {
    format!(
        "    on_failure: {policy}\n    verify: [{{run: 'test ! -e bad || test $LAUNCHWAY_APP-$LAUNCHWAY_VERSION = {app}-$(cat bad) || test $LAUNCHWAY_APP != {app}'}}]\n"
    )
}

#[cfg(unix)]
#[test]
fn a_group_that_fails_stops_those_behind_it_and_goes_back_within_the_bound() {
    for surface in [Surface::Heroku, Surface::Akkeris] {
        let shop = shop(surface, &fails_on("shop-3", "rollback"));
        let first = shop.deploy().run();
        first.exits(0);
        let version = first.record()["source"]["version"].as_str().unwrap();
        shop.write("bad", version);
        let run = shop.deploy().run();
        run.exits(14);
        assert_eq!(promoted(&run), [2, 2]);
        for app in &APPS[..4] {
            assert_eq!(run.outcome(app), "rolled_back", "{}", run.stderr);
        }
        assert_eq!(run.outcome("shop-5"), "not_started");
        assert_eq!(run.runs("shop-5"), first.runs("shop-5"));
        assert_eq!(at_work(&run, "rollback_started", "rollback_finished"), 2);
    }
}

#[cfg(unix)]
#[test]
fn the_rollback_command_heeds_the_bound() {
    let shop = shop(Surface::Heroku, HEALTH);
    shop.deploy().run().exits(0);
    let run = shop.launchway(&["rollback", "--stage", "production"]).run();
    run.exits(0);
    assert_eq!(at_work(&run, "rollback_started", "rollback_finished"), 2);
    assert_eq!(run.record()["stages"][0]["max_parallel"], 2);
}

#[cfg(unix)]
#[test]
fn a_run_that_was_killed_in_the_second_group_is_taken_up_there() {
    for surface in [Surface::Heroku, Surface::Akkeris] {
        let check = "    verify: [{run: 'test $LAUNCHWAY_APP != shop-3 || until test -e ../go; do sleep 0.02; done'}]\n";
        let shop = shop(surface, check);
        let before = APPS.map(|app| shop.runs_version(app));
        let mut live = shop.deploy().start();
        live.until_event(|event| event["event"] == "check_started" && event["app"] == "shop-3");
        live.kill();
        std::fs::write(shop.root().join("go"), "").unwrap();
        let run = shop.deploy().run();
        run.exits(0);
        // What the first two groups got is left alone, and verified; the third gets the same.
        assert_eq!(promoted(&run), [1]);
        for (app, before) in APPS.into_iter().zip(before) {
            assert_eq!(run.runs(app), before + 1, "{app}");
        }
    }
}

#[test]
fn it_is_a_whole_number_of_at_least_one() {
    let shop = shop(Surface::Heroku, "");
    let file = shop.workspace().join("deploy.yaml");
    let yaml = std::fs::read_to_string(file).unwrap();
    for (text, expected) in [
        ("0", "`max_parallel` can't be"),
        ("half", "a whole number from 1 to 1000"),
        ("'2'", "write it without quotes"),
    ] {
        let yaml = yaml.replace("max_parallel: 2", &format!("max_parallel: {text}"));
        shop.write("deploy.yaml", &yaml);
        let run = shop.deploy().run();
        run.exits(65).says(expected).says("deploy.yaml:8:19");
    }
}
