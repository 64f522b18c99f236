//! What handlers answer: JSON, or a refusal in the API's own words.

use std::borrow::Cow;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler of the API gives back.
pub(in crate::sandbox) type Reply = Result<Response, Refusal>;

/// 200 with JSON.
pub(in crate::sandbox) fn ok(value: &Value) -> Response {
    with_status(StatusCode::OK, value)
}

/// 201 with JSON.
pub(in crate::sandbox) fn created(value: &Value) -> Response {
    with_status(StatusCode::CREATED, value)
}

/// Any status with JSON.
pub(in crate::sandbox) fn with_status(status: StatusCode, value: &Value) -> Response {
    typed(status, "application/json", value.to_string())
}

/// Any status with a body of some content type.
pub(in crate::sandbox) fn typed(
    status: StatusCode,
    content_type: &'static str,
    body: String,
) -> Response {
    let headers: [(HeaderName, &'static str); 1] = [(header::CONTENT_TYPE, content_type)];
    (status, headers, body).into_response()
}

/// An error of the object store, in its XML.
pub(in crate::sandbox) fn xml(status: StatusCode, code: &str, message: &str) -> Response {
    typed(
        status,
        "application/xml",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Error><Code>{code}</Code><Message>{message}</Message></Error>"
        ),
    )
}

/// An error of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Refusal {
    status: StatusCode,
    id: Cow<'static, str>,
    message: String,
}

impl Refusal {
    /// An error with any status.
    pub(in crate::sandbox) fn new(
        status: StatusCode,
        id: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self {
            status,
            id: Cow::Borrowed(id),
            message: message.into(),
        }
    }

    /// The same error with another id.
    pub(in crate::sandbox) fn called(mut self, id: String) -> Self {
        self.id = Cow::Owned(id);
        self
    }

    /// 404 for a thing that does not exist, such as `app`.
    pub(in crate::sandbox) fn missing(what: &str) -> Self {
        let message = format!("Couldn't find that {what}.");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 404 for a route that does not exist.
    pub(in crate::sandbox) fn no_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` vs. `POST`), \
             and did you specify your intended version with the `Accept` header?",
        )
    }

    /// 422 for a body that is understood but cannot be done.
    pub(in crate::sandbox) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_params", message)
    }

    /// 400 for a request that is not understood.
    pub(in crate::sandbox) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 400 for a request without a version: this answer says `error` where all others say `message`.
    pub(in crate::sandbox) fn missing_version() -> Response {
        with_status(
            StatusCode::BAD_REQUEST,
            &json!({
                "id": "missing_version",
                "error": "Please specify a version along with Heroku's API MIME type. For example, \
                          `Accept: application/vnd.heroku+json; version=3`.\n",
            }),
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"id": self.id, "message": self.message});
        with_status(self.status, &body)
    }
}
