//! What `plan` foretold, held against what `deploy` did.
//!
//! The plan is asked for right before each deploy, in a world where nothing goes wrong: faults strike the deploy alone. A
//! deploy that ends well did what was foretold, to the app; one that fails did nothing else.

use serde_json::Value;

/// The tests whose world changes between the plan and the deploy's end, or in which faults make it another, and why.
const OTHERWISE: [(&str, &str); 2] = [
    (
        "hanging::a_signal_ends_it",
        "no git answers, to neither of them",
    ),
    (
        "hanging::a_deadline_ends_it",
        "no git answers, to neither of them",
    ),
];

/// Whether this test's deploys are held against their plans. A deploy on a thread of its own has somebody else beside it.
pub(crate) fn is_held() -> bool {
    let current = std::thread::current();
    current
        .name()
        .is_some_and(|name| OTHERWISE.iter().all(|(test, _)| *test != name))
}

/// What the plan said.
pub(crate) struct Plan {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// What came of the deploy.
pub(crate) struct Deploy<'a> {
    pub(crate) code: i32,
    pub(crate) stderr: &'a str,
    /// What the platform knew before and afterwards.
    pub(crate) before: &'a Value,
    pub(crate) after: &'a Value,
    /// The version of the source that the record has.
    pub(crate) version: Option<&'a str>,
}

#[track_caller]
pub(crate) fn hold(plan: &Plan, deploy: &Deploy<'_>) {
    let context = || format!("{}\n{}\n{}", plan.stdout, plan.stderr, deploy.stderr);
    if plan.code != 0 {
        assert_eq!(plan.code, deploy.code, "plan, deploy: {}", context());
        let apps = |state: &Value| unsigned(&state["apps"]);
        assert_eq!(apps(deploy.before), apps(deploy.after), "{}", context());
        return;
    }
    let foretold: Value = serde_json::from_str(&plan.stdout).unwrap();
    let source = &foretold["source"];
    if let Some(version) = deploy.version {
        assert_eq!(foretold["source"]["version"], version, "{}", context());
    }
    let stages = foretold["stages"].as_array().unwrap();
    let planned: Vec<&Value> = stages
        .iter()
        .flat_map(|stage| stage["apps"].as_array().unwrap())
        .collect();
    for name in deploy.after["apps"].as_object().unwrap().keys() {
        let step = planned
            .iter()
            .find(|app| app["app"] == name.as_str())
            .map_or("none", |app| app["step"].as_str().unwrap());
        let made = |list: &str| {
            let count = |state: &Value| state["apps"][name][list].as_array().map_or(0, Vec::len);
            count(deploy.after) > count(deploy.before)
        };
        for (list, foretold) in [
            ("builds", step == "build"),
            ("releases", !matches!(step, "none" | "follow_release")),
        ] {
            let made = made(list);
            // Only the platform knows whether an app runs the same images already.
            let certain = source["from"] != "images";
            let as_foretold = if deploy.code == 0 && certain {
                made == foretold
            } else {
                !made || foretold
            };
            assert!(
                as_foretold,
                "{name}: {step}, and new {list}: {made}\n{}",
                context()
            );
        }
    }
}

/// The same without the signatures of addresses: they change with each second.
fn unsigned(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("http") => {
            text.split('?').next().unwrap_or_default().into()
        }
        Value::Array(items) => items.iter().map(unsigned).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields.map(|(name, field)| (name.clone(), unsigned(field)));
            fields.collect()
        }
        other => other.clone(),
    }
}
