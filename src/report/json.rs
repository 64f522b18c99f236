//! The report for programs: one event per line on stdout, as JSON. The last line carries the run record. Foreign text is
//! kept as it is (JSON escapes what a terminal could act on); secrets are removed.

use std::sync::{Arc, Mutex, PoisonError};

use super::console::Out;
use crate::journal::{Listener, event::Stamped, record::Record};
use crate::redact::Redactor;

/// The report for programs.
pub struct Json {
    out: Arc<Mutex<Out>>,
    redactor: Redactor,
}

impl Json {
    /// A report to `out`. A reader that closes the pipe ends the report, not the run; so does a full disk, but then
    /// `out` records what was lost.
    pub fn new(out: Arc<Mutex<Out>>, redactor: Redactor) -> Self {
        Self { out, redactor }
    }
}

impl Listener for Json {
    fn on(&mut self, event: &Stamped, _: &Record) {
        // An event is made of strings, numbers and times: it always has a JSON form.
        if let Ok(json) = serde_json::to_string(event) {
            let mut line = defuse(&self.redactor.clean_json(&json));
            line.push('\n');
            let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
            out.write(&line);
        }
    }
}

/// The same JSON in a form that is safe to print: what a terminal or a CI system could act on is written as escapes.
/// JSON itself leaves DEL, C1 and bidirectional controls as they are, and `##[` counts anywhere in a line.
pub fn defuse(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut hash = false;
    for c in json.chars() {
        // Outside of strings JSON has none of these.
        let escape =
            matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if escape || (c == '#' && hash) {
            let code = format!("\\u{:04x}", u32::from(c));
            out.push_str(&code);
            hash = false;
        } else {
            out.push(c);
            hash = c == '#';
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::report::{console::tests::Shared, fixtures, rules::is_command};

    fn play(shared: &Shared, redactor: Redactor) {
        let mut json = Json::new(Arc::new(Mutex::new(Out::to(shared.clone()))), redactor);
        let sample = fixtures::promotion_failed();
        for event in &sample.events {
            json.on(event, &sample.record);
        }
    }

    #[test]
    fn every_line_is_an_event_and_the_last_one_has_the_record() {
        let shared = Shared::default();
        play(&shared, Redactor::default());
        insta::assert_snapshot!("json_lines", shared.text());
        let lines: Vec<serde_json::Value> = shared
            .text()
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect();
        assert!(
            lines
                .iter()
                .all(|l| l["at"].is_string() && l["elapsed_ms"].is_u64())
        );
        let last = lines.last().unwrap();
        assert_eq!(last["event"], "run_finished");
        assert_eq!(last["record"]["exit_code"], 12);
    }

    #[test]
    fn secrets_are_removed_and_a_broken_pipe_is_no_panic() {
        let shared = Shared {
            breaks_after: Some(200),
            ..Shared::default()
        };
        play(&shared, Redactor::new(["api.heroku.com"]));
        assert_eq!(shared.text().lines().count(), 1);
        assert!(shared.text().contains("https://***/"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn defused_json_says_the_same(text in "[#\\[\\]a\"\\\\\u{7f}\u{9b}\u{202e}\u{2028}\n]{0,20}") {
            let json = serde_json::to_string(&text).unwrap();
            let safe = defuse(&json);
            prop_assert!(!is_command(&safe) && !safe.contains("##"));
            prop_assert!(!safe.contains(|c: char| c.is_control()));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
