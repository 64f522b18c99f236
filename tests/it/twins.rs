//! Two jobs of the same source at the same time: what runs is compared, so neither takes the other for somebody else.

use crate::support::{PIPELINE, Shop, WITHOUT_PIPELINE};

/// Holds both jobs until the test says `go`.
const CHECK: &str = "- run: 'until [ -e go ]; do sleep 0.02; done'";

#[cfg(unix)]
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
