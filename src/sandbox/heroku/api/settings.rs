//! What an app is set up with: config vars, buildpacks, add-ons.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{body, find_app, paged};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok};
use crate::sandbox::heroku::change;
use crate::sandbox::heroku::entity::Addon;
use crate::sandbox::heroku::wire;
use crate::sandbox::host::ids::{now, stable_id};
use crate::sandbox::spec::Generation;

/// What a fault adds to what an app has.
const ONE_MORE_VAR: &str = "SANDBOX_ONE_MORE";
const ONE_MORE_BUILDPACK: &str = "heroku/one-more";
const ONE_MORE_ADDON: &str = "one-more:sandbox";

/// `GET /apps/:app/config-vars`
pub(super) async fn config_vars(State(platform): State<Shared>, Path(app): Path<String>) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let mut vars = app.config_vars.clone();
    if platform.host.strikes(Occasion::ConfigVars, &app.name) {
        vars.insert(ONE_MORE_VAR.to_owned(), "sandbox".to_owned());
    }
    Ok(ok(&json!(vars)))
}

/// `PATCH /apps/:app/config-vars`: that makes a release of what runs.
pub(super) async fn set_config_vars(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let mut changes = Vec::new();
    for (name, value) in wanted.as_object().into_iter().flatten() {
        let fits = |c: char| c.is_alphanumeric() || c == '_';
        match value {
            Value::String(_) | Value::Null if !name.is_empty() && name.chars().all(fits) => {
                changes.push((name.clone(), value.as_str().map(str::to_owned)));
            }
            _ => {
                return Err(Refusal::invalid(format!(
                    "Config var `{name}` is not a name with a text or null."
                )));
            }
        }
    }
    let mut world = platform.world();
    let id = find_app(&world, &app)?.id.clone();
    change::set_config_vars(&platform, &mut world, &id, changes);
    Ok(ok(&json!(find_app(&world, &id)?.config_vars)))
}

/// `GET /apps/:app/buildpack-installations`
pub(super) async fn buildpacks(State(platform): State<Shared>, Path(app): Path<String>) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let mut json = wire::buildpacks(app);
    if let Some(list) = json.as_array_mut()
        && platform.host.strikes(Occasion::Buildpacks, &app.name)
    {
        let one = json!({"name": ONE_MORE_BUILDPACK, "url": ONE_MORE_BUILDPACK});
        list.push(json!({"buildpack": one, "ordinal": list.len()}));
    }
    Ok(ok(&json))
}

/// `PUT /apps/:app/buildpack-installations`: of a Cedar app.
pub(super) async fn set_buildpacks(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let updates = wanted["updates"].as_array();
    let updates = updates.ok_or_else(|| Refusal::invalid("Require params: updates."))?;
    let names: Result<Vec<String>, Refusal> = updates
        .iter()
        .map(|update| body::required(update, &["buildpack"]))
        .collect();
    let names = names?;
    let mut world = platform.world();
    let app = world.app_mut(&app).ok_or_else(|| Refusal::missing("app"))?;
    if app.generation == Generation::Fir {
        return Err(Refusal::invalid(
            "Buildpacks of Fir apps are set in project.toml.",
        ));
    }
    app.buildpacks = names;
    app.updated_at = now();
    Ok(ok(&wire::buildpacks(app)))
}

/// `GET /apps/:app/addons`
pub(super) async fn addons(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let struck = platform.host.strikes(Occasion::Addons, &app.name);
    let one_more = struck.then(|| Addon {
        id: stable_id(&format!("{} {ONE_MORE_ADDON}", app.id)),
        name: format!("{}-one-more", app.name),
        plan: ONE_MORE_ADDON.to_owned(),
        created_at: now(),
    });
    let all = app.addons.iter().chain(&one_more);
    let addons = all.map(|addon| wire::addon(app, addon));
    paged(&platform, &headers, &["id", "name"], addons.collect())
}

/// `POST /apps/:app/addons`: of any service. It sets no config vars, and makes no release.
pub(super) async fn add_addon(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let plan = body::required(&wanted, &["plan"])?;
    let name = body::optional(&wanted, &["name"])?;
    let mut world = platform.world();
    let id = world.ids.next();
    let app = world.app_mut(&app).ok_or_else(|| Refusal::missing("app"))?;
    app.addons.push(Addon {
        name: name.unwrap_or_else(|| format!("{}-{}", app.name, &id[id.len() - 5..])),
        id,
        plan,
        created_at: now(),
    });
    let made = app
        .addons
        .last()
        .ok_or_else(|| Refusal::missing("add-on"))?;
    Ok(created(&wire::addon(app, made)))
}
