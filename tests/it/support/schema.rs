//! Holds requests and answers against the official schema of the Platform API.
//!
//! The schema says what the answer to a method and a path looks like (`targetSchema`) and what may be sent
//! (`schema`). Both are made stricter in the way the schema means it: `strictProperties` says that all properties
//! are there and no others. They are made laxer in two points: the sandbox serves its apps on loopback, and no
//! `web_url` can have the `herokuapp.com` that the schema wants; and a release of an image, which the schema knows, has no
//! slug, which it wants for every release. And in one it is completed: the variant of the formation's batch update that
//! releases images is known (heroku.md §2), and not in the schema.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use jsonschema::Validator;
use serde_json::{Value, json};

const SCHEMA: &str = include_str!("../../fixtures/heroku-schema.json");

/// Checks the body of an answer.
///
/// # Errors
///
/// Says where it differs from the schema, or that the schema does not know the request.
pub(crate) fn validate_response(method: &str, path: &str, body: &Value) -> Result<(), String> {
    let candidates = links(method, path, Side::Response);
    if candidates.is_empty() {
        return Err(format!("the schema has no {method} {path}"));
    }
    let problems = candidates
        .iter()
        .map(|link| match link.get("targetSchema") {
            Some(target) if !target.is_null() => check(target, body, Side::Response),
            _ => Ok(()),
        });
    first_ok(problems)
}

/// Checks the body of a request; `Value::Null` is no body. Of links that share method and path, one has to fit.
///
/// # Errors
///
/// Says where it differs from the schema, or that the schema does not know the request.
pub(crate) fn validate_request(method: &str, path: &str, body: &Value) -> Result<(), String> {
    let candidates = links(method, path, Side::Request);
    if candidates.is_empty() {
        return Err(format!("the schema has no {method} {path}"));
    }
    let problems = candidates.iter().map(|link| match link.get("schema") {
        Some(schema) if !schema.is_null() => check(&closed(schema), body, Side::Request),
        _ if body.is_null() || *body == json!({}) => Ok(()),
        _ => Err(format!("{method} {path} takes no body")),
    });
    first_ok(problems)
}

fn first_ok(results: impl Iterator<Item = Result<(), String>>) -> Result<(), String> {
    let mut problems = Vec::new();
    for result in results {
        match result {
            Ok(()) => return Ok(()),
            Err(problem) => problems.push(problem),
        }
    }
    Err(problems.join("\nor\n"))
}

/// Which half of an exchange is checked.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Request,
    Response,
}

/// The schema, made strict for one side.
fn schema(side: Side) -> &'static Value {
    static STRICT: [OnceLock<Value>; 2] = [OnceLock::new(), OnceLock::new()];
    STRICT[usize::from(side == Side::Request)].get_or_init(|| {
        let mut schema: Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
        make_strict(&mut schema, side);
        let loopback = json!({
            "type": ["string"],
            "pattern": "^http://127\\.0\\.0\\.1:[0-9]+/[a-z][a-z0-9-]*/$",
        });
        for resource in ["app", "team-app"] {
            schema["definitions"][resource]["definitions"]["web_url"] = loopback.clone();
        }
        schema["definitions"]["formation"]["definitions"]["update"]["properties"]["docker_image"] =
            json!({"type": ["string"], "pattern": "^sha256:[0-9a-f]{64}$"});
        let links = schema["definitions"]["release"]["links"].as_array_mut();
        for link in links.into_iter().flatten() {
            if link["schema"]["required"] == json!(["slug"])
                && let Some(wanted) = link["schema"].as_object_mut()
            {
                wanted.remove("required");
                let one = json!([{"required": ["slug"]}, {"required": ["oci_image"]}]);
                wanted.insert("oneOf".to_owned(), one);
            }
        }
        schema
    })
}

/// Turns `strictProperties` into what validators know: in an answer all properties are there, and no others; in a
/// request there are no others.
fn make_strict(value: &mut Value, side: Side) {
    match value {
        Value::Object(fields) => {
            if fields.get("strictProperties") == Some(&Value::Bool(true))
                && let Some(Value::Object(properties)) = fields.get("properties")
            {
                let names: Vec<String> = properties.keys().cloned().collect();
                if side == Side::Response {
                    fields.insert("required".to_owned(), json!(names));
                }
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
            fields
                .values_mut()
                .for_each(|field| make_strict(field, side));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| make_strict(item, side)),
        _ => {}
    }
}

/// A request's schema that also refuses members which it does not name: a wrong name is a mistake.
fn closed(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut()
        && fields.contains_key("properties")
    {
        fields.insert("additionalProperties".to_owned(), json!(false));
    }
    schema
}

/// The links that a request may be.
fn links(method: &str, path: &str, side: Side) -> Vec<&'static Value> {
    let path = path.split('?').next().unwrap_or(path);
    let mut found: Vec<&Value> = schema(side)["definitions"]
        .as_object()
        .expect("definitions")
        .values()
        .filter_map(|resource| resource["links"].as_array())
        .flatten()
        .filter(|link| link["method"] == method)
        .filter(|link| fits(link["href"].as_str().unwrap_or_default(), path))
        .collect();
    // A literal segment wins over a variable one.
    let holes = |link: &Value| {
        link["href"]
            .as_str()
            .unwrap_or_default()
            .matches('{')
            .count()
    };
    if let Some(fewest) = found.iter().map(|link| holes(link)).min() {
        found.retain(|link| holes(link) == fewest);
    }
    found
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(&path).all(|(wanted, found)| {
            (wanted.starts_with('{') && !found.is_empty()) || wanted == found
        })
}

/// The draft that the schema is in does not know this format.
fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

fn check(part: &Value, body: &Value, side: Side) -> Result<(), String> {
    let validator = validator(part, side)?;
    let problems: Vec<String> = validator
        .iter_errors(body)
        .map(|error| format!("{} at `{}`", error, error.instance_path()))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("\n"))
    }
}

/// The validator for a part of the schema. Each is built once: that takes far longer than to use it.
fn validator(part: &Value, side: Side) -> Result<Arc<Validator>, String> {
    static BUILT: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let key = format!("{side:?} {part}");
    if let Some(validator) = BUILT.lock().expect("not poisoned").get(&key) {
        return Ok(Arc::clone(validator));
    }
    let mut whole = part.clone();
    whole["definitions"] = schema(side)["definitions"].clone();
    whole["$schema"] = json!("http://json-schema.org/draft-04/schema#");
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .with_format("uuid", is_uuid)
        .build(&whole)
        .map_err(|error| format!("the schema itself is wrong: {error}"))?;
    let validator = Arc::new(validator);
    let mut built = BUILT.lock().expect("not poisoned");
    built.insert(key, Arc::clone(&validator));
    Ok(validator)
}
