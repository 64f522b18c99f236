//! Going back on Akkeris.

use super::support::TWO;
use crate::support::{Run, Shop};

/// Fails on all code but the one whose version the file `good` has, if there is one.
#[cfg(unix)]
const CHECK: &str = r#"test ! -e good || test "$LAUNCHWAY_VERSION" = "$(cat good)""#;
#[cfg(windows)]
const CHECK: &str =
    r#"if exist good (for /f %v in (good) do @if not "%LAUNCHWAY_VERSION%"=="%v" exit 1)"#;

/// A shop whose staging runs code that passes the check, and the run that brought it there. What comes next does not.
fn shop(faults: &[&str]) -> (Shop, Run) {
    let yaml = TWO.replace(
        "app: web-stg}",
        &format!("app: web-stg, on_failure: rollback, verify: [{{run: '{CHECK}'}}]}}"),
    );
    let shop = Shop::akkeris(&yaml, faults, &[]);
    let first = shop.deploy().run();
    first.exits(0);
    let version = first.record()["source"]["version"].as_str().unwrap();
    shop.write("good", version);
    (shop, first)
}

#[test]
fn a_stage_that_fails_goes_back() {
    let (shop, first) = shop(&[]);
    let run = shop.deploy().run();
    run.exits(14);
    let app = run.app("web-stg");
    assert_eq!(app["outcome"], "rolled_back");
    assert_eq!(
        app["rollback"]["to"]["id"],
        first.app("web-stg")["release"]["id"]
    );
    assert_eq!(app["rollback"]["outcome"], "succeeded");
    // Staging runs the old code, development the new.
    assert_eq!(run.outcome("web-dev"), "succeeded");
}

#[test]
fn a_person_may_ask_for_it() {
    let (shop, first) = shop(&[]);
    std::fs::remove_file(shop.workspace().join("good")).unwrap();
    shop.write("more", "code");
    shop.deploy().run().exits(0);
    let run = shop.launchway(&["rollback", "--stage", "staging"]).run();
    run.exits(0);
    let to = &run.app("web-stg")["rollback"]["to"];
    assert_eq!(to["id"], first.app("web-stg")["release"]["id"]);
}
