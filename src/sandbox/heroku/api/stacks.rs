//! Stacks. There are four, and each is in another stage of its life.

use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::page_limit;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::{page, wire};

/// `GET /stacks`
pub(super) async fn list(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    let limit = page_limit(&platform);
    page::list(&headers, &["id", "name"], limit, wire::stacks())
}

/// `GET /stacks/:stack`
pub(super) async fn info(Path(stack): Path<String>) -> Reply {
    let stacks = wire::stacks();
    let mut stacks = stacks.iter();
    let found = stacks.find(|one| one["name"] == stack || one["id"] == stack);
    Ok(ok(found.ok_or_else(|| Refusal::missing("stack"))?))
}
