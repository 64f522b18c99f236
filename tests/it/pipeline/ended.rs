//! `pipeline apply` that a signal or the deadline ends: what was done is said, what was not, and the same command finishes it.

use std::process::{Child, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::{asked, document, pipeline, text};
use crate::support::{PIPELINE, Shop};

/// A pipeline that is not there, of two apps that are in another one and one that is in none.
fn new_yaml() -> String {
    PIPELINE
        .replace("acme-shop", "acme-new")
        .replace("[shop-eu, shop-us]", "[shop-eu, shop-elsewhere]")
}

/// Starts `pipeline apply`. `clean_up` scales the time for the end.
fn start(shop: &Shop, more: &[&str], clean_up: &str) -> Child {
    let apply = pipeline(shop, &["apply", "--yes", "--move", "--json"]).args(more);
    let mut command = apply.env("LAUNCHWAY_TEST_CLEAN_UP", clean_up).bare();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// What is said of each change: its kind, and whether it was done.
fn changes(output: &Output) -> Vec<(String, bool)> {
    let document = document(output, "pipeline-apply");
    let changes = document["changes"].as_array().unwrap().clone();
    let each = |one: &Value| {
        let kind = one["change"].as_str().unwrap().to_owned();
        (kind, one["done"] == true)
    };
    changes.iter().map(each).collect()
}

fn words(output: &Output) -> String {
    let text = text(&output.stderr);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// The same command again does what is missing, and nothing twice.
fn finishes(shop: &Shop) {
    shop.set_faults(&[]);
    let output = pipeline(shop, &["apply", "--yes", "--move", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let before = shop.requests().len();
    let output = pipeline(shop, &["apply", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(changes(&output).is_empty());
    let mut changing = asked(shop, before);
    changing.retain(|one| !one.starts_with("GET ") && one != "POST /filters/apps");
    assert!(changing.is_empty(), "{changing:?}");
    let state = shop.state();
    let pipelines = state["pipelines"].as_array().unwrap();
    let new = pipelines.iter().filter(|one| one["name"] == "acme-new");
    assert_eq!(new.count(), 1);
}

/// How many requests of this method came whose path begins like this.
fn count(shop: &Shop, method: &str, path: &str) -> usize {
    let requests = shop.requests();
    let mut requests = requests.iter().map(|one| (&one.method, &one.path));
    let mut seen = 0;
    while requests.any(|(by, to)| by == method && to.starts_with(path)) {
        seen += 1;
    }
    seen
}

#[test]
fn a_signal_between_two_changes_says_which_were_done() {
    for (sent, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        // If the answer is heard before the signal, the next change begins, and hangs.
        let shop = Shop::with(&["http=hang@2+:DELETE couplings"]).yaml(&new_yaml());
        shop.hold("POST", "/pipeline-couplings");
        let child = start(&shop, &[], "3");
        shop.until_held("/pipeline-couplings", 1);
        signal(&child, sent);
        // Its answer is waited for.
        shop.let_go("/pipeline-couplings");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let done: Vec<bool> = changes(&output).iter().map(|(_, done)| *done).collect();
        assert_eq!(done, [true, true, false, false], "{output:?}");
        let words = words(&output);
        assert!(words.contains("it makes only what is missing"), "{words}");
        assert_eq!(count(&shop, "POST", "/pipeline-couplings"), 1);
        let sent = count(&shop, "DELETE", "/pipeline-couplings");
        assert!(sent == 1 || words.contains("it is unknown"), "{words}");
        finishes(&shop);
    }
}

#[test]
fn a_change_that_was_not_answered_is_not_said_to_be_done() {
    for fault in ["hang", "delay-after:1h"] {
        let shop = Shop::with(&[&format!("http={fault}@2:POST couplings")]).yaml(&new_yaml());
        let child = start(&shop, &[], "0.1");
        shop.until(|| count(&shop, "POST", "/pipeline-couplings") == 2);
        signal(&child, Signal::TERM);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(143), "{output:?}");
        let done: Vec<bool> = changes(&output).iter().map(|(_, done)| *done).collect();
        assert_eq!(done, [true, true, false, false], "{output:?}");
        let words = words(&output);
        let said = "it is unknown whether the coupling of shop-eu to acme-new was made";
        assert!(words.contains(said), "{words}");
        finishes(&shop);
    }
}

#[test]
fn nothing_is_changed_after_a_signal_while_another_change_is_answered() {
    let yaml = PIPELINE
        .replace("stage: staging", "stage: development")
        .replace("stage: production", "stage: staging");
    // If the answer is heard before the signal, the next change begins, and hangs.
    let shop = Shop::with(&["http=hang@2+:PATCH couplings"]).yaml(&yaml);
    shop.hold("PATCH", "");
    let child = start(&shop, &[], "3");
    shop.until(|| count(&shop, "PATCH", "/pipeline-couplings") == 1);
    signal(&child, Signal::TERM);
    shop.let_go("");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    let done: Vec<bool> = changes(&output).iter().map(|(_, done)| *done).collect();
    assert_eq!(done, [true, false, false], "{output:?}");
    let sent = count(&shop, "PATCH", "/pipeline-couplings");
    let words = words(&output);
    assert!(sent == 1 || words.contains("it is unknown"), "{words}");
    shop.set_faults(&[]);
    let output = pipeline(&shop, &["apply", "--yes", "--json"]).output();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(changes(&output).len(), 2);
}

#[test]
fn the_deadline_says_the_same() {
    let shop = Shop::with(&["http=hang@2:POST couplings"]).yaml(&new_yaml());
    // Requests wait as long as they do for users.
    let apply = pipeline(
        &shop,
        &["apply", "--yes", "--move", "--json", "--timeout", "6s"],
    );
    let output = apply
        .tempo("1")
        .env("LAUNCHWAY_TEST_CLEAN_UP", "0.1")
        .output();
    assert_eq!(output.status.code(), Some(124), "{output:?}");
    let done: Vec<bool> = changes(&output).iter().map(|(_, done)| *done).collect();
    assert_eq!(done, [true, true, false, false], "{output:?}");
    finishes(&shop);
}

#[test]
fn before_the_first_change_nothing_is_said_to_be_changed() {
    let shop = Shop::with(&["http=hang@*:GET /apps/*/pipeline-couplings"]).yaml(&new_yaml());
    let child = start(&shop, &[], "0.1");
    shop.until(|| count(&shop, "GET", "/apps/shop-staging") > 0);
    signal(&child, Signal::TERM);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(143), "{output:?}");
    assert!(
        words(&output).contains("nothing was changed on the platform"),
        "{output:?}"
    );
    finishes(&shop);
}
