//! What the answer to an HTTP check must be: a regular expression, values in its JSON, its headers.

use serde_json::Value;

use super::{
    super::{
        findings::Findings,
        node::{Entry, Kind, Meaning, Node},
        pattern, placeholder,
        read::{Read, wrong_type},
    },
    scalar::{line, schema},
};

/// A regular expression.
#[derive(Clone, Debug)]
pub(in crate::config) struct Matches(pub(in crate::config) String);

schema!(Matches, { "type": "string", "format": "regex", "examples": ["^ok .*${commit}"] });

impl Read for Matches {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let text = &line(node, what, out)?.text;
        let filled = placeholder::fill(text, |_| pattern::escape("x"));
        if let Err(why) = pattern::compile(&filled) {
            out.add(
                &node.span,
                format!("{what} is not a regular expression: {why}"),
            )
            .help("the syntax is that of https://docs.rs/regex; put it in single quotes");
            return None;
        }
        Some(Self(text.clone()))
    }
}

/// Values in a JSON document, by JSON pointer.
#[derive(Clone, Debug)]
pub(in crate::config) struct Json(pub(in crate::config) Vec<(String, Value)>);

schema!(Json, {
    "type": "object",
    "minProperties": 1,
    "propertyNames": { "pattern": "^(/.*)?$" },
    "additionalProperties": { "type": ["string", "number", "boolean", "null"] },
    "examples": [{ "/commit": "${commit}" }]
});

impl Read for Json {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let mut wanted = Vec::new();
        for entry in entries(node, what, "a map of JSON pointers", out)? {
            if !(entry.key.is_empty() || entry.key.starts_with('/')) {
                out.add(
                    &entry.span,
                    format!("a key of {what} is not a JSON pointer"),
                )
                .help("it begins with `/`, such as `/commit` or `/services/0/status`");
                return None;
            }
            wanted.push((entry.key.clone(), value(&entry.value, what, out)?));
        }
        Some(Self(wanted))
    }
}

fn value(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Value> {
    let what = format!("a value of {what}");
    let Kind::Scalar(scalar) = &node.kind else {
        wrong_type(
            node,
            &what,
            "a text, a number, `true`, `false` or `null`",
            out,
        );
        return None;
    };
    match scalar.meaning() {
        Meaning::Null => Some(Value::Null),
        Meaning::Bool(value) => Some(value.into()),
        Meaning::Text => Some(scalar.text.clone().into()),
        Meaning::Number => {
            let number = serde_json::from_str(&scalar.text).ok();
            if number.is_none() {
                out.add(&node.span, format!("{what} is not a JSON number"))
                    .help("if it is a text, put it in quotes");
            }
            number
        }
    }
}

/// Headers and their values.
#[derive(Clone, Debug)]
pub(in crate::config) struct Headers(pub(in crate::config) Vec<(String, String)>);

schema!(Headers, {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": { "type": "string" },
    "examples": [{ "x-release": "${release}" }]
});

impl Read for Headers {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let mut wanted = Vec::new();
        for entry in entries(node, what, "a map of headers", out)? {
            if !is_header_name(&entry.key) {
                out.add(
                    &entry.span,
                    format!("a key of {what} is not a header's name"),
                );
                return None;
            }
            let value = line(&entry.value, &format!("`{}`", entry.key), out)?;
            wanted.push((entry.key.to_ascii_lowercase(), value.text.clone()));
        }
        Some(Self(wanted))
    }
}

/// Whether a text is a token, as the names of headers and methods are (RFC 9110 §5.6.2).
pub(super) fn is_header_name(text: &str) -> bool {
    let named = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    !text.is_empty() && text.chars().all(named)
}

/// The entries of a map that holds something.
pub(super) fn entries<'n>(
    node: &'n Node,
    what: &str,
    expected: &str,
    out: &mut Findings<'_>,
) -> Option<&'n [Entry]> {
    match &node.kind {
        Kind::Map(entries) if entries.is_empty() => {
            out.add(&node.span, format!("{what} is empty"));
            None
        }
        Kind::Map(entries) => Some(entries),
        _ => {
            wrong_type(node, what, expected, out);
            None
        }
    }
}
