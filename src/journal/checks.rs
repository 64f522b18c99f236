//! How checks went, and what a server answered that a check did not want.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckRecord {
    /// The check as people know it: `GET /health`, `npm run smoke`.
    pub check: String,
    /// Whether it held.
    pub ok: bool,
    /// How many tries it took.
    pub attempts: u32,
    /// What was seen last.
    pub seen: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Of a check that failed, what tells most: an answer (the last one, or the first bad one of the soak), or the end of what a
    /// command printed.
    #[serde(default)]
    pub evidence: Option<Evidence>,
    /// Which of its stage's it is, from 0.
    #[serde(skip)]
    pub at: usize,
}

impl CheckRecord {
    /// Does something with every text in it.
    pub(super) fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        [&mut self.check, &mut self.seen]
            .into_iter()
            .for_each(&mut *change);
        if let Some(Evidence {
            headers,
            body,
            output,
            status: _,
        }) = &mut self.evidence
        {
            let texts = headers.values_mut().chain([body]).chain(output);
            texts.for_each(&mut *change);
        }
    }
}

/// An answer that was not as a check wants it, or the end of what a command printed, as far as it is kept: on one line each,
/// without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// The status of the answer.
    pub status: Option<u16>,
    /// The headers that say who answered, and what.
    pub headers: BTreeMap<String, String>,
    /// The beginning of its body: about 500 bytes.
    pub body: String,
    /// The last lines that a command printed.
    pub output: Vec<String>,
}

impl Evidence {
    /// The answer in words: its headers on one line, its body on another. The status is told by what was seen. Of a command
    /// its last lines.
    pub fn lines(&self) -> Vec<String> {
        let headers: Vec<String> = self
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        let mut lines = Vec::new();
        if !headers.is_empty() {
            lines.push(headers.join(" · "));
        }
        if !self.body.is_empty() {
            lines.push(format!("body: {}", self.body));
        }
        lines.extend(self.output.iter().cloned());
        lines
    }
}
