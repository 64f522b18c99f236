//! The front door: authentication, and what it passes on to the API.

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::answer::Refusal;
use crate::sandbox::akkeris::Akkeris;
use crate::sandbox::host::basic;

/// The largest body that the front reads.
const LARGEST_BODY: usize = 102_400;
/// What stands behind the token of somebody with elevated access.
const ELEVATED: &str = "-elevated";

/// A request that got through.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    pub(super) path: String,
    /// Whether the user has elevated access.
    pub(super) elevated: bool,
    body: Option<Value>,
}

impl Call {
    /// Lets a request in, or says why not.
    pub(super) async fn let_in(platform: &Akkeris, request: Request) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let elevated = elevation(platform, &parts.headers)?;
        if parts.uri.query().is_some() {
            // Routes are matched against path and query together.
            return Err(Refusal::NoRoute);
        }
        let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|_| {
            let message = "PayloadTooLargeError: request entity too large".to_owned();
            Refusal::Page(StatusCode::PAYLOAD_TOO_LARGE, message)
        })?;
        Ok(Self {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            elevated,
            body: read(&parts.headers, &bytes)?,
        })
    }

    /// The body. What the front dropped is missing here.
    pub(super) fn body(&self) -> Result<&Value, Refusal> {
        self.body.as_ref().ok_or_else(Refusal::no_body)
    }
}

fn elevation(platform: &Akkeris, headers: &HeaderMap) -> Result<bool, Refusal> {
    let token = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(basic::token)
        .ok_or(Refusal::Unauthorized)?;
    let plain = token.strip_suffix(ELEVATED);
    if plain.unwrap_or(&token) != platform.host.token {
        return Err(Refusal::Unauthorized);
    }
    Ok(plain.is_some())
}

/// The body as it gets through: only JSON by its right name does, and an empty object does not.
fn read(headers: &HeaderMap, bytes: &[u8]) -> Result<Option<Value>, Refusal> {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next());
    if kind.map(str::trim) != Some("application/json") || bytes.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(fields)) if fields.is_empty() => Ok(None),
        Ok(body) => Ok(Some(body)),
        Err(_) => Err(Refusal::Page(
            StatusCode::BAD_REQUEST,
            "SyntaxError: Expected property name or '}' in JSON at position 1".to_owned(),
        )),
    }
}
