//! The apps themselves, as far as anybody can see them from outside.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::sandbox::host::platform::Shared;

/// Every path of the web host; the first segment is the app.
pub(in crate::sandbox) fn router(platform: Shared) -> Router {
    Router::new().fallback(serve).with_state(platform)
}

async fn serve(State(platform): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let name = path.split('/').next().unwrap_or_default();
    let world = platform.akkeris();
    let Ok(app) = world.app(name) else {
        return (StatusCode::NOT_FOUND, "There is no such app.\n").into_response();
    };
    let Some(release) = world.current(&app.id) else {
        let text = format!("{name} has no release to run.\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let source = world
        .build(&release.build)
        .map_or("unknown", |build| &build.version);
    format!("{name} is running v{}\nsource {source}\n", release.version).into_response()
}
