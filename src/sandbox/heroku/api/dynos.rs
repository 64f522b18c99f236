//! Formation and dynos.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::Value;

use super::{body, find_app, images, paged};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::entity::App;
use crate::sandbox::heroku::world::World;
use crate::sandbox::heroku::{Shared, formation};

/// `GET /apps/:app/formation`
pub(super) async fn formation(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let all = formation::formation(&world, find_app(&world, &app)?);
    paged(&platform, &headers, &["type", "id"], all)
}

/// `GET /apps/:app/formation/:type`
pub(super) async fn process_type(
    State(platform): State<Shared>,
    Path((app, kind)): Path<(String, String)>,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    Ok(ok(&one(&world, app, &kind)?))
}

/// `PATCH /apps/:app/formation/:type`
pub(super) async fn scale(
    State(platform): State<Shared>,
    Path((app, kind)): Path<(String, String)>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let mut world = platform.world();
    let known = one(&world, find_app(&world, &app)?, &kind)?;
    change(&mut world, &app, &known, &wanted)?;
    let app = find_app(&world, &app)?;
    Ok(ok(&one(&world, app, &kind)?))
}

/// `PATCH /apps/:app/formation`: scales, or in its variant for that releases images.
pub(super) async fn scale_all(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let updates = wanted["updates"]
        .as_array()
        .ok_or_else(|| Refusal::invalid("Require params: updates."))?;
    if images::are_meant(&headers, updates)? {
        return images::release(&platform, &app, updates);
    }
    let mut world = platform.world();
    let mut changed = Vec::new();
    for update in updates {
        let kind = body::required(update, &["type"])?;
        let known = one(&world, find_app(&world, &app)?, &kind)?;
        change(&mut world, &app, &known, update)?;
        changed.push(one(&world, find_app(&world, &app)?, &kind)?);
    }
    Ok(ok(&Value::Array(changed)))
}

/// Takes in the quantity, if one is given.
fn change(world: &mut World, app: &str, known: &Value, wanted: &Value) -> Result<(), Refusal> {
    let quantity = &wanted["quantity"];
    let (Some(app), Some(kind)) = (world.app_mut(app), known["type"].as_str()) else {
        return Err(Refusal::missing("app"));
    };
    if !quantity.is_null() {
        let quantity = quantity
            .as_u64()
            .ok_or_else(|| Refusal::invalid("Invalid quantity."))?;
        app.quantities.insert(kind.to_owned(), quantity);
    }
    Ok(())
}

/// A process type of an app, by its name or id, or 404.
fn one(world: &World, app: &App, key: &str) -> Result<Value, Refusal> {
    formation::formation(world, app)
        .into_iter()
        .find(|one| [&one["type"], &one["id"]].contains(&&Value::from(key)))
        .ok_or_else(|| Refusal::missing("process type"))
}

/// `GET /apps/:app/dynos`
pub(super) async fn list(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let effects = platform.host.strike(Occasion::Dynos, &app.name);
    let dynos = formation::dynos(&world, app, &effects);
    paged(&platform, &headers, &["name", "id"], dynos)
}
