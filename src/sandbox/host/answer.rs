//! Answers that do not come from a platform.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

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
