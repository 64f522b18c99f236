//! The outputs of a step on GitHub: lines in the file that `GITHUB_OUTPUT` names. It is read after the process has ended,
//! and of several values of a name the last one counts.

use std::fmt::Write as _;

use super::outputs::Outputs;
use crate::units::random_id;

/// The outputs, as text to add to the file. No value can end its own: it would have to guess 128 random bits.
pub fn outputs(known: &Outputs) -> String {
    let ids = serde_json::to_string(&known.release_ids).unwrap_or_default();
    let mut out = String::new();
    let pairs = known.pairs();
    let pairs = pairs
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .chain((!known.release_ids.is_empty()).then_some(("release-id", ids.as_str())));
    for (name, value) in pairs {
        let end = random_id();
        // On Linux only LF ends a line, on Windows CRLF does, too: a CR would be part of the value or not.
        let value = value.replace('\r', "");
        let _ = write!(out, "{name}<<launchway_{end}\n{value}\nlaunchway_{end}\n");
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// `FileCommandManager.cs` of the runner, rewritten.
    pub(in crate::report) fn read(file: &str) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut lines = file.split('\n');
        while let Some(line) = lines.next() {
            if line.is_empty() {
                continue;
            }
            let (equals, heredoc) = (line.find('='), line.find("<<"));
            match (equals, heredoc) {
                (Some(e), h) if h.is_none_or(|h| e < h) => {
                    found.insert(line[..e].to_owned(), line[e + 1..].to_owned());
                }
                (_, Some(h)) => {
                    let end = &line[h + 2..];
                    let mut value = Vec::new();
                    loop {
                        let next = lines.next().expect("a delimiter ends the value");
                        if next == end {
                            break;
                        }
                        value.push(next);
                    }
                    found.insert(line[..h].to_owned(), value.join("\n"));
                }
                _ => panic!("no output: {line}"),
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn no_value_can_make_another_output(foreign in "[a-z=<\n\r:%{}\"]{0,40}", stage in "[a-z=<\n\"]{0,9}") {
            let known = Outputs {
                outcome: "cancelled".to_owned(),
                web_url: Some(foreign.clone()),
                release_ids: BTreeMap::from([(stage.clone(), foreign.clone())]),
                ..Outputs::default()
            };
            let found = read(&outputs(&known));
            let names: Vec<&str> = found.keys().map(String::as_str).collect();
            prop_assert_eq!(names, ["outcome", "release-id", "web-url"]);
            prop_assert_eq!(&found["web-url"], &foreign.replace('\r', ""));
            let ids: BTreeMap<String, String> = serde_json::from_str(&found["release-id"]).unwrap();
            prop_assert_eq!(&ids[&stage], &foreign);
        }
    }
}
