//! What a stage requires before it is touched.

use launchway::sandbox::Generation;
use serde_json::{Value, json};

use crate::support::{PIPELINE, Run, Shop};

/// The usual pipeline; production requires this.
fn requiring(require: &str) -> String {
    let production = "    apps: [shop-eu, shop-us]\n";
    PIPELINE.replace(production, &format!("{production}    require: {require}\n"))
}

fn set(shop: &Shop, method: &str, path: &str, body: &Value) {
    let (status, text) = shop.answer(method, path, body);
    assert!((200..300).contains(&status), "{text}");
}

/// What the record says of a requirement of production.
#[track_caller]
fn row<'r>(run: &'r Run, key: &str) -> &'r Value {
    let rows =
        run.record()["stages"].as_array().unwrap().last().unwrap()["requirements"].as_array();
    let mut rows = rows.unwrap().iter();
    rows.find(|row| row["requirement"] == key)
        .unwrap_or_else(|| panic!("no {key}: {}", run.record()))
}

const ALL: &str = "{same_config_keys: true, same_stack: true, same_buildpacks: true, maintenance: off, window: 'Mon-Fri 09:00-16:00 Europe/Berlin'}";

/// A Friday, 10:00 in Berlin.
fn in_the_window(shop: &Shop) {
    shop.sandbox
        .set_clock("2026-03-06T09:00:00Z".parse().unwrap());
}

#[test]
fn a_stage_that_holds_to_all_is_promoted_to() {
    let shop = Shop::new().yaml(&requiring(ALL));
    in_the_window(&shop);
    let run = shop.deploy().run();
    run.exits(0);
    let rows: Vec<(&str, &str)> = run.record()["stages"][1]["requirements"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            (
                row["requirement"].as_str().unwrap(),
                row["result"].as_str().unwrap(),
            )
        })
        .collect();
    let keys = [
        "same_config_keys",
        "same_stack",
        "same_buildpacks",
        "maintenance",
        "window",
    ];
    assert_eq!(rows, keys.map(|key| (key, "met")));
    // One request an app for each of these, and none for the stack and the maintenance mode that is not needed.
    for (path, count) in [
        ("/config-vars", 3),
        ("/addons", 3),
        ("/buildpack-installations", 3),
    ] {
        assert_eq!(run.count("GET", path), count, "{path}");
    }
    assert_eq!(run.record()["stages"][0]["requirements"], json!([]));
}

#[test]
fn all_that_does_not_hold_is_told_and_nothing_is_touched() {
    let shop = Shop::new().yaml(&requiring(ALL));
    // Saturday, 10:00 in Berlin.
    shop.sandbox
        .set_clock("2026-03-07T09:00:00Z".parse().unwrap());
    set(
        &shop,
        "PATCH",
        "/apps/shop-staging/config-vars",
        &json!({"NEW_FEATURE": "s3cret-value-of-staging"}),
    );
    set(
        &shop,
        "PATCH",
        "/apps/shop-us/config-vars",
        &json!({"OLD": "s3cret-value-of-us"}),
    );
    set(
        &shop,
        "PATCH",
        "/apps/shop-us",
        &json!({"maintenance": true, "build_stack": "heroku-22"}),
    );
    set(
        &shop,
        "PUT",
        "/apps/shop-eu/buildpack-installations",
        &json!({"updates": [{"buildpack": "heroku/nodejs"}]}),
    );
    let run = shop.deploy().run();
    run.exits(16);
    assert_ending!("require_all", run);
    for (key, problems) in [
        (
            "same_config_keys",
            json!([
                "shop-eu and shop-us lack NEW_FEATURE, which shop-staging has",
                "shop-us has OLD, which shop-staging lacks"
            ]),
        ),
        ("same_stack", json!(["shop-us is on heroku-22"])),
        ("same_buildpacks", json!(["shop-eu has heroku/nodejs"])),
        ("maintenance", json!(["shop-us is in maintenance mode"])),
        ("window", json!([])),
    ] {
        let row = row(&run, key);
        assert_eq!(
            (&row["result"], &row["problems"]),
            (&json!("unmet"), &problems),
            "{key}"
        );
    }
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    for app in ["shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "not_started");
    }
    for text in [
        run.stdout.concat(),
        run.stderr.clone(),
        run.record().to_string(),
    ] {
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[test]
fn plan_shows_each_requirement_and_how_it_stands() {
    let shop = Shop::new().yaml(&requiring(ALL));
    in_the_window(&shop);
    set(
        &shop,
        "PATCH",
        "/apps/shop-us",
        &json!({"maintenance": true}),
    );
    let text = shop.plan_text(&[]);
    for line in [
        "requires  same_config_keys: met: no names to compare on shop-staging and 2 apps\n",
        "requires  same_stack: met: heroku-24 on shop-staging and 2 apps\n",
        "requires  maintenance: NOT met: it must be off\n",
        "shop-us is in maintenance mode\n",
        "requires  window: met: `Mon-Fri 09:00-16:00 Europe/Berlin` is open\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let plan = shop.plan();
    assert_eq!(plan["stages"][1]["requirements"][3]["result"], "unmet");
    assert_eq!(plan["stages"][0]["requirements"], json!([]));
    let offline = shop.plan_text(&["--offline"]);
    assert!(
        offline.contains("requires  window: open: the platform was not contacted\n"),
        "{offline}"
    );
}

#[test]
fn a_closed_window_is_told_with_when_it_opens_and_can_be_ignored() {
    let window = "{window: ['Mon-Fri 09:00-16:00 Europe/Berlin', 'Mon 20:00-02:00 UTC']}";
    let shop = Shop::new().yaml(&requiring(window));
    shop.sandbox
        .set_clock("2026-03-06T15:00:00Z".parse().unwrap());
    let run = shop.deploy().run();
    run.exits(16)
        .says("closed until Mon 2026-03-09 09:00 Europe/Berlin")
        .says("launchway promote --to production");
    assert_ending!("require_window", run);
    let run = shop.promote("production").args(&["--ignore-window"]).run();
    run.exits(0).says("ignored (--ignore-window)");
    assert_eq!(row(&run, "window")["result"], "ignored");
    assert_eq!(run.runs("shop-eu"), 3);
}

#[test]
fn a_window_of_the_first_stage_is_looked_at_before_anything_is_built() {
    let staging = "    app: shop-staging\n";
    let yaml = PIPELINE.replace(
        staging,
        &format!("{staging}    require: {{window: 'Sat 22:00-04:00 UTC'}}\n"),
    );
    let shop = Shop::new().yaml(&yaml);
    shop.sandbox
        .set_clock("2026-03-08T04:00:00Z".parse().unwrap());
    shop.deploy()
        .run()
        .exits(16)
        .changed_nothing()
        .says("nothing was changed on the platform");
    shop.sandbox
        .set_clock("2026-03-08T03:30:00Z".parse().unwrap());
    shop.deploy().run().exits(0);
}

#[test]
fn names_can_be_left_out() {
    let shop = Shop::new().yaml(&requiring(
        "{same_config_keys: {ignore: [SENTRY_DSN, 'PG_*_URL']}}",
    ));
    set(
        &shop,
        "PATCH",
        "/apps/shop-staging/config-vars",
        &json!({"SENTRY_DSN": "x", "PG_RED_URL": "x", "A": "x"}),
    );
    for app in ["shop-eu", "shop-us"] {
        set(
            &shop,
            "PATCH",
            &format!("/apps/{app}/config-vars"),
            &json!({"PG_BLUE_URL": "x", "A": "y"}),
        );
    }
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(
        row(&run, "same_config_keys")["seen"],
        "1 name, the same on shop-staging and 2 apps"
    );
}

#[test]
fn an_addon_that_a_target_lacks_is_a_warning() {
    let shop = Shop::new().yaml(&requiring("{same_config_keys: true}"));
    set(
        &shop,
        "POST",
        "/apps/shop-staging/addons",
        &json!({"plan": "heroku-postgresql:essential-0"}),
    );
    set(
        &shop,
        "POST",
        "/apps/shop-eu/addons",
        &json!({"plan": "heroku-postgresql:standard-0"}),
    );
    let run = shop.deploy().run();
    run.exits(0)
        .says("shop-us has no heroku-postgresql as shop-staging has");
    // That they can't be had is one, too.
    let shop =
        Shop::with(&["http=403@*:GET /apps/*/addons"]).yaml(&requiring("{same_config_keys: true}"));
    shop.deploy()
        .run()
        .exits(0)
        .says("the add-ons of shop-staging were not compared");
}

#[test]
fn fir_apps_have_no_buildpacks_to_compare() {
    let shop = Shop::on(Generation::Fir, &[])
        .yaml(&requiring("{same_buildpacks: true, same_stack: true}"));
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(
        row(&run, "same_stack")["seen"],
        "cnb on shop-staging and 2 apps"
    );
    let seen = row(&run, "same_buildpacks")["seen"].as_str().unwrap();
    assert!(seen.contains("shop-staging is a Fir app"), "{seen}");
    assert_eq!(run.count("GET", "/buildpack-installations"), 0);
}

#[test]
fn config_vars_that_cant_be_read_end_the_run() {
    let shop =
        Shop::with(&["http=403@*:GET config-vars"]).yaml(&requiring("{same_config_keys: true}"));
    let run = shop.deploy().run();
    run.exits(77).says("s config vars");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(run.outcome("shop-eu"), "not_started");
}

#[test]
fn what_is_live_already_requires_nothing() {
    let shop = Shop::new().yaml(&requiring(ALL));
    in_the_window(&shop);
    shop.deploy().run().exits(0);
    shop.sandbox
        .set_clock("2026-03-07T09:00:00Z".parse().unwrap());
    let run = shop.deploy().run();
    run.exits(0).changed_nothing();
    assert_eq!(run.count("GET", "/config-vars"), 0);
}
