//! What most values have in common: a text on one line, that is not a number in disguise, shown only if it may be.

use super::super::{
    findings::Findings,
    mask,
    node::{Kind, Meaning, Node, Scalar},
    read::{one_of, wrong_type},
};
use crate::suggest;

/// Implements `JsonSchema` for a value that is a text of some kind.
macro_rules! schema {
    ($type:ty, $schema:tt) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(super) use schema;

/// The scalar of a node that must be a text: not empty, and without quotes not something else.
pub(super) fn text<'n>(node: &'n Node, what: &str, out: &mut Findings<'_>) -> Option<&'n Scalar> {
    let Kind::Scalar(scalar) = &node.kind else {
        wrong_type(node, what, "a text", out);
        return None;
    };
    match scalar.meaning() {
        Meaning::Text => {}
        Meaning::Null => {
            wrong_type(node, what, "a text", out);
            return None;
        }
        Meaning::Bool(_) | Meaning::Number => {
            let help = if mask::is_secret_key(what) {
                "put it in quotes".to_owned()
            } else {
                format!("put it in quotes: \"{}\"", mask::quote(&scalar.text))
            };
            wrong_type(node, what, "a text", out).help(help);
            return None;
        }
    }
    if scalar.text.is_empty() {
        out.add(&node.span, format!("{what} is empty"));
        return None;
    }
    Some(scalar)
}

/// A text on one line, without control characters.
pub(super) fn line<'n>(node: &'n Node, what: &str, out: &mut Findings<'_>) -> Option<&'n Scalar> {
    let scalar = text(node, what, out)?;
    if scalar.text.contains('\n') {
        out.add(&node.span, format!("{what} must be on one line"));
        return None;
    }
    if scalar.text.chars().any(char::is_control) {
        out.add(&node.span, format!("{what} holds a control character"));
        return None;
    }
    Some(scalar)
}

/// The value for a message, or a word for it if it may be a secret.
pub(super) fn shown(scalar: &Scalar, what: &str) -> String {
    if scalar.from_env {
        "the value of the variable".to_owned()
    } else if mask::is_secret_key(what) {
        "the value".to_owned()
    } else {
        format!("`{}`", mask::quote(&scalar.text))
    }
}

/// One of a few words.
pub(super) fn word<'w>(
    node: &Node,
    what: &str,
    words: &[&'w str],
    out: &mut Findings<'_>,
) -> Option<&'w str> {
    let scalar = line(node, what, out)?;
    if let Some(word) = words.iter().find(|word| **word == scalar.text) {
        return Some(word);
    }
    let help = match suggest::nearest(&scalar.text, words) {
        Some(meant) if !scalar.from_env => format!("did you mean `{meant}`?"),
        _ => format!("expected {}", one_of(words)),
    };
    let shown = shown(scalar, what);
    out.add(&node.span, format!("{what} can't be {shown}"))
        .help(help);
    None
}
