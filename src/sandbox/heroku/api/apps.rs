//! Apps.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::Value;

use super::{body, find_app, paged};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::wire;
use crate::sandbox::host::ids::now;

/// The stack of an app that a fault leaves behind.
const OLD_STACK: &str = "heroku-20";

const ORDERS: [&str; 3] = ["id", "name", "updated_at"];

/// `GET /apps`
pub(super) async fn list(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    let world = platform.world();
    let apps = world
        .apps
        .iter()
        .map(|app| wire::app(&platform, &world, app));
    paged(&platform, &headers, &ORDERS, apps.collect())
}

/// `GET /users/:user/apps`: of the account behind the token, which is called `~`.
pub(super) async fn list_of_user(
    platform: State<Shared>,
    Path(user): Path<String>,
    headers: HeaderMap,
) -> Reply {
    if user == "~" {
        list(platform, headers).await
    } else {
        Err(Refusal::missing("user"))
    }
}

/// `GET /apps/:app`
pub(super) async fn info(State(platform): State<Shared>, Path(app): Path<String>) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let mut json = wire::app(&platform, &world, app);
    if platform.host.strikes(Occasion::App, &app.name) {
        for stack in ["stack", "build_stack"] {
            json[stack]["name"] = OLD_STACK.into();
        }
    }
    Ok(ok(&json))
}

/// `PATCH /apps/:app`: maintenance mode, and the stack for new builds.
pub(super) async fn update(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let change = body::object(&bytes)?;
    let mut world = platform.world();
    find_app(&world, &app)?;
    for (name, value) in change.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            ("maintenance", Value::Bool(on)) => {
                if let Some(app) = world.app_mut(&app) {
                    app.maintenance = *on;
                    app.updated_at = now();
                }
            }
            ("build_stack", Value::String(stack)) => {
                if let Some(app) = world.app_mut(&app) {
                    app.build_stack = Some(stack.clone());
                    app.updated_at = now();
                }
            }
            _ => {
                return Err(Refusal::invalid(format!(
                    "The sandbox cannot change `{name}` of an app to {value}."
                )));
            }
        }
    }
    let app = find_app(&world, &app)?;
    Ok(ok(&wire::app(&platform, &world, app)))
}

/// `POST /filters/apps`
pub(super) async fn filter(
    State(platform): State<Shared>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let ids = wanted["in"]["id"]
        .as_array()
        .ok_or_else(|| Refusal::invalid("Require params: in.id."))?;
    for id in ids {
        body::check_uuid("in.id", id.as_str().unwrap_or_default())?;
    }
    let world = platform.world();
    let apps = world
        .apps
        .iter()
        .filter(|app| ids.iter().any(|id| *id == app.id))
        .map(|app| wire::team_app(&platform, &world, app));
    paged(&platform, &headers, &ORDERS, apps.collect())
}
