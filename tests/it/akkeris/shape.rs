//! Whether two answers have the same shape, and what the ids of the one are called in the other.

use std::collections::BTreeMap;

use serde_json::Value;

/// The ids of the recordings, each with the one that the sandbox gave to the same thing.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    /// A text of a recording with the sandbox's ids in it.
    pub(crate) fn translate(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (theirs, ours)| {
            text.replace(theirs, ours)
        })
    }

    fn learn(&mut self, theirs: &str, ours: &str) {
        if theirs != ours && is_uuid(theirs) && is_uuid(ours) {
            self.0
                .entry(theirs.to_owned())
                .or_insert_with(|| ours.to_owned());
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

/// Where the two differ in shape; ids are learned on the way. `loosely` lets lists grow, and what is not known yet be
/// `null`.
pub(crate) fn differences(
    names: &mut Names,
    theirs: &Value,
    ours: &Value,
    at: &str,
    loosely: bool,
) -> Vec<String> {
    match (theirs, ours) {
        (Value::Object(a), Value::Object(b)) => {
            let mut found: Vec<String> = a
                .keys()
                .filter(|key| !b.contains_key(*key))
                .map(|key| format!("{at}.{key} is missing"))
                .chain(
                    b.keys()
                        .filter(|key| !a.contains_key(*key))
                        .map(|key| format!("{at}.{key} is too much")),
                )
                .collect();
            for (key, theirs) in a {
                if let Some(ours) = b.get(key) {
                    found.extend(differences(
                        names,
                        theirs,
                        ours,
                        &format!("{at}.{key}"),
                        loosely,
                    ));
                }
            }
            found
        }
        (Value::Array(a), Value::Array(b)) => {
            let mut found = Vec::new();
            if a.len() != b.len() && !loosely {
                found.push(format!("{at} has {} items instead of {}", b.len(), a.len()));
            }
            for (n, (theirs, ours)) in a.iter().zip(b).enumerate() {
                found.extend(differences(
                    names,
                    theirs,
                    ours,
                    &format!("{at}[{n}]"),
                    loosely,
                ));
            }
            found
        }
        (Value::String(a), Value::String(b)) => {
            names.learn(a, b);
            Vec::new()
        }
        (a, b) if std::mem::discriminant(a) == std::mem::discriminant(b) => Vec::new(),
        (Value::Null, _) | (_, Value::Null) if loosely => Vec::new(),
        (a, b) => vec![format!("{at} is {b} instead of {a}")],
    }
}
