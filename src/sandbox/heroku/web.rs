//! The apps themselves, as far as anybody can see them from outside.

use std::fmt::Write as _;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::entity::{App, Release};
use crate::sandbox::host::platform::Shared;

/// The release whose code answers: the current one, or with preboot for a while the one before it.
fn answering(app: &App, preboot: Duration) -> Option<&Release> {
    let before = app
        .before
        .as_ref()
        .filter(|(_, since)| since.elapsed() < preboot)
        .and_then(|(id, _)| app.releases.iter().find(|release| release.id == *id));
    before.or_else(|| app.current())
}

/// Every path of the web host; the first segment is the app.
pub(in crate::sandbox) fn router(platform: Shared) -> Router {
    Router::new().fallback(serve).with_state(platform)
}

async fn serve(State(platform): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let name = path.split('/').next().unwrap_or_default();
    let world = platform.world();
    let Some(app) = world.apps.iter().find(|app| app.name == name) else {
        return (StatusCode::NOT_FOUND, "There is no such app.\n").into_response();
    };
    if app.maintenance {
        let text = format!("{name} is in maintenance mode.\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    }
    let running = answering(app, platform.pace.preboot)
        .and_then(|release| Some((release, world.slug(release.slug.as_deref()?)?)));
    let Some((release, slug)) = running else {
        let text = format!("{name} has no release to run.\n");
        return (StatusCode::SERVICE_UNAVAILABLE, text).into_response();
    };
    let mut text = format!("{name} is running v{}\n", release.version);
    let source = slug.commit.as_deref().unwrap_or("unknown");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "source {source}");
    text.into_response()
}
