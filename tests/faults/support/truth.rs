//! What must be true of every run, whatever went wrong: its lies, if there are any.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Run, shop::TOKEN};
use crate::leaks;
use crate::wait::LONGEST;

/// The current release of an app.
fn current(state: &Value, app: &str) -> Value {
    let releases = state["apps"][app]["releases"].as_array().unwrap();
    let current = releases.iter().find(|release| release["current"] == true);
    current.cloned().unwrap_or_default()
}

/// The version of the source that a release runs. It is written on the release, or on the build that is its slug.
fn source(state: &Value, release: &Value) -> Value {
    if !release["commit"].is_null() {
        return release["commit"].clone();
    }
    let slug = &release["slug"]["id"];
    let apps = state["apps"].as_object().unwrap().values();
    let mut builds = apps.flat_map(|app| app["builds"].as_array().unwrap());
    let build = builds.find(|build| build["id"] == *slug && !slug.is_null());
    build.map_or(Value::Null, |build| build["source_blob"]["version"].clone())
}

fn count(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

/// How many of these an app has got since the start.
fn new(run: &Run, app: &str, list: &str) -> usize {
    let count = |state: &Value| count(&state["apps"][app][list]);
    count(&run.state) - count(&run.before)
}

/// Everything about a run that is not true.
pub(crate) fn lies(run: &Run) -> Vec<String> {
    let mut lies = Vec::new();
    ends(run, &mut lies);
    has_a_record(run, &mut lies);
    keeps_secrets(run, &mut lies);
    makes_nothing_twice(run, &mut lies);
    says_what_it_changed(run, &mut lies);
    record_is_true(run, &mut lies);
    success_is_true(run, &mut lies);
    lies
}

/// It ends in time, without a bug.
pub(crate) fn ends(run: &Run, lies: &mut Vec<String>) {
    if run.took > LONGEST {
        lies.push(format!("it took {:?}", run.took));
    }
    if run.stderr.contains("panicked") || run.code == Some(1) {
        lies.push("it is a bug in launchway".to_owned());
    }
}

fn has_a_record(run: &Run, lies: &mut Vec<String>) {
    match &run.record {
        None => lies.push("there is no record".to_owned()),
        Some(record) if record["exit_code"].as_i64() != run.code.map(i64::from) => {
            lies.push(format!(
                "the record says {}, the process {:?}",
                record["exit_code"], run.code
            ));
        }
        Some(_) => {}
    }
}

/// No secret is shown.
pub(crate) fn keeps_secrets(run: &Run, lies: &mut Vec<String>) {
    let mut urls = Vec::new();
    collect_urls(&run.state, &mut urls);
    for request in &run.requests {
        collect_urls(request.body.as_ref().unwrap_or(&Value::Null), &mut urls);
    }
    let mut secrets = BTreeSet::from([TOKEN.to_owned(), "X-Amz-Signature=".to_owned()]);
    for url in &urls {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        let signatures = values.filter(|(name, _)| name.ends_with("Signature"));
        secrets.extend(signatures.map(|(_, value)| value.to_owned()));
    }
    let record = run.record.as_ref().map(Value::to_string);
    for (place, text) in [
        ("stdout", &run.stdout),
        ("stderr", &run.stderr),
        ("the record", &record.unwrap_or_default()),
    ] {
        for secret in &secrets {
            if secret.len() > 8
                && let Some(how) = leaks::shown(text, secret)
            {
                lies.push(format!("{place} shows {secret} {how}"));
            }
        }
        if text.contains("base64,") {
            lies.push(format!("{place} shows the archive"));
        }
    }
}

fn collect_urls(value: &Value, urls: &mut Vec<String>) {
    match value {
        Value::String(text) if text.starts_with("http") => urls.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect_urls(item, urls)),
        Value::Object(fields) => fields.values().for_each(|field| collect_urls(field, urls)),
        _ => {}
    }
}

/// One build, and on each app one new release, of one promotion at most: of whatever runs there were. A build that failed
/// on purpose is made once more; an app that goes back gets one release for that.
fn makes_nothing_twice(run: &Run, lies: &mut Vec<String>) {
    for name in run.state["apps"].as_object().unwrap().keys() {
        let recorded = recorded(run, name);
        let again = |what: &str| usize::from(!recorded[what].is_null());
        let builds = new(run, name, "builds");
        if builds > 1 + again("notice_build") {
            lies.push(format!("{name} was built {builds} times"));
        }
        let releases = new(run, name, "releases");
        if releases > 1 + again("rollback") {
            lies.push(format!("{name} was released {releases} times"));
        }
    }
    let promotions = run.state["promotions"].as_array().into_iter().flatten();
    let targets = promotions.flat_map(|one| one["targets"].as_array().into_iter().flatten());
    let mut seen = BTreeSet::new();
    for target in targets {
        let app = target["app"]["id"].to_string();
        if !seen.insert(app.clone()) {
            lies.push(format!("{app} was promoted to twice"));
        }
    }
}

/// What the record says of an app.
fn recorded(run: &Run, name: &str) -> Value {
    let record = run.record.as_ref();
    let stages = record.and_then(|record| record["stages"].as_array());
    let apps = stages.into_iter().flatten();
    let mut apps = apps.flat_map(|stage| stage["apps"].as_array().into_iter().flatten());
    let app = apps.find(|app| app["app"] == name);
    app.cloned().unwrap_or_default()
}

/// Who says that nothing was changed has changed nothing; and some exit codes say so.
fn says_what_it_changed(run: &Run, lies: &mut Vec<String>) {
    let words: Vec<&str> = run.stderr.split_whitespace().collect();
    let words = words.join(" ");
    let said = words.contains("nothing was changed on the platform")
        || words.contains("nothing was sent to the platform")
        || words.contains("nothing was built")
        || matches!(run.code, Some(69));
    let mut apps = run.state["apps"].as_object().unwrap().keys();
    let built = apps.any(|app| new(run, app, "builds") > 0);
    if said && built {
        lies.push("it says that nothing was changed, but there is a build".to_owned());
    }
}

/// What the record says of builds and releases is what the platform says.
fn record_is_true(run: &Run, lies: &mut Vec<String>) {
    let Some(record) = &run.record else { return };
    let stages = record["stages"].as_array().into_iter().flatten();
    for app in stages.flat_map(|stage| stage["apps"].as_array().unwrap()) {
        let name = app["app"].as_str().unwrap();
        for (noun, list) in [("release", "releases"), ("build", "builds")] {
            let (id, status) = (&app[noun]["id"], &app[noun]["status"]);
            if id.is_null() {
                continue;
            }
            let known = run.state["apps"][name][list].as_array().unwrap();
            match known.iter().find(|one| one["id"] == *id) {
                None => lies.push(format!("{name} has no {noun} {id}")),
                Some(known) => {
                    let over = matches!(status.as_str(), Some("succeeded" | "failed" | "expired"));
                    if over && known["status"] != *status {
                        lies.push(format!(
                            "{noun} {id} of {name} is {}, not {status}",
                            known["status"]
                        ));
                    }
                }
            }
        }
        let outcome = app["outcome"].as_str().unwrap();
        let live = current(&run.state, name);
        let claims = matches!(outcome, "succeeded" | "unverified" | "already_live");
        if claims && live["id"] != app["release"]["id"] {
            lies.push(format!("{name} is said to be {outcome} but runs {live}"));
        }
        if outcome == "not_started" && live["version"] != app["replaced"]["version"] {
            lies.push(format!("{name} is said to be untouched but runs {live}"));
        }
        way_back_is_true(run, app, &live, lies);
    }
}

/// What is said of an app's way back is so: what it runs, and that there is a release for it, or none.
fn way_back_is_true(run: &Run, app: &Value, live: &Value, lies: &mut Vec<String>) {
    let rollback = &app["rollback"];
    let Some(outcome) = rollback["outcome"].as_str() else {
        return;
    };
    let name = app["app"].as_str().unwrap();
    let releases = run.state["apps"][name]["releases"].as_array().unwrap();
    let to = releases
        .iter()
        .find(|one| one["id"] == rollback["to"]["id"]);
    let is_back = to.is_some_and(|to| {
        to["slug"] == live["slug"] && to["id"] != live["id"] && live["status"] == "succeeded"
    });
    let ran = if app["release"].is_null() {
        &app["replaced"]
    } else {
        &app["release"]
    };
    let is_true = match outcome {
        "succeeded" | "unverified" => is_back && live["id"] == rollback["release"]["id"],
        "not_started" | "failed" | "impossible" => live["id"] == ran["id"],
        _ => true,
    };
    if !is_true {
        lies.push(format!(
            "the way back of {name} is said to be {outcome} but it runs {live}"
        ));
    }
}

/// 0 only if every app of every stage runs a release of exactly this source that succeeded.
fn success_is_true(run: &Run, lies: &mut Vec<String>) {
    let Some(record) = run.record.as_ref().filter(|_| run.code == Some(0)) else {
        return;
    };
    let stages = record["stages"].as_array().into_iter().flatten();
    for app in stages.flat_map(|stage| stage["apps"].as_array().unwrap()) {
        let live = current(&run.state, app["app"].as_str().unwrap());
        if record["command"] == "rollback" {
            if app["outcome"] != "rolled_back" {
                lies.push(format!("success, but {} is {}", app["app"], app["outcome"]));
            }
            continue;
        }
        if record["command"] == "promote" {
            if !matches!(app["outcome"].as_str(), Some("succeeded" | "already_live")) {
                lies.push(format!("success, but {} is {}", app["app"], app["outcome"]));
            }
            continue;
        }
        if !app["images"].is_null() {
            if app["images"] != live["images"] || live["status"] != "succeeded" {
                lies.push(format!("success, but {} runs {live}", app["app"]));
            }
            continue;
        }
        let runs = source(&run.state, &live);
        if runs != record["source"]["version"] || live["status"] != "succeeded" {
            lies.push(format!("success, but {} runs {live}", app["app"]));
        }
    }
}
