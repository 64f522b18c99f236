//! Add-ons, and what attaches them to apps.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::Value;

use super::{body, find_app, paged};
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::entity::{Addon, App};
use crate::sandbox::heroku::wire;
use crate::sandbox::heroku::world::World;

const ORDERS: [&str; 2] = ["id", "name"];

/// `GET /addons`
pub(super) async fn list(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    let world = platform.world();
    let addons = all(&world).map(|(app, addon)| wire::addon(app, addon));
    paged(&platform, &headers, &ORDERS, addons.collect())
}

/// `GET /addons/:addon`, by id or name
pub(super) async fn info(State(platform): State<Shared>, Path(key): Path<String>) -> Reply {
    let world = platform.world();
    let (app, addon) = find(&world, &key)?;
    Ok(ok(&wire::addon(app, addon)))
}

/// `GET /apps/:app/addons/:addon`, by id or name
pub(super) async fn info_of_app(
    State(platform): State<Shared>,
    Path((app, key)): Path<(String, String)>,
) -> Reply {
    let world = platform.world();
    let (app, addon) = find_of(&world, &app, &key)?;
    Ok(ok(&wire::addon(app, addon)))
}

/// `DELETE /apps/:app/addons/:addon`. It makes no release, as adding one makes none.
pub(super) async fn remove(
    State(platform): State<Shared>,
    Path((app, key)): Path<(String, String)>,
) -> Reply {
    let mut world = platform.world();
    let (owner, addon) = find_of(&world, &app, &key)?;
    let mut answer = wire::addon(owner, addon);
    answer["state"] = Value::from("deprovisioned");
    let id = addon.id.clone();
    if let Some(app) = world.app_mut(&app) {
        app.addons.retain(|addon| addon.id != id);
    }
    Ok(ok(&answer))
}

/// `POST /actions/addons/resolve`: a list of the add-ons that a name may mean, exactly that one or all of a service.
pub(super) async fn resolve(State(platform): State<Shared>, bytes: Bytes) -> Reply {
    let wanted = body::object(&bytes)?;
    let name = body::required(&wanted, &["addon"])?;
    let app = body::optional(&wanted, &["app"])?;
    let service = body::optional(&wanted, &["addon_service"])?;
    let world = platform.world();
    if let Some(app) = &app {
        find_app(&world, app)?;
    }
    let candidates = || {
        all(&world)
            .filter(|(owner, _)| {
                let theirs = |app: &String| [&owner.name, &owner.id].contains(&app);
                app.as_ref().is_none_or(theirs)
            })
            .filter(|(_, addon)| {
                let theirs = |service: &String| is_of_service(addon, service);
                service.as_ref().is_none_or(theirs)
            })
    };
    let show = |(app, addon)| wire::addon(app, addon);
    let exact = candidates().filter(|(_, addon)| is(addon, &name));
    let mut found: Vec<Value> = exact.map(show).collect();
    if found.is_empty() {
        // Only within an app: the add-ons of a service are many.
        let of_service =
            candidates().filter(|(_, addon)| app.is_some() && is_of_service(addon, &name));
        found = of_service.map(show).collect();
    }
    if found.is_empty() {
        return Err(Refusal::missing_resource("add-on", "add_on"));
    }
    Ok(ok(&Value::Array(found)))
}

/// `GET /addon-attachments`
pub(super) async fn attachments(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    let world = platform.world();
    let attachments = all(&world).map(|(app, addon)| wire::attachment(app, addon));
    paged(&platform, &headers, &ORDERS, attachments.collect())
}

/// `GET /apps/:app/addon-attachments`
pub(super) async fn attachments_of_app(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let attachments = app.addons.iter().map(|addon| wire::attachment(app, addon));
    paged(&platform, &headers, &ORDERS, attachments.collect())
}

/// `GET /addons/:addon/addon-attachments`: the one of its app.
pub(super) async fn attachments_of_addon(
    State(platform): State<Shared>,
    Path(key): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let (app, addon) = find(&world, &key)?;
    let attachments = vec![wire::attachment(app, addon)];
    paged(&platform, &headers, &ORDERS, attachments)
}

/// Every add-on with the app that it is of.
fn all(world: &World) -> impl Iterator<Item = (&App, &Addon)> {
    let apps = world.apps.iter();
    apps.flat_map(|app| app.addons.iter().map(move |addon| (app, addon)))
}

fn find<'a>(world: &'a World, key: &str) -> Result<(&'a App, &'a Addon), Refusal> {
    all(world)
        .find(|(_, addon)| is(addon, key))
        .ok_or_else(|| Refusal::missing_resource("add-on", "add_on"))
}

fn find_of<'a>(world: &'a World, app: &str, key: &str) -> Result<(&'a App, &'a Addon), Refusal> {
    let app = find_app(world, app)?;
    let addon = app.addons.iter().find(|addon| is(addon, key));
    let missing = || Refusal::missing_resource("add-on", "add_on");
    Ok((app, addon.ok_or_else(missing)?))
}

fn is(addon: &Addon, key: &str) -> bool {
    addon.id == key || addon.name == key
}

fn is_of_service(addon: &Addon, service: &str) -> bool {
    addon.plan.split(':').next() == Some(service)
}
