//! How many requests a run makes: the account has 4500 in an hour.

use launchway::sandbox::{Change, Generation, Origin, Request};

use crate::support::{Run, Shop};

/// A pipeline with so many apps in production, and what faults there are.
fn chain(apps: usize, faults: &[&str]) -> Shop {
    let names: Vec<String> = (1..=apps).map(|at| format!("shop-{at}")).collect();
    let shop = Shop::with_production(Generation::Cedar, &names, faults);
    shop.yaml(&format!(
        "version: 1\nplatform: heroku\npipeline: acme-shop\nstages:\n  - {{stage: staging, app: shop-staging}}\n  \
         - {{stage: production, apps: [{}]}}\n",
        names.join(", ")
    ))
}

/// How many requests went to the API.
fn asked(run: &Run) -> usize {
    let requests = run.requests.iter();
    requests
        .filter(|request| request.origin == Origin::Api)
        .count()
}

/// Each app of production runs the new release.
#[track_caller]
fn all_are_live(run: &Run, apps: usize) {
    for at in 1..=apps {
        assert_eq!(run.runs(&format!("shop-{at}")), 3);
        assert_eq!(run.outcome(&format!("shop-{at}")), "succeeded");
    }
}

#[test]
fn a_stage_of_a_hundred_apps_takes_three_requests_for_each_at_most() {
    let shop = chain(100, &[]);
    let run = shop.deploy().tempo("1").run();
    run.exits(0);
    all_are_live(&run, 100);
    assert!(asked(&run) <= 300, "{}", asked(&run));
    // Nothing is asked of each app but what it ran before, which is something else on each.
    let each = run.requests.iter().filter(|r| r.path.contains("/slugs/"));
    assert!(asked(&run) - each.count() <= 100, "{}", asked(&run));
}

#[test]
fn without_a_pipeline_each_app_is_asked_about_three_times_and_released_to_once() {
    let shop = chain(100, &[]);
    let yaml = std::fs::read_to_string(shop.workspace().join("deploy.yaml")).unwrap();
    shop.write("deploy.yaml", &yaml.replace("pipeline: acme-shop\n", ""));
    let run = shop.deploy().tempo("1").run();
    run.exits(0);
    all_are_live(&run, 100);
    // All are in one list. Then what each runs is asked for the plan, before it is released to, and in the end.
    let apps = run.requests.iter().filter(|r| r.path == "/apps");
    assert_eq!(apps.count(), 1);
    assert_eq!(run.count("GET", "/releases"), 3 * 101, "{}", asked(&run));
    assert_eq!(run.count("POST", "/releases"), 100);
    // What they ran before is something else on each.
    let each = run.requests.iter().filter(|r| r.path.contains("/slugs/"));
    assert!(asked(&run) - each.count() <= 430, "{}", asked(&run));
}

#[test]
fn release_phases_are_waited_for_together() {
    let shop = chain(40, &[]).release_phase("./migrate");
    let run = shop.deploy().tempo("1").run();
    run.exits(0);
    all_are_live(&run, 40);
    // Staging alone: for the plan, before its build, and to confirm it.
    assert_eq!(run.count("GET", "/releases"), 3, "{:#?}", run.requests);
    assert!(run.count("GET", "/latest-releases") >= 4);
}

#[test]
fn what_several_apps_run_is_looked_up_once() {
    let shop = chain(5, &[]);
    shop.deploy().run().exits(0);
    let run = shop.deploy().run();
    run.exits(0).changed_nothing();
    // What runs was built in staging: its builds tell.
    let slugs = run.requests.iter().filter(|r| r.path.contains("/slugs/"));
    assert_eq!(slugs.count(), 0, "{:#?}", run.requests);
}

#[test]
fn what_can_not_be_asked_together_is_asked_for_each() {
    for fault in ["404", "403", "422", "truncated", "missing", "null"] {
        let shop = chain(
            5,
            &[
                &format!("http={fault}@*:POST filters"),
                &format!("http={fault}@*:GET /pipelines/*/latest-releases$"),
            ],
        );
        let run = shop.deploy().tempo("0.002").run();
        run.exits(0);
        all_are_live(&run, 5);
        // It is told, and not tried again.
        let told = run.stderr.matches("asking about each app alone").count();
        assert_eq!(told, 2, "{fault}: {}", run.stderr);
    }
}

#[test]
fn a_status_that_nobody_knows_proves_nothing() {
    let shop = chain(
        5,
        &["http=unknown-enum@*:GET /pipelines/*/latest-releases$"],
    );
    let run = shop.deploy().run();
    run.exits(0);
    all_are_live(&run, 5);
    // A word that nobody knows is no proof of what runs: each app is asked.
    assert!(run.count("GET", "/releases") >= 10, "{:#?}", run.requests);
}

#[cfg(unix)]
#[test]
fn what_is_released_on_top_of_one_of_many_is_seen() {
    let shop = chain(5, &[]);
    let yaml = std::fs::read_to_string(shop.workspace().join("deploy.yaml")).unwrap();
    let check = ", verify: [{run: \"until [ -e ../go ]; do sleep 0.02; done\"}]}";
    let at = yaml.rfind('}').unwrap();
    shop.write("deploy.yaml", &format!("{}{check}\n", &yaml[..at]));
    let mut live = shop.deploy().start();
    live.until("check_started");
    shop.somebody_releases_to("shop-3");
    std::fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.exits(16);
    assert_eq!(run.app("shop-3")["superseded_by"]["version"], 4);
    assert_eq!(run.outcome("shop-5"), "succeeded");
}

#[test]
fn a_target_that_fails_among_many_is_told() {
    let shop = chain(5, &["target=fail:shop-2", "release-phase=fail:shop-4"]);
    let run = shop.deploy().run();
    run.exits(12);
    for (app, outcome) in [
        ("shop-1", "unverified"),
        ("shop-2", "failed"),
        ("shop-4", "failed"),
    ] {
        assert_eq!(run.outcome(app), outcome);
    }
    assert_eq!(run.app("shop-4")["release"]["status"], "failed");
}

/// How many requests were under way at the API at the same time at most.
fn at_once(requests: &[Request]) -> usize {
    let api = requests.iter().filter(|one| one.origin == Origin::Api);
    api.map(|one| one.at_once).max().unwrap_or_default()
}

/// The most requests for releases that come while none of them is answered, with so many calls left.
fn burst(arguments: &[&str], calls_left: Option<u32>, expected: usize) {
    let shop = chain(60, &[]);
    let yaml = std::fs::read_to_string(shop.workspace().join("deploy.yaml")).unwrap();
    shop.write("deploy.yaml", &yaml.replace("pipeline: acme-shop\n", ""));
    if let Some(left) = calls_left {
        shop.change(Change::CallsLeft(left));
    }
    shop.hold("GET", "/releases");
    std::thread::scope(|scope| {
        let run = scope.spawn(|| shop.launchway(arguments).tempo("1").output());
        // As many as there are places for: no more can come before one of them is answered.
        shop.until(|| shop.sandbox.held("GET", "/releases") >= expected);
        shop.let_go("/releases");
        let output = run.join().unwrap();
        assert!(output.status.success(), "{output:?}");
    });
    assert_eq!(at_once(&shop.requests()), expected);
}

#[test]
fn many_apps_are_not_all_asked_about_at_once() {
    burst(&["status"], None, 32);
    burst(&["plan"], None, 32);
}

#[test]
fn fewer_are_asked_about_at_once_where_few_calls_are_left() {
    burst(&["status"], Some(300), 8);
}

#[test]
fn sixty_apps_are_planned_for_looked_at_and_released_to_within_bounds() {
    let shop = chain(60, &[]);
    let asked_by = |arguments: &[&str]| {
        let before = shop.requests().len();
        let output = shop.launchway(arguments).tempo("1").output();
        assert!(output.status.success(), "{output:?}");
        let asked = shop.requests().split_off(before);
        assert!(at_once(&asked) <= 32, "{}", at_once(&asked));
        asked.len()
    };
    // Each app runs something else: what that is made of is asked for each, and the rest for all together.
    assert!(asked_by(&["plan"]) <= 70);
    assert!(asked_by(&["status"]) <= 70);
    let run = shop.deploy().tempo("1").run();
    run.exits(0);
    all_are_live(&run, 60);
    assert!(at_once(&run.requests) <= 32, "{}", at_once(&run.requests));
    // Now all run the same.
    assert!(asked_by(&["status"]) <= 8);
    assert!(asked_by(&["plan"]) <= 12);
}
