//! The names in a JSON object: its values are dropped while it is read, and no message quotes them.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, Visitor},
};

/// The keys of an object.
pub(super) struct Names(pub(super) BTreeSet<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Keys)
    }
}

struct Keys;

impl<'de> Visitor<'de> for Keys {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, _>()? {
            names.insert(name);
        }
        Ok(Names(names))
    }

    // The default message quotes the value.
    fn visit_str<E: Error>(self, _: &str) -> Result<Names, E> {
        Err(E::custom("a text instead of an object"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_values_are_not_told() {
        let read = |text: &str| serde_json::from_str::<Names>(text).map(|names| names.0);
        let names = read(r#"{"B": "hunter2", "A": null, "C": {"D": [1]}, "B": "x"}"#).unwrap();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), ["A", "B", "C"]);
        assert!(read("{}").unwrap().is_empty());
        for broken in [
            r#""hunter2""#,
            r#"["hunter2"]"#,
            r#"{"A": "hunter2""#,
            r#"{"A": hunter2}"#,
            r#"{"A": "hunter2"} hunter2"#,
            "null",
        ] {
            let error = read(broken).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{broken}: {error}");
        }
    }
}
