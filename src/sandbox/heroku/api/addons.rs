//! Add-ons, whatever app they are of.

use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::page_limit;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::{page, wire};

/// `GET /addons`
pub(super) async fn list(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    let limit = page_limit(&platform);
    let world = platform.world();
    let addons = world.apps.iter().flat_map(|app| {
        let own = app.addons.iter();
        own.map(move |addon| wire::addon(app, addon))
    });
    page::list(&headers, &["id", "name"], limit, addons.collect())
}

/// `GET /addons/:addon`, by id or name
pub(super) async fn info(State(platform): State<Shared>, Path(key): Path<String>) -> Reply {
    let world = platform.world();
    let mut addons = world
        .apps
        .iter()
        .flat_map(|app| app.addons.iter().map(move |addon| (app, addon)));
    let (app, addon) = addons
        .find(|(_, addon)| addon.id == key || addon.name == key)
        .ok_or_else(|| Refusal::missing("add-on"))?;
    Ok(ok(&wire::addon(app, addon)))
}
