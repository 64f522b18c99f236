//! What a stage requires: which names of config vars must be the same, and windows of time.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{
    super::{
        findings::Findings,
        node::{Kind, Node},
        read::{Read, wrong_type},
        window::Window,
    },
    scalar::{line, schema, shown},
};
/// The name of a config var; `*` stands for any text.
#[derive(Clone, Debug)]
pub(in crate::config) struct VarName(pub(in crate::config) String);

schema!(VarName, { "type": "string", "pattern": "^[A-Za-z0-9_*]+$", "examples": ["SENTRY_DSN"] });

impl Read for VarName {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let fits = |c: char| c.is_ascii_alphanumeric() || "_*".contains(c);
        if !scalar.text.chars().all(fits) {
            let shown = shown(scalar, what);
            out.add(
                &node.span,
                format!("{what}: {shown} is not the name of a config var"),
            )
            .help(
                "letters, digits and `_`; `*` stands for any text, as in `HEROKU_POSTGRESQL_*_URL`",
            );
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// One window of time, or several of which one must be open.
#[derive(Clone, Debug)]
pub(in crate::config) struct Windows(pub(in crate::config) Vec<Window>);

impl Read for Windows {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(_) => window(node, what, out).map(|window| Self(vec![window])),
            Kind::List(items) if items.is_empty() => {
                out.add(&node.span, format!("{what} is empty"))
                    .help("expected at least one window; leave it out to release at any time");
                None
            }
            Kind::List(items) => {
                let read = items.iter().map(|item| window(item, what, out));
                let windows: Vec<Option<Window>> = read.collect();
                windows.into_iter().collect::<Option<_>>().map(Self)
            }
            Kind::Map(_) | Kind::Unknown => {
                wrong_type(node, what, "a window of time or a list of them", out);
                None
            }
        }
    }
}

fn window(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Window> {
    let scalar = line(node, what, out)?;
    match Window::parse(&scalar.text) {
        Ok(window) => Some(window),
        Err((_, help)) if scalar.from_env => {
            out.add(
                &node.span,
                format!("{what}: the value of the variable is not a window of time"),
            )
            .help(help);
            None
        }
        Err((why, help)) => {
            out.add(&node.span, format!("{what}: {why}")).help(help);
            None
        }
    }
}

impl JsonSchema for Windows {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Windows".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = || serde_json::json!({ "type": "string", "examples": ["Mon-Fri 09:00-16:00 Europe/Berlin"] });
        json_schema!({ "anyOf": [one(), { "type": "array", "items": one(), "minItems": 1 }] })
    }
}
