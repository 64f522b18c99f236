//! Two jobs of the same source at the same time: what runs is compared, so neither takes the other for somebody else.

use serde_json::json;

use super::support::{Shop, TWO};

#[test]
fn neither_of_two_jobs_of_the_same_source_is_somebody_else() {
    let shop = Shop::new(TWO, &[], &[]);
    let manual = json!({"enabled": false});
    shop.ask("PATCH", "/apps/web-dev/features/auto-release", &manual);
    let (release, promote) = ("/releases", "/pipeline-promotions");
    for end in [release, promote] {
        shop.sandbox.hold("POST", end);
    }
    let runs = std::thread::scope(|threads| {
        // Long enough for the answers that are held.
        let start = || threads.spawn(|| shop.launchway_at("0.5", &["deploy"]));
        let first = start();
        shop.until_held(release, 1);
        // The build is there, and has no release yet: both make one.
        let second = start();
        shop.until_held(release, 2);
        shop.sandbox.let_go(release);
        shop.until_held(promote, 2);
        shop.sandbox.let_go(promote);
        [first, second].map(|run| run.join().unwrap())
    });
    for run in &runs {
        run.ends(0, "every app of development and staging");
        assert!(!run.stderr.contains("somebody else"), "{}", run.stderr);
    }
    let requests = shop.sandbox.requests();
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
