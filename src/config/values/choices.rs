//! Enumerations.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;

use super::{
    super::{findings::Findings, node::Node, read::Read},
    scalar::{schema, word},
};
use crate::model::{Choice, PLATFORMS, PlatformKind};

/// A platform's name.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct PlatformName(pub(in crate::config) PlatformKind);

schema!(PlatformName, { "type": "string", "enum": PLATFORMS.each_ref().map(|about| about.name) });

impl Read for PlatformName {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let names = PLATFORMS.each_ref().map(|about| about.name);
        PlatformKind::named(word(node, what, &names, out)?).map(Self)
    }
}

/// How the dynos must be that a check looks at: `up`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Up;

schema!(Up, { "const": "up" });

impl Read for Up {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        word(node, what, &["up"], out).map(|_| Self)
    }
}

/// Who approves at a terminal: `prompt`.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct Prompt;

schema!(Prompt, { "const": "prompt" });

impl Read for Prompt {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        word(node, what, &["prompt"], out).map(|_| Self)
    }
}

/// A choice out of a few words.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct OneOf<C>(pub(in crate::config) C);

impl<C: Choice> JsonSchema for OneOf<C> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "OneOf".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words = C::WORDS.iter();
        let words = words.map(|(word, _, help)| json!({ "const": word, "description": help }));
        json_schema!({ "oneOf": words.collect::<Vec<_>>() })
    }
}

impl<C: Choice> Read for OneOf<C> {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let words: Vec<&str> = C::WORDS.iter().map(|(word, ..)| *word).collect();
        let found = word(node, what, &words, out)?;
        let mut all = C::WORDS.iter();
        all.find(|(word, ..)| *word == found)
            .map(|(_, choice, _)| Self(*choice))
    }
}
