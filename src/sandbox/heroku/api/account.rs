//! The account behind the token.

use axum::extract::State;
use axum::response::Response;
use serde_json::json;

use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::ok;
use crate::sandbox::heroku::wire;

/// `GET /account`
pub(super) async fn info() -> Response {
    ok(&wire::account())
}

/// `GET /account/rate-limits`
pub(super) async fn rate_limits(State(platform): State<Shared>) -> Response {
    let (left, _) = platform.take_calls(0.0);
    let whole: i64 = format!("{left:.0}").parse().unwrap_or_default();
    ok(&json!({"remaining": whole}))
}
