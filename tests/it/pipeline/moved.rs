//! `pipeline apply --move` that comes to its end between taking an app out of its pipeline and coupling it to the other one.

use std::process::{Child, Output, Stdio};

use launchway::sandbox::Request;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::{pipeline, text};
use crate::support::{PIPELINE, SINGLE, Shop, TOKEN};

/// A pipeline that is not there, of an app that is in another one.
fn yaml() -> String {
    SINGLE
        .replace(
            "platform: heroku\n",
            "platform: heroku\npipeline: acme-new\n",
        )
        .replace("stage: staging", "stage: production")
}

/// A shop where the other pipeline is there and empty, with faults.
fn there(faults: &[&str]) -> Shop {
    let shop = Shop::new().yaml(&yaml());
    let (status, text) = shop.answer("POST", "/pipelines", &json!({"name": "acme-new"}));
    assert_eq!(status, 201, "{text}");
    shop.set_faults(faults);
    shop
}

fn apply(shop: &Shop) -> Output {
    pipeline(shop, &["apply", "--yes", "--move"]).output()
}

/// These words are on stderr, wherever its lines are broken.
#[track_caller]
fn says(output: &Output, expected: &str) {
    let text = text(&output.stderr);
    let words: Vec<&str> = text.split_whitespace().collect();
    assert!(words.join(" ").contains(expected), "`{expected}`:\n{text}");
}

/// The pipeline and the stage of the app, if it has a place.
fn place(shop: &Shop) -> Option<(String, String)> {
    let state = shop.state();
    let id = &state["apps"]["shop-staging"]["app"]["id"];
    let id = if id.is_null() {
        &state["apps"]["shop-staging"]["id"]
    } else {
        id
    };
    let couplings = state["couplings"].as_array().unwrap();
    let own = couplings.iter().find(|one| one["app"]["id"] == *id)?;
    let pipelines = state["pipelines"].as_array().unwrap();
    let of = |one: &&Value| one["id"] == own["pipeline"]["id"];
    let name = &pipelines.iter().find(of).unwrap()["name"];
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    Some((word(name), word(&own["stage"])))
}

fn at(pipeline: &str, stage: &str) -> (String, String) {
    (pipeline.to_owned(), stage.to_owned())
}

/// The same command again brings the app where it is to be.
fn finishes(shop: &Shop) {
    shop.set_faults(&[]);
    let output = apply(shop);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(place(shop), Some(at("acme-new", "production")));
}

#[test]
fn a_coupling_that_fails_says_that_the_app_is_in_no_pipeline_and_where_it_was() {
    for (fault, code, verb, next) in [
        (
            "422",
            16,
            "is",
            "fix what it names, then run the same command again",
        ),
        (
            "403",
            77,
            "is",
            "may not do this; then run the same command again",
        ),
        ("429@*", 20, "is", "run the same command again"),
        ("hang@*", 20, "may be", "run the same command again"),
    ] {
        let shop = there(&[&format!("http={fault}:POST couplings")]);
        let output = apply(&shop);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let state = format!(
            "shop-staging {verb} in no pipeline now: it was taken out of acme-shop, where it was in staging;"
        );
        says(&output, &state);
        says(&output, next);
        assert_eq!(place(&shop), None);
        finishes(&shop);
    }
}

#[test]
fn it_can_be_brought_back() {
    let shop = there(&["http=422:POST couplings"]);
    let output = apply(&shop);
    says(
        &output,
        "with `pipeline: acme-shop` in deploy.yaml and shop-staging in its stage staging",
    );
    let shop = shop.yaml(PIPELINE);
    let output = pipeline(&shop, &["apply", "--yes"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(place(&shop), Some(at("acme-shop", "staging")));
}

/// `apply` that gets a signal while a request of this method is not answered yet.
fn signalled(shop: &Shop, method: &str, signal: Signal) -> Child {
    shop.hold(method, "");
    let apply = pipeline(shop, &["apply", "--yes", "--move"]);
    let mut command = apply.env("LAUNCHWAY_TEST_CLEAN_UP", "0.1").bare();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    // The pipeline is made by a POST, too.
    shop.until(|| {
        let requests = shop.requests();
        let of =
            |one: &&Request| one.method == method && one.path.starts_with("/pipeline-couplings");
        requests.iter().filter(of).count() == 1
    });
    kill_process(Pid::from_child(&child), signal).unwrap();
    child
}

#[test]
fn a_signal_between_the_two_says_the_same() {
    // If the answer is heard before the signal, the app is being coupled, and that hangs.
    let shop = there(&["http=hang:POST couplings"]);
    let child = signalled(&shop, "DELETE", Signal::TERM);
    shop.let_go("");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    let couples = |one: &&Request| one.method == "POST" && one.path == "/pipeline-couplings";
    let verb = match shop.requests().iter().filter(couples).count() {
        0 => "is",
        _ => "may be",
    };
    says(&output, &format!("shop-staging {verb} in no pipeline now"));
    assert_eq!(place(&shop), None);
    finishes(&shop);

    let shop = there(&[]);
    let child = signalled(&shop, "POST", Signal::TERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    says(&output, "shop-staging may be in no pipeline now");
    shop.let_go("");
    finishes(&shop);
}

#[test]
fn a_run_that_was_killed_between_the_two_is_finished_by_the_same_command() {
    let shop = there(&[]);
    let mut child = signalled(&shop, "POST", Signal::KILL);
    child.wait().unwrap();
    assert_eq!(place(&shop), None);
    shop.let_go("");
    finishes(&shop);
}

#[test]
fn another_stage_on_akkeris_is_another_coupling_too() {
    let shop = Shop::akkeris_pipeline(&[]);
    shop.set_faults(&["http=422:POST couplings"]);
    let yaml = "version: 1\nplatform: akkeris\npipeline: webpipe\nstages:\n  - {stage: review, app: web-dev}\n  \
                - {stage: development, app: web-stg}\n";
    let shop = shop.yaml(yaml);
    let output = pipeline(&shop, &["apply", "--yes"])
        .env("AKKERIS_API_KEY", &format!("{TOKEN}-elevated"))
        .output();
    assert_eq!(output.status.code(), Some(16), "{output:?}");
    says(
        &output,
        "web-dev is in no pipeline now: it was taken out of webpipe, where it was in development;",
    );
}
