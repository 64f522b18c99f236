//! Pipelines.

use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::{body, paged};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok, with_status};
use crate::sandbox::heroku::entity::{App, Pipeline};
use crate::sandbox::heroku::wire;
use crate::sandbox::heroku::world::World;
use crate::sandbox::host::ids::{is_uuid, now};
use crate::sandbox::spec::Generation;

/// `GET /pipelines`, also with `?eq[name]=`
pub(super) async fn list(
    State(platform): State<Shared>,
    Query(query): Query<Vec<(String, String)>>,
    headers: HeaderMap,
) -> Reply {
    let eq = |field: &str| {
        let key = format!("eq[{field}]");
        query
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    };
    let (name, id) = (eq("name"), eq("id"));
    let mut pipelines: Vec<Value> = platform
        .world()
        .pipelines
        .iter()
        .filter(|pipeline| name.is_none_or(|name| *name == pipeline.name))
        .filter(|pipeline| id.is_none_or(|id| *id == pipeline.id))
        .map(wire::pipeline)
        .collect();
    if name.is_some() {
        pipelines.extend(twin(&platform, &pipelines));
    }
    paged(&platform, &headers, &["id", "name"], pipelines)
}

/// `GET /pipelines/:pipeline`: by its id, or by its name, which several pipelines may have: then 300 with all of them.
pub(super) async fn info(State(platform): State<Shared>, Path(key): Path<String>) -> Reply {
    let world = platform.world();
    let mut found: Vec<Value> = world
        .pipelines
        .iter()
        .filter(|pipeline| pipeline.id == key || pipeline.name == key)
        .map(wire::pipeline)
        .collect();
    drop(world);
    if !is_uuid(&key) {
        found.extend(twin(&platform, &found));
    }
    match found.as_slice() {
        [] => Err(Refusal::missing("pipeline")),
        [only] => Ok(ok(only)),
        _ => Ok(with_status(
            StatusCode::MULTIPLE_CHOICES,
            &Value::Array(found),
        )),
    }
}

/// `POST /pipelines`
pub(super) async fn create(State(platform): State<Shared>, bytes: Bytes) -> Reply {
    let wanted = body::object(&bytes)?;
    let name = read_name(&wanted)?;
    let mut world = platform.world();
    let pipeline = Pipeline {
        id: world.ids.next(),
        name,
        // The schema has no such thing here, but the platform's own client sends it.
        generation: if wanted["generation"]["name"] == "fir" {
            Generation::Fir
        } else {
            Generation::Cedar
        },
        created_at: now(),
        updated_at: now(),
    };
    let answer = wire::pipeline(&pipeline);
    world.pipelines.push(pipeline);
    Ok(created(&answer))
}

/// `PATCH /pipelines/:id`
pub(super) async fn update(
    State(platform): State<Shared>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Reply {
    body::check_uuid("pipeline", &id)?;
    let wanted = body::object(&bytes)?;
    let mut world = platform.world();
    let pipeline = world
        .pipelines
        .iter_mut()
        .find(|pipeline| pipeline.id == id)
        .ok_or_else(|| Refusal::missing("pipeline"))?;
    if !wanted["name"].is_null() {
        pipeline.name = read_name(&wanted)?;
        pipeline.updated_at = now();
    }
    Ok(ok(&wire::pipeline(pipeline)))
}

/// `DELETE /pipelines/:id`, with its couplings
pub(super) async fn destroy(State(platform): State<Shared>, Path(id): Path<String>) -> Reply {
    let mut world = platform.world();
    let answer = wire::pipeline(by_id(&world, &id)?);
    world.pipelines.retain(|pipeline| pipeline.id != id);
    world.couplings.retain(|coupling| coupling.pipeline != id);
    Ok(ok(&answer))
}

/// `GET /pipelines/:id/latest-releases`
pub(super) async fn latest_releases(
    State(platform): State<Shared>,
    Path(id): Path<String>,
) -> Reply {
    let world = platform.world();
    let apps = apps_of(&world, &id)?;
    let releases = apps.iter().filter_map(|app| {
        let release = app.releases.last()?;
        Some(wire::release(&platform, app, release))
    });
    Ok(ok(&releases.collect()))
}

/// `GET /pipelines/:id/latest-deployments`: the newest release with something in it that succeeded.
pub(super) async fn latest_deployments(
    State(platform): State<Shared>,
    Path(id): Path<String>,
) -> Reply {
    let world = platform.world();
    let apps = apps_of(&world, &id)?;
    let releases = apps.iter().filter_map(|app| {
        let release = app.releases.iter().rfind(|release| release.is_eligible())?;
        Some(wire::release(&platform, app, release))
    });
    Ok(ok(&releases.collect()))
}

/// `GET /pipelines/:id/latest-builds`
pub(super) async fn latest_builds(State(platform): State<Shared>, Path(id): Path<String>) -> Reply {
    let world = platform.world();
    let apps = apps_of(&world, &id)?;
    let builds = apps.iter().filter_map(|app| {
        let build = app.builds.last()?;
        Some(wire::build(&platform, app, build))
    });
    Ok(ok(&builds.collect()))
}

/// A pipeline by its id alone: 422 for a name.
pub(super) fn by_id<'a>(world: &'a World, id: &str) -> Result<&'a Pipeline, Refusal> {
    body::check_uuid("pipeline", id)?;
    world
        .pipeline(id)
        .ok_or_else(|| Refusal::missing("pipeline"))
}

fn apps_of<'a>(world: &'a World, pipeline: &str) -> Result<Vec<&'a App>, Refusal> {
    by_id(world, pipeline)?;
    let couplings = world.couplings.iter();
    Ok(couplings
        .filter(|coupling| coupling.pipeline == pipeline)
        .filter_map(|coupling| world.app(&coupling.app))
        .collect())
}

fn read_name(wanted: &Value) -> Result<String, Refusal> {
    let name = body::required(wanted, &["name"])?;
    if body::is_pipeline_name(&name) {
        Ok(name)
    } else {
        Err(Refusal::invalid(
            "Name must start with a letter, end with a letter or digit, contain only lowercase letters, \
             numbers, and dashes, and be 3 to 30 characters long.",
        ))
    }
}

/// Another pipeline of the same name, if a fault says that there is one.
fn twin(platform: &Shared, found: &[Value]) -> Option<Value> {
    let mut twin = found.first()?.clone();
    if platform.host.strike(Occasion::Pipeline, "").is_empty() {
        return None;
    }
    twin["id"] = Value::from("0a000000-5a4d-4b0c-8000-0000000000b1");
    Some(twin)
}
