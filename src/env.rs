//! The environment: the one place that reads the process's variables. Everything else is given an [`Env`], so that a test
//! can say what the environment holds.

use std::{collections::BTreeMap, env, ffi::OsString, fmt};

use crate::model::token_variables;

/// The variables of these that are set, byte for byte, for a child process.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads variables"
)]
pub fn inherited(names: &'static [&'static str]) -> impl Iterator<Item = (&'static str, OsString)> {
    let value = |name: &&'static str| env::var_os(name).map(|value| (*name, value));
    names.iter().filter_map(value)
}

/// The environment's variables, as they were when the process started.
///
/// Its `Debug` form names the variables but never shows a value: a CI job's environment is full of secrets.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Env(BTreeMap<String, String>);

impl Env {
    /// The process's variables. What is not UTF-8 is kept with replacement characters.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads variables"
    )]
    pub fn from_process() -> Self {
        env::vars_os()
            .map(|(name, value)| {
                (
                    name.to_string_lossy().into_owned(),
                    value.to_string_lossy().into_owned(),
                )
            })
            .collect()
    }

    /// Every variable, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The tokens that it holds.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        token_variables().filter_map(|name| self.get(name))
    }

    /// The value of a variable; an empty one is `Some("")`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Env {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env ")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_names_and_no_values() {
        let env = Env::from_iter([("HEROKU_API_KEY", "s3cr3t")]);
        let shown = format!("{env:?} {env:#?}");
        assert!(shown.contains("HEROKU_API_KEY"), "{shown}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }

    #[test]
    fn an_empty_variable_is_set() {
        let env = Env::from_iter([("A", "")]);
        assert_eq!(env.get("A"), Some(""));
        assert_eq!(env.get("B"), None);
    }
}
