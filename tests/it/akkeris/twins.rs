//! Two jobs of the same source at the same time: what runs is compared, so neither takes the other for somebody else.

use super::support::TWO;
use crate::support::Shop;
#[cfg(unix)]
use crate::support::{Live, Run};

#[test]
fn neither_of_two_jobs_of_the_same_source_is_somebody_else() {
    let shop = Shop::akkeris(TWO, &[], &[]);
    shop.set_feature("web-dev", "auto-release", false);
    let (release, promote) = ("/releases", "/pipeline-promotions");
    for end in [release, promote] {
        shop.hold("POST", end);
    }
    // Long enough for the answers that are held.
    let start = || shop.deploy().tempo("0.5").start();
    let first = start();
    shop.until_held(release, 1);
    // The build is there, and has no release yet: both make one.
    let second = start();
    shop.until_held(release, 2);
    shop.let_go(release);
    shop.until_held(promote, 2);
    shop.let_go(promote);
    for run in [first, second] {
        run.end()
            .exits(0)
            .says("every app of development and staging")
            .does_not_say("somebody else");
    }
    let requests = shop.requests();
    let posts = |end: &str| {
        let posts = requests
            .iter()
            .filter(|one| one.method == "POST" && one.path.ends_with(end));
        posts.count()
    };
    assert_eq!(
        (posts("/builds"), posts(release), posts(promote)),
        (1, 2, 2)
    );
    let slugs = |app: &str| -> Vec<_> {
        let ours = shop.releases(app).split_off(1);
        ours.iter()
            .map(|release| release["slug"]["id"].clone())
            .collect()
    };
    let (dev, stg) = (slugs("web-dev"), slugs("web-stg"));
    assert_eq!((dev.len(), &dev[0]), (2, &dev[1]));
    assert_eq!(stg, dev);
}

/// Two jobs that both build: no timer releases for them, and the first stage runs the build of either before one looks what
/// runs there. `on` is done meanwhile, once that is so.
#[cfg(unix)]
fn both_build(
    shop: &Shop,
    arguments: &[&str],
    between: impl FnOnce(),
    on: impl FnOnce(),
) -> [Run; 2] {
    shop.set_feature("web-dev", "auto-release", false);
    shop.hold("POST", "/builds");
    // Long enough for the answers that are held.
    let start = || shop.launchway(arguments).tempo("0.5").start();
    let first = start();
    shop.until_held("/builds", 1);
    between();
    let second = start();
    shop.until_held("/builds", 2);
    shop.let_go("/builds");
    shop.until_released("web-dev", 3);
    shop.write("built", "");
    on();
    [first, second].map(Live::end)
}

/// Both stages wait for a file each.
#[cfg(unix)]
fn gated(head: &str) -> Shop {
    let until =
        |file: &str| format!("verify: [{{run: 'until [ -e {file} ]; do sleep 0.02; done'}}]");
    let yaml = format!(
        "version: 1\nplatform: akkeris\npipeline: webpipe\n{head}stages:\n  \
         - {{stage: development, app: web-dev, {}}}\n  - {{stage: staging, app: web-stg, {}}}\n",
        until("built"),
        until("spread"),
    );
    Shop::akkeris(&yaml, &[], &[])
}

#[cfg(unix)]
#[test]
fn another_build_of_the_same_source_is_no_other_code() {
    let shop = gated("");
    let promote = "/pipeline-promotions";
    shop.hold("POST", promote);
    let runs = both_build(
        &shop,
        &["deploy"],
        || (),
        || {
            shop.until_held(promote, 2);
            shop.let_go(promote);
            shop.until_released("web-stg", 3);
            shop.write("spread", b"");
        },
    );
    for run in &runs {
        run.exits(0)
            .says("every app of development and staging")
            .does_not_say("somebody else");
    }
    // One lies on the other, in both stages.
    let told = |run: &Run| run.stderr.matches("another build of the source of").count();
    assert_eq!(runs.iter().map(told).sum::<usize>(), 2);
    let slugs = |app: &str| {
        let ours = shop.releases(app).split_off(1);
        let mut slugs: Vec<String> = ours
            .iter()
            .map(|release| release["slug"]["id"].to_string())
            .collect();
        slugs.sort();
        slugs
    };
    let built = slugs("web-dev");
    assert_ne!(built[0], built[1]);
    assert_eq!(slugs("web-stg"), built);
}

#[cfg(unix)]
#[test]
fn another_content_of_the_same_name_is_other_code() {
    let shop = gated("source: {version: 1.2.3}\n");
    let mut runs = both_build(
        &shop,
        &["deploy", "--to", "development"],
        || shop.write("Dockerfile", b"FROM alpine\nRUN echo other\n"),
        || (),
    );
    runs.sort_by_key(|run| run.code);
    let [second, first] = &runs;
    second.exits(0).says("every app of development");
    first.exits(16).says("web-dev no longer runs v");
}
