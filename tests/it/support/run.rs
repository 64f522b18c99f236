//! What came of a run.

use std::path::PathBuf;

use launchway::sandbox::{Origin, Request, Surface};
use serde_json::Value;

use super::shop::current;

/// A run at its end.
pub(crate) struct Run {
    /// The command that ran.
    pub(crate) command: String,
    /// The exit code.
    pub(crate) code: i32,
    /// The lines of stdout: one event each.
    pub(crate) stdout: Vec<String>,
    /// What people read.
    pub(crate) stderr: String,
    /// The run record, if there is one.
    pub(crate) record: Option<Value>,
    /// What the platform was asked by this run.
    pub(crate) requests: Vec<Request>,
    /// What the platform knew before the run.
    pub(crate) before: Value,
    /// What the platform knew when the run had ended.
    pub(crate) state: Value,
    /// The address of the shop's platform.
    pub(crate) api_url: String,
    /// Which platform it is.
    pub(crate) surface: Surface,
    /// The directory of the shop.
    pub(crate) root: PathBuf,
    /// How many runs were at work there at the same time.
    pub(crate) at_once: usize,
}

impl Run {
    /// The exit code is this, in the record too.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{}", self.stderr);
        self
    }

    /// People read this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        // A paragraph is broken anywhere.
        let found = self.stderr.contains(text) || words(&self.stderr).contains(&words(text));
        assert!(found, "`{text}` is not said:\n{}", self.stderr);
        self
    }

    /// People do not read this.
    #[track_caller]
    pub(crate) fn does_not_say(&self, text: &str) -> &Self {
        assert!(!self.stderr.contains(text), "{}", self.stderr);
        self
    }

    /// Nothing was asked of the platform that changes anything.
    #[track_caller]
    pub(crate) fn changed_nothing(&self) -> &Self {
        let changes: Vec<&Request> = self.changes().collect();
        assert!(changes.is_empty(), "{changes:#?}");
        self
    }

    /// The requests that create or change something. A source that is not built and a slug that is not released
    /// are gone by themselves, and a filter reads.
    pub(crate) fn changes(&self) -> impl Iterator<Item = &Request> {
        self.requests.iter().filter(|request| {
            request.origin == Origin::Api
                && !matches!(request.method.as_str(), "GET" | "HEAD")
                && !matches!(request.path.as_str(), "/sources" | "/filters/apps")
                && !request.path.ends_with("/slugs")
        })
    }

    /// How many requests of a method had a path that ends like this.
    pub(crate) fn count(&self, method: &str, path: &str) -> usize {
        self.asked(method, path).count()
    }

    /// The requests of a method with a path that ends like this.
    pub(crate) fn asked(&self, method: &str, path: &str) -> impl Iterator<Item = &Request> {
        self.requests
            .iter()
            .filter(move |request| request.method == method && request.path.ends_with(path))
    }

    /// The body of the first such request.
    pub(crate) fn body(&self, method: &str, path: &str) -> Value {
        self.asked(method, path)
            .next()
            .unwrap()
            .body
            .clone()
            .unwrap()
    }

    /// The events, in order.
    pub(crate) fn events(&self) -> impl Iterator<Item = Value> {
        self.stdout
            .iter()
            .map(|line| serde_json::from_str(line).unwrap())
    }

    /// The lines of output of builds, release phases and checks.
    pub(crate) fn output(&self) -> Vec<String> {
        self.events()
            .filter(|event| event["event"] == "output")
            .map(|event| event["line"].as_str().unwrap().to_owned())
            .collect()
    }

    /// The run record.
    #[track_caller]
    pub(crate) fn record(&self) -> &Value {
        self.record.as_ref().expect("a record was written")
    }

    /// What the record says of an app.
    #[track_caller]
    pub(crate) fn app(&self, name: &str) -> &Value {
        let stages = self.record()["stages"].as_array().unwrap();
        stages
            .iter()
            .flat_map(|stage| stage["apps"].as_array().unwrap())
            .find(|app| app["app"] == name)
            .unwrap_or_else(|| panic!("the record has no {name}: {}", self.record()))
    }

    /// The outcome of an app in the record.
    #[track_caller]
    pub(crate) fn outcome(&self, app: &str) -> &str {
        self.app(app)["outcome"].as_str().unwrap()
    }

    /// The version of the release that an app runs.
    #[track_caller]
    pub(crate) fn runs(&self, app: &str) -> u64 {
        current(&self.state, app)["version"].as_u64().unwrap()
    }

    /// The end of what people read: the table and the verdict.
    pub(crate) fn ending(&self) -> String {
        let lines: Vec<&str> = self.stderr.lines().collect();
        let verdicts = [
            "done in",
            "nothing to do:",
            "failed:",
            "failed, ",
            "refused:",
            "denied:",
            "cancelled:",
            "outcome unknown:",
            "error:",
            "internal error:",
        ];
        let starts = |line: &str| {
            line.starts_with("stage ") || verdicts.iter().any(|word| line.starts_with(word))
        };
        let table = lines.iter().rposition(|line| line.starts_with("stage "));
        let at = table.or_else(|| lines.iter().position(|line| starts(line)));
        let at = at.unwrap_or_else(|| panic!("there is no ending:\n{}", self.stderr));
        let root = self.root.to_string_lossy();
        lines[at..].join("\n").replace(&*root, "[root]")
    }
}
