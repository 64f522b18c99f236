//! Stacks. There are four, and each is in another stage of its life.

use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::paged;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::wire;

/// `GET /stacks`
pub(super) async fn list(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    paged(&platform, &headers, &["id", "name"], wire::stacks())
}

/// `GET /stacks/:stack`
pub(super) async fn info(Path(stack): Path<String>) -> Reply {
    let stacks = wire::stacks();
    let mut stacks = stacks.iter();
    let found = stacks.find(|one| one["name"] == stack || one["id"] == stack);
    Ok(ok(found.ok_or_else(|| Refusal::missing("stack"))?))
}
