//! An older commit over a newer one: told, or refused with `source.newest_wins`, as far as the checkout's history tells.

use crate::support::{SINGLE, Shop};

const NEWEST_WINS: &str = "\
version: 1
platform: heroku
source: {newest_wins: true}
stages:
  - {stage: staging, app: shop-staging}
";

/// A checkout that went back to its first commit, after the second one was deployed.
fn gone_back(yaml: &str) -> Shop {
    let shop = Shop::new().yaml(yaml);
    shop.commit();
    shop.write("src/index.js", "require('https');\n");
    shop.git(&["commit", "--quiet", "--all", "--message", "second"]);
    shop.deploy().run().exits(0);
    shop.git(&["checkout", "--quiet", "HEAD~1"]);
    shop
}

#[test]
fn an_older_commit_is_told_or_refused() {
    let run = gone_back(SINGLE).deploy().run();
    run.exits(0)
        .says("this run goes back to the older commit")
        .says("shop-staging runs");
    let run = gone_back(NEWEST_WINS).deploy().run();
    run.exits(16).changed_nothing().says("which is newer than");
}

#[test]
fn a_live_commit_of_elsewhere_is_an_ordinary_case() {
    // What runs at first was built from no repository that is here.
    for (yaml, told) in [(SINGLE, false), (NEWEST_WINS, true)] {
        let shop = Shop::new().yaml(yaml);
        shop.commit();
        let run = shop.deploy().run();
        run.exits(0)
            .does_not_say("git can't tell")
            .does_not_say("fatal");
        let said = "can't tell whether shop-staging runs a newer commit";
        if told {
            run.says(said);
        } else {
            run.does_not_say(said);
        }
    }
}

#[test]
fn a_shallow_clone_tells_what_it_has() {
    let shop = Shop::new().yaml(NEWEST_WINS);
    let first = shop.commit();
    shop.deploy().run().exits(0);
    shop.write("src/index.js", "require('https');\n");
    shop.git(&["commit", "--quiet", "--all", "--message", "second"]);
    let work = shop.workspace();
    let all = shop.root().join("all");
    std::fs::rename(&work, &all).unwrap();
    let (from, to) = (
        format!("file://{}", all.display()),
        work.display().to_string(),
    );
    std::fs::create_dir(&work).unwrap();
    shop.git(&["clone", "--quiet", "--depth", "1", &from, &to]);
    let run = shop.deploy().run();
    run.exits(0).says(&first[..8]);
    run.says("is not in the history of this checkout");
}
