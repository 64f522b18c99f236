//! What came of a run.

use std::time::Duration;

use launchway::sandbox::Request;
use serde_json::Value;

/// A run at its end.
pub(crate) struct Run {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    /// One event a line.
    pub(crate) stdout: String,
    /// What people read.
    pub(crate) stderr: String,
    /// The run record, if there is one.
    pub(crate) record: Option<Value>,
    /// What the platform was asked since its start.
    pub(crate) requests: Vec<Request>,
    /// What the platform knew before the first run.
    pub(crate) before: Value,
    /// What the platform knew when the run had ended.
    pub(crate) state: Value,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Run {
    /// The exit code is this.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, Some(code), "{}", self.stderr);
        self
    }

    /// What people read, with single spaces: a paragraph is broken anywhere.
    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.stderr.split_whitespace().collect();
        words.join(" ")
    }

    /// The events, in order.
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The lines of output of builds and release phases.
    pub(crate) fn output(&self) -> Vec<String> {
        self.events()
            .iter()
            .filter(|event| event["event"] == "output")
            .map(|event| event["line"].as_str().unwrap().to_owned())
            .collect()
    }
}
