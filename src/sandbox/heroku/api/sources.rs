//! Places to upload a source to.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::find_app;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, created};

/// How long both URLs of a source are valid.
const SECONDS: i64 = 3600;

/// `POST /sources`
pub(super) async fn create(State(platform): State<Shared>) -> Response {
    let path = format!("/sources/{}.tgz", platform.world().ids.next());
    created(&json!({
        "source_blob": {
            "get_url": platform.host.upload_url("GET", &path, SECONDS),
            "put_url": platform.host.upload_url("PUT", &path, SECONDS),
        },
    }))
}

/// `POST /apps/:app/sources`, which was switched off in 2017: 410.
pub(super) async fn deprecated(
    State(platform): State<Shared>,
    Path(app): Path<String>,
) -> Result<Response, Refusal> {
    find_app(&platform.world(), &app)?;
    Err(Refusal::new(
        StatusCode::GONE,
        "gone",
        "POST /apps/:app/sources is deprecated in favor of POST /sources.",
    ))
}
