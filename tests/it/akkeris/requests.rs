//! How many requests a stage of several apps takes.

use serde_json::Value;

use crate::support::{Run, Shop};

const STAGING: [&str; 5] = ["web-stg", "a-stg", "b-stg", "c-stg", "d-stg"];

const FIVE: &str = "\
version: 1
platform: akkeris
pipeline: webpipe
stages:
  - {stage: development, app: web-dev}
  - {stage: staging, apps: [web-stg, a-stg, b-stg, c-stg, d-stg]}
";

fn shop(faults: &[&str]) -> Shop {
    Shop::akkeris_with(&STAGING, FIVE, faults, &[])
}

/// How often an app was looked up by its name.
fn by_name(run: &Run) -> usize {
    let apps = STAGING.iter().chain(&["web-dev"]);
    apps.map(|app| run.count("GET", &format!("/apps/{app}")))
        .sum()
}

#[test]
fn several_apps_are_looked_up_in_one_list() {
    let shop = shop(&[]);
    let run = shop.deploy().run();
    run.exits(0)
        .says("every app of development and staging runs");
    // The plan that is held against the run asks for itself.
    let lists = run.requests.iter().filter(|r| r.path == "/apps").count();
    assert!(lists >= 1, "{:#?}", run.requests);
    assert_eq!(by_name(&run), 0, "{:#?}", run.requests);
}

#[test]
fn without_the_list_each_is_looked_up() {
    for fault in ["404", "403,html", "truncated", "missing"] {
        let shop = shop(&[&format!("http={fault}@*:GET /apps$")]);
        let run = shop.deploy().tempo("0.002").run();
        run.exits(0).says("asking about each app alone");
        assert!(by_name(&run) >= 6, "{:#?}", run.requests);
    }
}

#[test]
fn a_rollout_that_has_ended_is_not_read_again_while_others_go_on() {
    let shop = shop(&["target=never:d-stg"]);
    let app = |name: &str| shop.state()["apps"][name].clone();
    let has_ended = |name: &&str| {
        let releases = app(name)["releases"].as_array().unwrap().clone();
        releases.len() > 1
            && releases
                .iter()
                .all(|release| release["status"] == "succeeded")
    };
    // At this tempo the deadline of 15 minutes is half a second.
    let run = shop.deploy().tempo("0.0005").start();
    shop.until(|| STAGING[..4].iter().all(has_ended));
    let from = shop.requests().len();
    run.end().exits(20).says("d-stg");
    let id = app("a-stg")["app"]["id"].as_str().unwrap().to_owned();
    let requests = shop.requests().split_off(from);
    let path = format!("/apps/{id}/releases/");
    let read = requests.iter().filter(|r| r.path.starts_with(&path));
    // By the look that was under way, by the one that sees its end, and once it is shown.
    assert!(read.count() <= 3, "{requests:#?}");
}

#[test]
fn status_is_told_on_akkeris_too() {
    let shop = shop(&[]);
    shop.deploy().run().exits(0);
    let before = shop.requests().len();
    let output = shop.launchway(&["status", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    let apps = status["stages"][1]["apps"].as_array().unwrap();
    assert_eq!(apps.len(), 5);
    for app in apps {
        assert_eq!(app["drift"]["state"], "same", "{status:#}");
        assert_eq!(app["release"]["status"], "succeeded", "{status:#}");
    }
    let asked = shop.requests().split_off(before);
    assert!(
        asked.iter().all(|request| request.method == "GET"),
        "{asked:#?}"
    );
    assert!(asked.len() <= 3 * 6, "{asked:#?}");
}
