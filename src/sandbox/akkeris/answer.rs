//! What the API answers: JSON, or an error as plain text that calls itself JSON.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::sandbox::host::answer::typed;

const JSON: &str = "application/json; charset=utf-8";
/// Where the front's own errors come from, as its pages show it: a body that is too long, and one that is no JSON.
const TRACES: [&str; 2] = [
    "<br> &nbsp; &nbsp;at readStream (/srv/akkeris-api/node_modules/raw-body/index.js:155:17)",
    "<br> &nbsp; &nbsp;at parse (/srv/akkeris-api/node_modules/body-parser/lib/types/json.js:89:19)",
];

/// What a call comes to.
pub(super) type Reply = Result<Answer, Refusal>;

/// An answer with JSON.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    body: Value,
}

/// An error.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The API's own: plain text.
    Text(StatusCode, String),
    /// A route that does not exist: nothing at all.
    NoRoute,
    /// The front's, when it does not know who asks.
    Unauthorized,
    /// The front's, when it can't reach the API: it says nothing of what became of the request.
    NoApi,
    /// The front's, when a body is not what it takes: a page with a stack trace.
    Page(StatusCode, String),
}

/// 200 with JSON.
#[expect(clippy::unnecessary_wraps, reason = "every call ends in a reply")]
pub(super) fn ok(body: Value) -> Reply {
    Ok(Answer {
        status: StatusCode::OK,
        body,
    })
}

/// 201 with JSON.
#[expect(clippy::unnecessary_wraps, reason = "every call ends in a reply")]
pub(super) fn created(body: Value) -> Reply {
    Ok(Answer {
        status: StatusCode::CREATED,
        body,
    })
}

/// 205 with JSON, which no other server does.
#[expect(clippy::unnecessary_wraps, reason = "every call ends in a reply")]
pub(super) fn reset(body: Value) -> Reply {
    Ok(Answer {
        status: StatusCode::RESET_CONTENT,
        body,
    })
}

impl Refusal {
    fn text(status: StatusCode, message: impl Into<String>) -> Self {
        Self::Text(status, message.into())
    }

    /// 400: the body is not what was expected.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::text(StatusCode::BAD_REQUEST, message)
    }

    /// 400: the front dropped the body.
    pub(super) fn no_body() -> Self {
        Self::bad("SyntaxError: Unexpected end of JSON input")
    }

    /// 403.
    pub(super) fn forbidden(message: impl Into<String>) -> Self {
        Self::text(StatusCode::FORBIDDEN, message)
    }

    /// 404.
    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self::text(StatusCode::NOT_FOUND, message)
    }

    /// 409.
    pub(super) fn conflict(message: impl Into<String>) -> Self {
        Self::text(StatusCode::CONFLICT, message)
    }

    /// 422.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::text(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 422: a defect of the server, in JavaScript's words.
    pub(super) fn type_error(property: &str) -> Self {
        Self::invalid(format!(
            "Cannot read properties of undefined (reading '{property}')"
        ))
    }

    /// 503: the build service did not take a build.
    pub(super) fn no_build_service() -> Self {
        Self::text(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable Error")
    }

    /// 500.
    pub(super) fn internal() -> Self {
        Self::text(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        limited(typed(self.status, JSON, self.body.to_string()))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Text(status, message) => limited(typed(status, JSON, message)),
            Self::NoRoute => typed(
                StatusCode::NOT_FOUND,
                "application/octet-stream",
                String::new(),
            ),
            Self::Unauthorized => typed(
                StatusCode::UNAUTHORIZED,
                "text/plain; charset=utf-8",
                "Unauthorized".to_owned(),
            ),
            Self::NoApi => typed(
                StatusCode::SERVICE_UNAVAILABLE,
                "text/html; charset=utf-8",
                "Internal Server Error".to_owned(),
            ),
            Self::Page(status, message) => page(status, &message),
        }
    }
}

/// The constant that the API sends as its rate limit.
fn limited(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(
        "ratelimit-remaining",
        axum::http::HeaderValue::from_static("2400"),
    );
    response
}

fn page(status: StatusCode, message: &str) -> Response {
    let message = message
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;");
    let [stream, json] = TRACES;
    let trace = match status {
        StatusCode::PAYLOAD_TOO_LARGE => stream,
        _ => json,
    };
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Error</title>\n</head>\n\
         <body>\n<pre>{message}{trace}</pre>\n</body>\n</html>\n"
    );
    let mut response = typed(status, "text/html; charset=utf-8", page);
    for (name, value) in [
        ("content-security-policy", "default-src 'self'"),
        ("x-content-type-options", "nosniff"),
    ] {
        response
            .headers_mut()
            .insert(name, axum::http::HeaderValue::from_static(value));
    }
    response
}

/// What a fault puts in the place of another answer.
pub(super) fn of_status(status: StatusCode) -> Refusal {
    match status.as_u16() {
        401 => Refusal::Unauthorized,
        404 => Refusal::NoRoute,
        500 => Refusal::internal(),
        503 => Refusal::NoApi,
        _ => Refusal::text(status, status.canonical_reason().unwrap_or("Error")),
    }
}
