//! The apps themselves, as visitors see them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::platform::Platform;

/// What an app shows.
#[derive(Debug)]
pub(in crate::sandbox) enum Page {
    NoApp,
    Maintenance,
    NoRelease,
    /// The release that answers, and the source version that it was made of.
    Running {
        version: u64,
        source: String,
    },
}

/// Every path of the web host; the first segment is the app.
pub(in crate::sandbox) fn router(platform: Arc<dyn Platform>) -> Router {
    Router::new().fallback(serve).with_state(platform)
}

async fn serve(State(platform): State<Arc<dyn Platform>>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let name = path.split('/').next().unwrap_or_default();
    let (status, text) = match platform.page(name) {
        Page::NoApp => (StatusCode::NOT_FOUND, "There is no such app.\n".to_owned()),
        Page::Maintenance => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{name} is in maintenance mode.\n"),
        ),
        Page::NoRelease => (
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{name} has no release to run.\n"),
        ),
        Page::Running { version, source } => (
            StatusCode::OK,
            format!("{name} is running v{version}\nsource {source}\n"),
        ),
    };
    (status, text).into_response()
}
