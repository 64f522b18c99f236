use serde_json::{Value, json};

use super::*;

const SECRET: &str = "hunter2hunter2";
/// What no secret gets into: launchway says it itself.
const OWN: [&str; 12] = [
    "asked_at",
    "at",
    "launchway",
    "command",
    "outcome",
    "how",
    "requirement",
    "result",
    "platform",
    "started_at",
    "finished_at",
    "schema_version",
];

/// Puts the secret into every text that is not launchway's own.
fn betray(value: &mut Value) {
    match value {
        Value::String(text) => SECRET.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(betray),
        Value::Object(fields) => {
            let foreign = fields
                .iter_mut()
                .filter(|(key, _)| !OWN.contains(&key.as_str()));
            foreign.for_each(|(_, value)| betray(value));
        }
        _ => {}
    }
}

#[test]
fn no_text_of_others_keeps_a_secret() {
    let release = json!({"id": "r", "version": 1, "status": "?"});
    let time = "2026-01-01T00:00:00Z";
    let check = json!({
        "check": "c", "ok": false, "attempts": 1, "seen": "s", "seconds": 1.0,
        "evidence": {"status": 503, "headers": {"via": "v"}, "body": "b", "output": ["o"]},
    });
    let rollback = json!({"to": release, "release": release, "outcome": "failed", "checks": [check], "error": "e"});
    let app = json!({
        "app": "a", "id": "a", "outcome": "failed", "build": {"id": "b", "status": "?"},
        "notice_build": {"id": "b", "status": "?"}, "release": release,
        "adopted": true, "replaced": release, "superseded_by": release, "released_again": release, "rollback": rollback,
        "checks": [check], "web_url": "u",
        "started_at": time, "finished_at": time, "seconds": 1.0, "error": "e",
    });
    let mut record = json!({
        "schema_version": 1, "launchway": "0", "command": "deploy", "outcome": "ok", "exit_code": 0, "message": "m",
        "started_at": time, "finished_at": time, "seconds": 1.0, "platform": "heroku", "api_url": "u",
        "pipeline": {"id": "p", "name": "p"},
        "source": {
            "version": "v", "commit": "c", "sha256": "s", "tar_sha256": "t", "files": 1, "bytes": 1, "archive_bytes": 1,
        },
        "stages": [{
            "stage": "s", "how": "build", "promotion": "p", "waves": [], "max_parallel": 1, "apps": [app],
            "approval": {"asked": "a", "asked_at": time, "approved": true, "by": "b", "reason": "r", "at": time},
            "requirements": [{"requirement": "window", "result": "met", "seen": "s", "problems": ["p"]}],
        }],
    });
    betray(&mut record);
    let record: Record = serde_json::from_value(record).unwrap();
    let text = |record: &Record| serde_json::to_string(record).unwrap();
    // Every field is there: a new one must be in the list above.
    assert!(!text(&record).contains("null"), "{}", text(&record));
    assert!(text(&record).contains(SECRET));
    let clean = text(&record.clean(&Redactor::new([SECRET])));
    assert!(!clean.contains(SECRET), "{clean}");
}
