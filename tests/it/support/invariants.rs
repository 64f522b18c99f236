//! What must hold for every run, however it ends.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::LazyLock;

use launchway::sandbox::{Origin, Surface};
use serde_json::Value;

use super::shop::{SOMEBODY_ELSE, TOKEN, current};
use super::{Run, leaks, schema};

/// Holds a run against all of it.
#[track_caller]
pub(super) fn hold(run: &Run) {
    no_secret_is_shown(run);
    nothing_drives_the_reader(run);
    the_events_end_with_the_record(run);
    the_events_are_as_their_schema_says(run);
    the_token_goes_to_the_api_only(run);
    match run.surface {
        Surface::Heroku => requests_are_as_the_schema_says(run),
        Surface::Akkeris => written(run)
            .iter()
            .for_each(|(_, text)| nobody_hears_of_a_release_phase(text)),
    }
    nothing_is_created_twice(run);
    what_is_said_to_be_untouched_is(run);
    let record = run.record.as_ref();
    if record.is_some_and(|record| record["api_url"] == run.api_url) {
        success_is_true(run);
        the_record_agrees_with_the_platform(run);
    }
}

/// Everything that was written: stdout, stderr, the record.
fn written(run: &Run) -> [(&'static str, String); 3] {
    let record = run.record.as_ref().map(Value::to_string);
    [
        ("stdout", run.stdout.join("\n")),
        ("stderr", run.stderr.clone()),
        ("the record", record.unwrap_or_default()),
    ]
}

#[track_caller]
fn no_secret_is_shown(run: &Run) {
    let mut urls = Vec::new();
    collect_urls(&run.state, &mut urls);
    for request in &run.requests {
        collect_urls(request.body.as_ref().unwrap_or(&Value::Null), &mut urls);
    }
    let mut secrets = BTreeSet::from([TOKEN.to_owned()]);
    for url in &urls {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let values = query.split('&').filter_map(|pair| pair.split_once('='));
        secrets.extend(
            values
                .filter(|(name, value)| name.ends_with("Signature") && value.len() > 8)
                .map(|(_, value)| value.to_owned()),
        );
    }
    for (place, text) in written(run) {
        for secret in &secrets {
            let how = leaks::shown(&text, secret);
            assert_eq!(how, None, "{place} shows {secret}:\n{text}");
        }
        assert!(!text.contains("X-Amz-Signature="), "{place}:\n{text}");
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

/// Nothing that a terminal or a CI system would act on.
#[track_caller]
fn nothing_drives_the_reader(run: &Run) {
    for (place, text) in written(run) {
        let control = text
            .chars()
            .find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202a}'..='\u{202e}'));
        assert_eq!(control, None, "{place}:\n{text}");
        for line in text.lines() {
            let line = line.trim_start();
            assert!(
                !line.starts_with("::") && !line.contains("##[") && !line.starts_with("section_"),
                "{place}: {line}"
            );
        }
    }
}

#[track_caller]
fn the_events_end_with_the_record(run: &Run) {
    let Some(record) = &run.record else {
        // Only a run that changes something has a record. Only what clap refuses, and a record that can't be written, leave none.
        let has_one = matches!(run.command.as_str(), "deploy" | "promote" | "rollback");
        assert!(
            !has_one || matches!(run.code, 2 | 74),
            "no record:\n{}",
            run.stderr
        );
        return;
    };
    assert_eq!(record["exit_code"], run.code, "{record}");
    let events: Vec<Value> = run.events().collect();
    let last = events.last().expect("there are events");
    assert_eq!(last["event"], "run_finished");
    assert_eq!(&last["record"], record);
    assert_eq!(
        events
            .iter()
            .filter(|e| e["event"] == "run_finished")
            .count(),
        1
    );
    let elapsed: Vec<u64> = events
        .iter()
        .map(|event| event["elapsed_ms"].as_u64().unwrap())
        .collect();
    assert!(elapsed.is_sorted(), "{elapsed:?}");
    assert_eq!(record["message"].is_null(), run.code == 0, "{record}");
}

/// What `launchway schema event` says.
static EVENT: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let printed = Command::new(env!("CARGO_BIN_EXE_launchway"))
        .args(["schema", "event"])
        .output()
        .unwrap();
    let schema = serde_json::from_slice(&printed.stdout).unwrap();
    jsonschema::validator_for(&schema).unwrap()
});

#[track_caller]
fn the_events_are_as_their_schema_says(run: &Run) {
    if run.record.is_none() {
        return;
    }
    for event in run.events() {
        let wrong: Vec<_> = EVENT
            .iter_errors(&event)
            .map(|error| error.to_string())
            .collect();
        assert!(wrong.is_empty(), "{event}: {wrong:?}");
    }
}

#[track_caller]
fn the_token_goes_to_the_api_only(run: &Run) {
    for request in &run.requests {
        assert_eq!(
            request.authorized,
            request.origin == Origin::Api,
            "{request:?}"
        );
    }
}

#[track_caller]
fn requests_are_as_the_schema_says(run: &Run) {
    for request in &run.requests {
        // What the registry takes is in no schema.
        if request.origin == Origin::Api && !request.path.starts_with("/v2/") {
            let body = request.body.clone().unwrap_or_default();
            schema::validate_request(&request.method, &request.path, &body)
                .unwrap_or_else(|why| panic!("{} {}: {why}", request.method, request.path));
        }
    }
}

/// Akkeris has none.
#[track_caller]
pub(super) fn nobody_hears_of_a_release_phase(text: &str) {
    let said: Vec<&str> = text.split_whitespace().collect();
    let said = said.join(" ");
    for word in ["release phase", "migration"] {
        assert!(!said.contains(word), "{word}:\n{text}");
    }
}

/// Whatever becomes of a request: a run makes at most one build, one release, one rollback and one promotion for an app and a
/// stage.
#[track_caller]
fn nothing_is_created_twice(run: &Run) {
    let made = |list: &str, app: &str| -> Vec<Value> {
        let all = |state: &Value| state["apps"][app][list].as_array().cloned();
        let before = all(&run.before).unwrap_or_default().len();
        all(&run.state).unwrap_or_default().split_off(before)
    };
    let apps = run
        .record
        .iter()
        .flat_map(|record| record["stages"].as_array().unwrap());
    let apps = apps.flat_map(|stage| stage["apps"].as_array().unwrap());
    let noticed: Vec<&Value> = apps.map(|app| &app["notice_build"]["id"]).collect();
    for app in run.state["apps"].as_object().unwrap().keys() {
        let mut builds = made("builds", app);
        // The platform failed it on purpose, and asked for another.
        builds.retain(|build| !noticed.contains(&&build["id"]));
        let (theirs, builds): (Vec<Value>, Vec<Value>) = builds
            .into_iter()
            .partition(|build| build["source_blob"]["version"] == SOMEBODY_ELSE);
        assert!(builds.len() <= run.at_once, "{app}: {builds:#?}");
        let releases = made("releases", app);
        let ours = releases.iter().filter_map(|release| {
            let description = release["description"].as_str().unwrap_or_default();
            let is_theirs = release["commit"] == SOMEBODY_ELSE
                || theirs
                    .iter()
                    .any(|build| build["id"] == release["slug"]["id"]);
            let ours = !is_theirs && !description.ends_with("config vars");
            ours.then(|| description.starts_with("Rollback to "))
        });
        let (back, forth): (Vec<bool>, Vec<bool>) = ours.partition(|is_back| *is_back);
        assert!(forth.len() <= run.at_once, "{app}: {releases:#?}");
        assert!(back.len() <= run.at_once, "{app}: {releases:#?}");
    }
    let promotions = |state: &Value| state["promotions"].as_array().unwrap().len();
    let stages = run
        .record
        .iter()
        .flat_map(|record| record["stages"].as_array().unwrap());
    let waves = stages.map(|stage| stage["waves"].as_array().unwrap().len().max(1));
    let most = waves.sum::<usize>();
    assert!(promotions(&run.state) - promotions(&run.before) <= most * run.at_once);
}

#[track_caller]
fn what_is_said_to_be_untouched_is(run: &Run) {
    let words: Vec<&str> = run.stderr.split_whitespace().collect();
    let words = words.join(" ");
    if words.contains("nothing was changed on the platform")
        || words.contains("nothing was sent to the platform")
    {
        // A request that was answered with a refusal changed nothing, and an image that is not released runs nowhere.
        let acted = run.changes().find(|request| {
            !(400..500).contains(&request.status) && !request.path.starts_with("/v2/")
        });
        assert_eq!(acted, None, "{}", run.stderr);
    }
}

/// 0 only if every app of every requested stage runs a release of exactly this source that succeeded.
#[track_caller]
fn success_is_true(run: &Run) {
    let Some(record) = run.record.as_ref().filter(|_| run.code == 0) else {
        return;
    };
    let version = &record["source"]["version"];
    let apps: Vec<&Value> = record["stages"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|stage| stage["apps"].as_array().unwrap())
        .collect();
    assert!(!apps.is_empty(), "{record}");
    for app in apps {
        let live = current(&run.state, app["app"].as_str().unwrap());
        assert_eq!(live["status"], "succeeded", "{app} {live}");
        let told = match (&app["released_again"], &app["rollback"]) {
            (Value::Null, Value::Null) => &app["release"],
            (Value::Null, rollback) => &rollback["release"],
            (again, _) => again,
        };
        assert_eq!(live["id"], told["id"], "{app} {live}");
        if app["images"].is_null() {
            assert!(
                version.is_null()
                    || source(&run.state, &live) == *version
                    // A slug of another app's: that is all that is known of it.
                    || live["slug"]["id"] == *version,
                "{app} runs {live}"
            );
        } else {
            assert_eq!(app["images"], live["images"], "{app}");
        }
        let outcome = app["outcome"].as_str().unwrap();
        let back = outcome == "rolled_back" && run.command == "rollback";
        let well = matches!(outcome, "succeeded" | "already_live");
        assert!(back || well, "{app}");
        for check in app["checks"].as_array().unwrap() {
            assert_eq!(check["ok"], true, "{app}");
        }
    }
}

/// The version of the source that a release runs. It is on the release, or on the build that is its slug.
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

/// What the record says of builds and releases that came to an end is what the platform says.
#[track_caller]
fn the_record_agrees_with_the_platform(run: &Run) {
    let Some(record) = &run.record else { return };
    let stages = record["stages"].as_array().into_iter().flatten();
    for app in stages.flat_map(|stage| stage["apps"].as_array().unwrap()) {
        let name = app["app"].as_str().unwrap();
        for (noun, list) in [("release", "releases"), ("build", "builds")] {
            let (id, status) = (&app[noun]["id"], &app[noun]["status"]);
            if id.is_null() || status == "pending" {
                continue;
            }
            let known = run.state["apps"][name][list]
                .as_array()
                .into_iter()
                .flatten();
            let known = known.clone().find(|one| one["id"] == *id);
            let known = known.unwrap_or_else(|| panic!("{name} has no {noun} {id}"));
            assert_eq!(known["status"], *status, "{name}: {noun} {id}");
        }
    }
}
