//! A window (`require: window`) that closes while a run is under way: between waves, and during an approval. On either platform.

use std::fs;

use launchway::sandbox::Surface;

use crate::support::{Run, Shop, Stub};

const WINDOW: &str = "    require: {window: 'Mon-Fri 09:00-16:00 UTC'}\n";

const PLATFORMS: [Surface; 2] = [Surface::Heroku, Surface::Akkeris];

/// Two apps in production; a minute of the window is left.
fn shop(surface: Surface, keys: &str) -> Shop {
    let shop = Shop::of(surface, &["shop-eu", "shop-us"], keys, &[]);
    clock(&shop, "2026-03-06T15:59:00Z");
    shop
}

fn clock(shop: &Shop, at: &str) {
    shop.sandbox.set_clock(at.parse().unwrap());
}

/// What an app ran before the run.
fn before(run: &Run, app: &str) -> u64 {
    run.app(app)["replaced"]["version"].as_u64().unwrap()
}

/// A run whose window closes while the first of two waves is verified.
fn closes_between_waves(surface: Surface, on_failure: &str) -> Run {
    let check = "until test -f ../go; do sleep 0.01; done";
    let keys = format!(
        "{WINDOW}    waves: [1]\n    on_failure: {on_failure}\n    verify: [{{run: '{check}'}}]\n"
    );
    let shop = shop(surface, &keys);
    let mut live = shop.deploy().start();
    live.until_event(|event| event["event"] == "check_started" && event["stage"] == "production");
    clock(&shop, "2026-03-06T16:01:00Z");
    fs::write(shop.root().join("go"), "").unwrap();
    let run = live.end();
    run.says("closed until Mon 2026-03-09 09:00 UTC")
        .says("stopped in wave 2 of 2 (shop-us)");
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1, "{surface:?}");
    assert_eq!(run.outcome("shop-us"), "not_started", "{surface:?}");
    assert_eq!(run.runs("shop-us"), before(&run, "shop-us"), "{surface:?}");
    run
}

#[test]
fn a_window_that_closes_between_waves_sends_back_what_the_run_changed() {
    for surface in PLATFORMS {
        let run = closes_between_waves(surface, "rollback");
        run.exits(14).says("shop-eu went back to what ran before");
        assert_eq!(run.outcome("shop-eu"), "rolled_back", "{surface:?}");
        assert_eq!(
            run.runs("shop-eu"),
            before(&run, "shop-eu") + 2,
            "{surface:?}"
        );
    }
}

#[test]
fn a_window_that_closes_between_waves_leaves_them_where_nothing_goes_back() {
    for surface in PLATFORMS {
        let run = closes_between_waves(surface, "stop");
        run.exits(16).says("the apps before run the new code");
        assert_eq!(run.outcome("shop-eu"), "succeeded", "{surface:?}");
        assert_eq!(
            run.runs("shop-eu"),
            before(&run, "shop-eu") + 1,
            "{surface:?}"
        );
    }
}

#[test]
fn a_window_that_closes_during_an_approval_leaves_the_stage_as_it_is() {
    const PENDING: &str = r#"{"state": "pending"}"#;
    const APPROVED: &str = r#"{"state": "approved", "by": "ada"}"#;
    for surface in PLATFORMS {
        let approved = tempfile::NamedTempFile::new().unwrap();
        let path = approved.path().to_owned();
        let server = Stub::asked(move |_, _| {
            let is = fs::read(&path).is_ok_and(|text| !text.is_empty());
            let body = if is { APPROVED } else { PENDING };
            format!("200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
        });
        let keys = format!(
            "{WINDOW}    on_failure: rollback\n    approval: {{http: \"{}/a\", within: 1m, every: 20ms}}\n",
            server.url
        );
        let shop = shop(surface, &keys);
        let live = shop.deploy().start();
        shop.until(|| !server.heard().is_empty());
        clock(&shop, "2026-03-06T16:01:00Z");
        fs::write(approved.path(), "yes").unwrap();
        let run = live.end();
        run.exits(16)
            .says("approved by ada")
            .says("closed until Mon 2026-03-09 09:00 UTC")
            .says("nothing was changed in production");
        assert_eq!(run.count("POST", "/pipeline-promotions"), 0, "{surface:?}");
        for app in ["shop-eu", "shop-us"] {
            assert_eq!(run.outcome(app), "not_started", "{surface:?}");
            assert_eq!(run.runs(app), before(&run, app), "{surface:?}");
        }
    }
}
