//! The answers of handlers: JSON, or a refusal in the API's own words.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::sandbox::host::answer::typed;

/// What a handler of the API gives back.
pub(super) type Reply = Result<Response, Refusal>;

/// 200 with JSON.
pub(super) fn ok(value: &Value) -> Response {
    with_status(StatusCode::OK, value)
}

/// 201 with JSON.
pub(super) fn created(value: &Value) -> Response {
    with_status(StatusCode::CREATED, value)
}

/// Any status with JSON.
pub(super) fn with_status(status: StatusCode, value: &Value) -> Response {
    typed(status, "application/json", value.to_string())
}

/// An error of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    id: Cow<'static, str>,
    message: String,
    resource: Option<&'static str>,
}

impl Refusal {
    /// An error with any status.
    pub(super) fn new(status: StatusCode, id: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            id: Cow::Borrowed(id),
            message: message.into(),
            resource: None,
        }
    }

    /// The same error with another id.
    pub(super) fn called(mut self, id: String) -> Self {
        self.id = Cow::Owned(id);
        self
    }

    /// What a fault puts in the place of another answer.
    pub(super) fn of_status(status: StatusCode) -> Self {
        let (id, message) = words(status.as_u16());
        Self::new(status, id, message)
    }

    /// 404 for a thing that does not exist, such as `app`.
    pub(super) fn missing(what: &str) -> Self {
        let message = format!("Couldn't find that {what}.");
        Self::new(StatusCode::NOT_FOUND, "not_found", message)
    }

    /// 404 with the kind of thing that is missing, as the platform says it of add-ons: its CLI decides by it.
    pub(super) fn missing_resource(what: &str, resource: &'static str) -> Self {
        Self {
            resource: Some(resource),
            ..Self::missing(what)
        }
    }

    /// 404 for a route that does not exist.
    pub(super) fn no_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` vs. `POST`), \
             and did you specify your intended version with the `Accept` header?",
        )
    }

    /// 422 for a body that is understood but cannot be done.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_params", message)
    }

    /// 400 for a request that is not understood.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    /// 400 for a request without a version: this answer says `error` where all others say `message`.
    pub(super) fn missing_version() -> Response {
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
        let mut body = json!({"id": self.id, "message": self.message});
        if let Some(resource) = self.resource {
            body["resource"] = json!(resource);
        }
        with_status(self.status, &body)
    }
}

/// The API's id and message for a status.
fn words(code: u16) -> (&'static str, &'static str) {
    match code {
        400 => ("bad_request", "The request was not understood."),
        401 => ("unauthorized", "Invalid credentials provided."),
        402 => ("delinquent", "Please add a payment method to your account."),
        403 => ("forbidden", "You do not have access to that."),
        404 => ("not_found", "Couldn't find that."),
        409 => ("conflict", "Another change is under way."),
        410 => ("gone", "That is gone."),
        422 => ("invalid_params", "The request's parameters were not valid."),
        429 => ("rate_limit", "Your account reached the API rate limit."),
        503 => (
            "unavailable",
            "Could not complete the action. Please try again later.",
        ),
        _ => (
            "internal_server_error",
            "The sandbox was told to answer this.",
        ),
    }
}
