//! The JSON Schema of `deploy.yaml`, made from the types that read it.

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{
    raw::Root,
    read::{Key, Presence},
};

/// The JSON Schema of `deploy.yaml`. Editors use it for completion and help; `x-not-supported-yet` marks the keys that are
/// known and refused.
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft07().into_generator();
    let mut schema = generator.into_root_schema_for::<Root>().to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("title".to_owned(), json!("deploy.yaml of launchway"));
    }
    schema
}

/// The schema of a table.
pub(super) fn table(
    doc: &str,
    keys: &[Key],
    rules: Value,
    generator: &mut SchemaGenerator,
) -> Schema {
    let mut properties = Map::new();
    for key in keys {
        properties.insert(key.name.to_owned(), property(key, generator));
    }
    let needed: Vec<&str> = keys
        .iter()
        .filter(|key| key.presence == Presence::Needed)
        .map(|key| key.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(prose(doc)));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !needed.is_empty() {
        schema.insert("required".to_owned(), json!(needed));
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
    if let Value::Object(rules) = rules {
        schema.extend(rules);
    }
    schema.into()
}

fn property(key: &Key, generator: &mut SchemaGenerator) -> Value {
    let doc = prose(key.doc);
    let mut schema = (key.schema)(generator).to_value();
    // Next to a `$ref`, draft 7 ignores every other word.
    if schema.get("$ref").is_some() {
        schema = json!({ "allOf": [schema] });
    }
    if let Some(object) = schema.as_object_mut() {
        object.insert("description".to_owned(), json!(doc));
    }
    schema
}

/// A doc comment as one paragraph.
fn prose(doc: &str) -> String {
    doc.split_whitespace().collect::<Vec<_>>().join(" ")
}
