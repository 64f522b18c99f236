//! Two jobs of the same source at the same time: what runs is compared, so neither takes the other for somebody else.

use crate::support::{Live, PIPELINE, Run, Shop, WITHOUT_PIPELINE};

/// Holds both jobs until the test says `go`.
const CHECK: &str = "- run: 'until [ -e go ]; do sleep 0.02; done'";

#[test]
fn neither_of_two_jobs_of_the_same_source_is_somebody_else() {
    for (yaml, held) in [
        (PIPELINE, "/pipeline-promotions"),
        (WITHOUT_PIPELINE, "/releases"),
    ] {
        let verify = if yaml == PIPELINE {
            ""
        } else {
            "    verify:\n"
        };
        let shop = Shop::new().yaml(&format!("{yaml}{verify}      {CHECK}\n"));
        shop.hold("POST", held);
        // Long enough for the answers that are held.
        let start = || shop.deploy().tempo("0.5").start();
        let first = start();
        shop.until_held(held, 1);
        let second = start();
        shop.until_held(held, 2);
        shop.let_go(held);
        // Both released it on both apps before either looks what runs there.
        shop.until(|| {
            ["shop-eu", "shop-us"]
                .iter()
                .all(|app| shop.runs_version(app) == 4)
        });
        shop.write("go", "");
        let runs = [first.end(), second.end()];
        for run in &runs {
            run.exits(0).does_not_say("somebody else");
        }
        let [first, second] = &runs;
        assert_eq!(first.outcome("shop-staging"), "succeeded", "{held}");
        assert_eq!(second.outcome("shop-staging"), "already_live", "{held}");
        let state = shop.state();
        assert_eq!(
            state["apps"]["shop-staging"]["builds"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        for app in ["shop-eu", "shop-us"] {
            assert_eq!(
                shop.running(app)["slug"],
                shop.running("shop-staging")["slug"]
            );
            // One of the two releases lies on the other.
            let again = runs
                .iter()
                .filter(|run| !run.app(app)["released_again"].is_null());
            assert_eq!(again.count(), 1, "{held}: {app}");
        }
    }
}

/// A shop whose stages wait for a file each.
fn gated(head: &str) -> Shop {
    let until =
        |file: &str| format!("verify: [{{run: 'until [ -e ../{file} ]; do sleep 0.02; done'}}]");
    Shop::new().yaml(&format!(
        "version: 1\nplatform: heroku\n{head}stages:\n  - {{stage: staging, app: shop-staging, {}}}\n  \
         - {{stage: production, apps: [shop-eu, shop-us], {}}}\n",
        until("built"),
        until("spread"),
    ))
}

/// Two jobs that both build: the first stage runs the build of either before one looks what runs there.
fn both_build<'a>(shop: &'a Shop, arguments: &[&str], between: impl FnOnce()) -> [Live<'a>; 2] {
    shop.hold("POST", "/builds");
    // Long enough for the answers that are held.
    let start = || shop.deploy().args(arguments).tempo("0.5").start();
    let first = start();
    shop.until_held("/builds", 1);
    between();
    let second = start();
    shop.until_held("/builds", 2);
    shop.let_go("/builds");
    shop.until(|| shop.runs_version("shop-staging") == 4);
    std::fs::write(shop.root().join("built"), "").unwrap();
    [first, second]
}

#[test]
fn another_build_of_the_same_source_is_no_other_code() {
    for (head, spread) in [
        ("pipeline: acme-shop\n", "/pipeline-promotions"),
        ("", "/releases"),
    ] {
        let shop = gated(head);
        shop.hold("POST", spread);
        let runs = both_build(&shop, &[], || ());
        shop.until_held(spread, 2);
        shop.let_go(spread);
        let apps = ["shop-eu", "shop-us"];
        shop.until(|| apps.iter().all(|app| shop.runs_version(app) == 4));
        std::fs::write(shop.root().join("spread"), "").unwrap();
        let runs = runs.map(Live::end);
        for run in &runs {
            run.exits(0).does_not_say("somebody else");
        }
        // On each app one of the two lies on the other.
        let told = |run: &Run| {
            let told = run.stderr.matches("another build of the source of v3");
            told.count()
        };
        assert_eq!(runs.iter().map(told).sum::<usize>(), 3);
        let [first, second] = &runs;
        assert_ne!(
            first.app("shop-staging")["build"]["id"],
            second.app("shop-staging")["build"]["id"]
        );
        for app in ["shop-staging", "shop-eu", "shop-us"] {
            for run in &runs {
                assert_eq!(run.outcome(app), "succeeded");
                let entry = run.app(app);
                let hidden = entry["release"]["version"] == 3;
                assert_eq!(entry["released_again"]["version"] == 4, hidden, "{entry}");
                assert!(entry["superseded_by"].is_null(), "{entry}");
            }
        }
        // What each brought to production is what it had built and verified.
        let state = shop.state();
        let slugs = runs.each_ref().map(|run| {
            let slug = |app: &str| {
                let ours = &run.app(app)["release"]["id"];
                let releases = state["apps"][app]["releases"].as_array().unwrap();
                let ours = releases.iter().find(|release| release["id"] == *ours);
                ours.unwrap()["slug"]["id"].clone()
            };
            let slug_built = slug("shop-staging");
            assert!(apps.iter().all(|app| slug(app) == slug_built), "{state}");
            slug_built
        });
        assert_ne!(slugs[0], slugs[1]);
    }
}

#[test]
fn another_content_of_the_same_name_is_other_code() {
    let shop = gated("source: {version: 1.2.3}\n");
    let runs = both_build(&shop, &["--to", "staging"], || {
        shop.write("src/index.js", "require('https');\n");
    });
    let mut runs = runs.map(Live::end);
    runs.sort_by_key(|run| run.code);
    let [second, first] = &runs;
    second.exits(0);
    first.exits(16).says("shop-staging no longer runs v3");
    assert_eq!(first.app("shop-staging")["superseded_by"]["version"], 4);
}

#[test]
fn a_promotion_of_another_build_of_the_same_source_is_no_other_code() {
    let shop = gated("pipeline: acme-shop\n");
    std::fs::write(shop.root().join("built"), "").unwrap();
    let build = ["--to", "staging", "--force"];
    shop.deploy().args(&build).run().exits(0);
    shop.deploy().args(&build).run().exits(0);
    let are_live = |version: u64| {
        let apps = ["shop-eu", "shop-us"];
        apps.iter().all(|app| shop.runs_version(app) == version)
    };
    let first = shop
        .promote("production")
        .args(&["--release", "v3"])
        .start();
    shop.until(|| are_live(3));
    let second = shop.promote("production").start();
    shop.until(|| are_live(4));
    std::fs::write(shop.root().join("spread"), "").unwrap();
    let [first, second] = [first, second].map(Live::end);
    first.exits(0).says("another build of the source of v3");
    second.exits(0).does_not_say("another build");
    for app in ["shop-eu", "shop-us"] {
        assert_eq!(first.app(app)["released_again"]["version"], 4);
        assert_eq!(second.app(app)["release"]["version"], 4);
    }
}

#[test]
fn what_can_not_be_compared_is_not_taken_for_the_same() {
    for (fault, code, said) in [
        (
            "http=503@*:GET /apps/*/builds$",
            20,
            "lost sight of the platform while comparing",
        ),
        // It does not come from there.
        ("http=404@*:GET slugs", 16, "no longer runs v3"),
    ] {
        let shop = gated("");
        let run = shop.deploy().args(&["--to", "staging"]).start();
        shop.until(|| shop.runs_version("shop-staging") == 3);
        shop.somebody_releases_to("shop-staging");
        shop.set_faults(&[fault]);
        std::fs::write(shop.root().join("built"), "").unwrap();
        run.end().exits(code).says(said);
    }
}
