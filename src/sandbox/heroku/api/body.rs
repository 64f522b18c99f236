//! Reading the bodies of requests.

use axum::body::Bytes;
use serde_json::Value;

use crate::sandbox::heroku::answer::Refusal;
use crate::sandbox::host::ids::is_uuid;

/// A body as JSON: an object. No body is an empty one.
pub(super) fn object(bytes: &Bytes) -> Result<Value, Refusal> {
    if bytes.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    serde_json::from_slice::<Value>(bytes)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| Refusal::bad("The request's body is not a JSON object."))
}

/// A text at a path of names, `None` if it is absent or null.
pub(super) fn optional(value: &Value, path: &[&str]) -> Result<Option<String>, Refusal> {
    let found = path.iter().fold(value, |value, name| &value[name]);
    match found {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err(Refusal::invalid(format!(
            "Params {} should be a string.",
            path.join(".")
        ))),
    }
}

/// A text that has to be there.
pub(super) fn required(value: &Value, path: &[&str]) -> Result<String, Refusal> {
    optional(value, path)?
        .ok_or_else(|| Refusal::invalid(format!("Require params: {}.", path.join("."))))
}

/// A UUID that has to be there: a name is refused.
pub(super) fn uuid(value: &Value, path: &[&str]) -> Result<String, Refusal> {
    let text = required(value, path)?;
    check_uuid(&path.join("."), &text)?;
    Ok(text)
}

/// Refuses a name where an id is needed.
pub(super) fn check_uuid(what: &str, text: &str) -> Result<(), Refusal> {
    if is_uuid(text) {
        Ok(())
    } else {
        Err(Refusal::invalid(format!(
            "Invalid params: {what} should be a UUID, not `{text}`."
        )))
    }
}

/// Whether a name has the shape of a pipeline's.
pub(super) fn is_pipeline_name(name: &str) -> bool {
    (3..=30).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
