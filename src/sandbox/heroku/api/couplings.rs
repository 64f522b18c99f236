//! Couplings: which app is in which stage of which pipeline.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{body, find_app, paged, pipelines};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok};
use crate::sandbox::heroku::entity::Coupling;
use crate::sandbox::heroku::wire;
use crate::sandbox::heroku::world::World;
use crate::sandbox::host::ids::now;

const STAGES: [&str; 5] = ["test", "review", "development", "staging", "production"];

/// `GET /apps/:app/pipeline-couplings`: one object, not a list, unless a fault says so.
pub(super) async fn of_app(State(platform): State<Shared>, Path(app): Path<String>) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let coupling = world
        .coupling_of(&app.id)
        .ok_or_else(|| Refusal::missing("pipeline coupling"))?;
    let coupling = wire::coupling(&world, coupling);
    let listed = !platform.host.strike(Occasion::Coupling, "").is_empty();
    Ok(ok(&if listed { json!([coupling]) } else { coupling }))
}

/// `GET /pipelines/:id/pipeline-couplings`
pub(super) async fn of_pipeline(
    State(platform): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    pipelines::by_id(&world, &id)?;
    let couplings = world
        .couplings
        .iter()
        .filter(|coupling| coupling.pipeline == id)
        .map(|coupling| wire::coupling(&world, coupling));
    paged(&platform, &headers, &["id"], couplings.collect())
}

/// `GET /pipeline-couplings`
pub(super) async fn list(State(platform): State<Shared>, headers: HeaderMap) -> Reply {
    let world = platform.world();
    let couplings = world
        .couplings
        .iter()
        .map(|coupling| wire::coupling(&world, coupling));
    paged(&platform, &headers, &["id"], couplings.collect())
}

/// `GET /pipeline-couplings/:id`
pub(super) async fn info(State(platform): State<Shared>, Path(id): Path<String>) -> Reply {
    let world = platform.world();
    let at = position(&world, &id)?;
    Ok(ok(&wire::coupling(&world, &world.couplings[at])))
}

/// `POST /pipeline-couplings`
pub(super) async fn create(State(platform): State<Shared>, bytes: Bytes) -> Reply {
    let wanted = body::object(&bytes)?;
    let app = body::required(&wanted, &["app"])?;
    let pipeline = body::uuid(&wanted, &["pipeline"])?;
    let stage = read_stage(&wanted)?;
    let mut world = platform.world();
    let app = find_app(&world, &app)?.id.clone();
    pipelines::by_id(&world, &pipeline)?;
    if world.coupling_of(&app).is_some() {
        return Err(Refusal::invalid("App is already part of a pipeline."));
    }
    let coupling = Coupling {
        id: world.ids.next(),
        app,
        pipeline,
        stage,
        created_at: now(),
        updated_at: now(),
    };
    let answer = wire::coupling(&world, &coupling);
    world.couplings.push(coupling);
    Ok(created(&answer))
}

/// `PATCH /pipeline-couplings/:id`
pub(super) async fn update(
    State(platform): State<Shared>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Reply {
    let stage = read_stage(&body::object(&bytes)?)?;
    let mut world = platform.world();
    let at = position(&world, &id)?;
    world.couplings[at].stage = stage;
    world.couplings[at].updated_at = now();
    Ok(ok(&wire::coupling(&world, &world.couplings[at])))
}

/// `DELETE /pipeline-couplings/:id`
pub(super) async fn destroy(State(platform): State<Shared>, Path(id): Path<String>) -> Reply {
    let mut world = platform.world();
    let at = position(&world, &id)?;
    let coupling = world.couplings.remove(at);
    Ok(ok(&wire::coupling(&world, &coupling)))
}

/// Where the coupling of this id is in the world's list.
fn position(world: &World, id: &str) -> Result<usize, Refusal> {
    body::check_uuid("pipeline_coupling", id)?;
    let mut couplings = world.couplings.iter();
    let at = couplings.position(|coupling| coupling.id == id);
    at.ok_or_else(|| Refusal::missing("pipeline coupling"))
}

fn read_stage(wanted: &Value) -> Result<String, Refusal> {
    let stage = body::required(wanted, &["stage"])?;
    if STAGES.contains(&stage.as_str()) {
        Ok(stage)
    } else {
        Err(Refusal::invalid(format!(
            "Stage `{stage}` is not included in the list."
        )))
    }
}
