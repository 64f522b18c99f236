//! Lists that must not be empty.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::super::{
    findings::Findings,
    node::Node,
    read::{Read, Spanned},
};

/// A list of at least one.
#[derive(Clone, Debug)]
pub(in crate::config) struct NonEmpty<T>(pub(in crate::config) Vec<Spanned<T>>);

impl<T: Read> Read for NonEmpty<T> {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let items = Vec::<Spanned<T>>::read(node, what, out)?;
        if items.is_empty() {
            out.add(&node.span, format!("{what} is empty"))
                .help("expected at least one item");
            return None;
        }
        Some(Self(items))
    }
}

impl<T: JsonSchema> JsonSchema for NonEmpty<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("NonEmpty_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": item, "minItems": 1 })
    }
}
