//! The account behind the token.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json;

use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::wire;

/// `GET /account`
pub(super) async fn info() -> Response {
    ok(&wire::account())
}

/// `GET /users/:user`: the account behind the token, by its id or e-mail address, or as `~`.
pub(super) async fn user(Path(user): Path<String>) -> Reply {
    let account = wire::account();
    if user == "~" || account["id"] == user || account["email"] == user {
        Ok(ok(&account))
    } else {
        Err(Refusal::missing("user"))
    }
}

/// `GET /account/rate-limits`
pub(super) async fn rate_limits(State(platform): State<Shared>) -> Response {
    let (left, _) = platform.take_calls(0.0);
    let whole: i64 = format!("{left:.0}").parse().unwrap_or_default();
    ok(&json!({"remaining": whole}))
}
