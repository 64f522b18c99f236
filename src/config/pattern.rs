//! Regular expressions, in the syntax of the `regex` crate: they take time in proportion to the text, whatever they are.

use std::fmt::Write as _;

use regex_automata::{meta::Regex, util::syntax};

/// The most memory that an expression may take.
const LARGEST: usize = 1 << 20;
/// How deep groups may be nested.
const DEEPEST: u32 = 50;

/// Makes an expression of its text, or says what is wrong with it, without the text.
pub fn compile(text: &str) -> Result<Regex, String> {
    let limits = Regex::config()
        .nfa_size_limit(Some(LARGEST))
        .onepass_size_limit(Some(LARGEST))
        .hybrid_cache_capacity(LARGEST);
    Regex::builder()
        .configure(limits)
        .syntax(syntax::Config::new().nest_limit(DEEPEST))
        .build(text)
        .map_err(|e| match e.syntax_error() {
            // The lines before show the text, which may hold a secret.
            Some(e) => {
                let said = e.to_string();
                let last = said.lines().last().unwrap_or_default();
                last.trim_start_matches("error: ").to_owned()
            }
            None => "it is too large".to_owned(),
        })
}

/// A text that stands for itself in an expression.
pub(super) fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else {
            // Writing to a String can't fail.
            let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_said_without_the_text() {
        for (text, expected) in [
            ("s3cr3t(", "unclosed group"),
            ("[s3cr3t", "unclosed character class"),
            ("(s3cr3t{1000}){1000}", "it is too large"),
        ] {
            assert_eq!(compile(text).unwrap_err(), expected);
        }
        assert!(compile(&"(".repeat(100_000)).is_err());
        assert!(compile(r"(?i)ok \d+").unwrap().is_match("it is OK 12"));
    }
}
