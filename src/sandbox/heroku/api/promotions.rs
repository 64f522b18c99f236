//! Promotions: the release of one app to others in its pipeline.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::Value;

use super::{body, paged, pipelines};
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok};
use crate::sandbox::heroku::entity::{Promotion, ReleaseStatus, Slug, Status, Target};
use crate::sandbox::heroku::world::World;
use crate::sandbox::heroku::{promoting, wire};
use crate::sandbox::host::ids::now;

/// `POST /pipeline-promotions`
pub(super) async fn create(State(platform): State<Shared>, bytes: Bytes) -> Reply {
    let wanted = body::object(&bytes)?;
    let pipeline = body::uuid(&wanted, &["pipeline", "id"])?;
    let source_app = body::uuid(&wanted, &["source", "app", "id"])?;
    let apps = read_targets(&wanted)?;
    let mut world = platform.world();
    pipelines::by_id(&world, &pipeline)?;
    for app in apps.iter().chain([&source_app]) {
        coupled(&world, &pipeline, app)?;
    }
    if apps.contains(&source_app) {
        return Err(Refusal::invalid("An app cannot be promoted to itself."));
    }
    let generation = |app: &String| world.app(app).map(|app| app.generation);
    let of_source = generation(&source_app);
    if apps.iter().any(|app| generation(app) != of_source) {
        return Err(Refusal::invalid(
            "An app cannot be promoted to one of another generation.",
        ));
    }
    let source_release = source_release(&world, &source_app, &wanted)?;
    let targets: Vec<Target> = apps
        .into_iter()
        .map(|app| Target {
            id: world.ids.next(),
            app,
            release: None,
            status: Status::Pending,
            error_message: None,
        })
        .collect();
    let promotion = Promotion {
        id: world.ids.next(),
        pipeline,
        source_app,
        source_release,
        created_at: now(),
        updated_at: now(),
        targets,
    };
    let answer = wire::promotion(&promotion);
    let id = promotion.id.clone();
    world.promotions.push(promotion);
    drop(world);
    promoting::start(&platform, &id);
    Ok(created(&answer))
}

/// `GET /pipeline-promotions/:id`
pub(super) async fn info(State(platform): State<Shared>, Path(id): Path<String>) -> Reply {
    let world = platform.world();
    Ok(ok(&wire::promotion(find(&world, &id)?)))
}

/// `GET /pipeline-promotions/:id/promotion-targets`
pub(super) async fn targets(
    State(platform): State<Shared>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let promotion = find(&world, &id)?;
    let targets = promotion
        .targets
        .iter()
        .map(|target| wire::target(promotion, target));
    paged(&platform, &headers, &["id"], targets.collect())
}

fn find<'a>(world: &'a World, id: &str) -> Result<&'a Promotion, Refusal> {
    body::check_uuid("pipeline_promotion", id)?;
    world
        .promotions
        .iter()
        .find(|promotion| promotion.id == id)
        .ok_or_else(|| Refusal::missing("pipeline promotion"))
}

fn read_targets(wanted: &Value) -> Result<Vec<String>, Refusal> {
    let targets = wanted["targets"]
        .as_array()
        .filter(|targets| !targets.is_empty())
        .ok_or_else(|| Refusal::invalid("Require params: targets."))?;
    let apps = targets
        .iter()
        .map(|target| body::uuid(target, &["app", "id"]))
        .collect::<Result<Vec<String>, Refusal>>()?;
    let twice = apps
        .iter()
        .enumerate()
        .any(|(at, app)| apps[..at].contains(app));
    if twice {
        return Err(Refusal::invalid("An app is in targets twice."));
    }
    Ok(apps)
}

fn coupled(world: &World, pipeline: &str, app: &str) -> Result<(), Refusal> {
    world.app(app).ok_or_else(|| Refusal::missing("app"))?;
    match world.coupling_of(app) {
        Some(coupling) if coupling.pipeline == pipeline => Ok(()),
        _ => Err(Refusal::invalid(format!(
            "App {app} is not part of the pipeline."
        ))),
    }
}

/// The release that is promoted: the one that is asked for, or the one that runs.
fn source_release(world: &World, app: &str, wanted: &Value) -> Result<String, Refusal> {
    let path = ["source", "release", "id"];
    let release = if body::optional(wanted, &path)?.is_some() {
        let id = body::uuid(wanted, &path)?;
        let release = world.release(app, &id);
        release.ok_or_else(|| Refusal::missing("release"))?
    } else {
        let current = world.app(app).and_then(|app| app.current());
        current.ok_or_else(|| Refusal::invalid("The source app has no release."))?
    };
    let of_images = release.slug.as_deref().and_then(|id| world.slug(id));
    let problem = match release.status {
        ReleaseStatus::Expired => "has expired",
        ReleaseStatus::Failed => "failed",
        ReleaseStatus::Pending => "is still pending",
        ReleaseStatus::Succeeded if release.slug.is_none() => "has no slug",
        // What the real platform says is not documented.
        ReleaseStatus::Succeeded if of_images.is_some_and(Slug::is_images) => {
            "runs on the container stack"
        }
        ReleaseStatus::Succeeded => return Ok(release.id.clone()),
    };
    Err(Refusal::invalid(format!(
        "Release v{} of the source app cannot be promoted: it {problem}.",
        release.version
    )))
}
