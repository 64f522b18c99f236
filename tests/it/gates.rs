//! The pipeline with gates of `docs/gates.md`, run as it is shown.

use std::fs;

use crate::support::Shop;

/// A shop that deploys with the file of the page. Its names are those that the sandbox of the tests has.
fn shop(faults: &[&str], clock: &str) -> Shop {
    let yaml = fs::read_to_string("examples/gates/deploy.yaml").unwrap();
    let yaml = yaml.replace("acme-shop-", "shop-");
    let shop = Shop::with(faults).yaml(&yaml);
    shop.sandbox.set_clock(clock.parse().unwrap());
    shop
}

const FRIDAY: &str = "2026-03-06T09:00:00Z";
const SATURDAY: &str = "2026-03-07T09:00:00Z";

#[test]
fn the_page_shows_the_file() {
    let page = fs::read_to_string("docs/gates.md").unwrap();
    let file = fs::read_to_string("examples/gates/deploy.yaml").unwrap();
    assert!(page.contains(&format!("```yaml\n{file}```\n")));
}

#[test]
fn all_gates_open() {
    let run = shop(&[], FRIDAY).deploy().run();
    run.exits(0);
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        assert_eq!(run.outcome(app), "succeeded", "{app}");
    }
}

#[test]
fn a_closed_window_refuses_unless_it_is_ignored() {
    let shop = shop(&[], SATURDAY);
    let run = shop.deploy().run();
    run.exits(16)
        .says("is closed until Mon 2026-03-09 09:00 Europe/Berlin")
        .says("nothing was changed in production");
    assert_eq!(run.runs("shop-eu"), 2);
    let run = shop.deploy().args(&["--ignore-window"]).run();
    run.exits(0).says("--ignore-window");
}

#[test]
fn a_release_phase_that_fails_sends_the_others_back() {
    let shop = shop(&["release-phase=fail@1:shop-us"], FRIDAY);
    let run = shop.deploy().run();
    // Of the whole stage, not of the last wave.
    run.exits(14).says("1 of 2 apps of production failed");
    assert_eq!(run.outcome("shop-eu"), "rolled_back");
    assert_eq!(run.outcome("shop-us"), "failed");
}
