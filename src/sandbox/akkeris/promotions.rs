//! Promotions: carried out target by target within the request.

use serde_json::Value;

use super::answer::{Refusal, Reply, created, ok};
use super::front::Call;
use super::rollout;
use super::wire;
use super::world::{Promotion, Release, Row, STAGES, World, now};
use crate::sandbox::akkeris::{Akkeris, Shared};

pub(super) fn list(platform: &Akkeris) -> Reply {
    let world = platform.world();
    let rows = newest_first(&world).filter_map(|row| {
        let promotion = world.promotions.iter().find(|one| one.id == row.promotion);
        promotion.map(wire::promotion)
    });
    ok(rows.collect())
}

pub(super) fn info(platform: &Akkeris, id: &str) -> Reply {
    let world = platform.world();
    let listed = newest_first(&world).any(|row| row.promotion == id);
    let promotion = world.promotions.iter().find(|one| one.id == id);
    match promotion.filter(|_| listed) {
        Some(promotion) => ok(wire::promotion(promotion)),
        None => Err(Refusal::missing(
            "The specified pipeline promotion was not found.",
        )),
    }
}

/// The targets of all promotions there ever were, whichever was asked for.
pub(super) fn targets(platform: &Akkeris) -> Reply {
    let world = platform.world();
    ok(newest_first(&world).map(wire::target).collect())
}

fn newest_first(world: &World) -> impl Iterator<Item = &Row> {
    world.rows.iter().rev()
}

pub(super) fn create(platform: &Shared, call: &Call) -> Reply {
    let body = call.body()?;
    let mut world = platform.world();
    let order = read(&world, body)?;
    unmet_checks(&world, &order)?;
    if body.get("safe").and_then(Value::as_bool) == Some(true) {
        differences(&world, &order)?;
    }
    let promotion = Promotion {
        id: world.ids.next(),
        pipeline: order.pipeline.clone(),
        app: order.source.clone(),
        release: order.release.id.clone(),
        created_at: now(),
    };
    world.promotions.push(promotion.clone());
    let from = world.app(&order.source)?.name();
    for (index, target) in order.targets.iter().enumerate() {
        let name = world.app(target)?.name();
        let release = world.add_release(
            target,
            &order.release.build,
            format!("Promotion from {from}"),
        );
        let row = Row {
            id: world.ids.next(),
            promotion: promotion.id.clone(),
            app: target.clone(),
            release: release.clone(),
        };
        rollout::start(platform, &mut world, &release, &name, index + 1)
            .map_err(|_| Refusal::internal())?;
        world.rows.push(row);
    }
    created(wire::new_promotion(&world, &promotion))
}

/// A promotion whose request is valid.
struct Order {
    pipeline: String,
    source: String,
    release: Release,
    targets: Vec<String>,
}

fn id<'b>(value: &'b Value, path: &[&str]) -> Option<&'b str> {
    path.iter()
        .try_fold(value, |value, key| value.get(key))?
        .as_str()
}

fn read(world: &World, body: &Value) -> Result<Order, Refusal> {
    let pipeline = id(body, &["pipeline", "id"]).unwrap_or_default();
    let key = id(body, &["source", "app", "id"]).unwrap_or_default();
    let source = world.app(key)?.id.clone();
    let coupling = world
        .coupling_of(&source)
        .filter(|coupling| coupling.pipeline == pipeline)
        .ok_or_else(|| Refusal::type_error("stage"))?;
    let next = STAGES
        .iter()
        .find(|(stage, _)| *stage == coupling.stage)
        .and_then(|(_, next)| *next)
        .ok_or_else(|| {
            Refusal::invalid("The specified app cannot be promoted as it has no next stage.")
        })?;
    // The place where Heroku's API takes the release is ignored.
    let release = match id(body, &["source", "app", "release", "id"]) {
        Some(id) => world.release(id)?.clone(),
        None => world
            .releases
            .iter()
            .filter(|release| release.app == source)
            .max_by_key(|release| release.version)
            .cloned()
            .ok_or_else(|| {
                Refusal::missing(format!(
                    "There were no releases found for the app {source}."
                ))
            })?,
    };
    if release.app != key {
        return Err(Refusal::invalid(format!(
            "The specified release was not part of the source app. [{}!={key}]",
            release.app
        )));
    }
    let empty = Vec::new();
    let listed = body
        .get("targets")
        .and_then(Value::as_array)
        .unwrap_or(&empty);
    let targets: Vec<String> = listed
        .iter()
        .filter_map(|target| id(target, &["app", "id"]).map(str::to_owned))
        .collect();
    let fits = |target: &String| {
        let coupling = world.coupling_of(target);
        coupling.is_some_and(|coupling| coupling.pipeline == pipeline && coupling.stage == next)
    };
    if !targets.iter().all(fits) {
        return Err(Refusal::invalid(
            "Some of the specified targets are either not in the pipeline or cannot be promoted from the specified \
             source app.",
        ));
    }
    Ok(Order {
        pipeline: pipeline.to_owned(),
        source,
        release,
        targets,
    })
}

fn unmet_checks(world: &World, order: &Order) -> Result<(), Refusal> {
    let mut lines = Vec::new();
    for target in &order.targets {
        let Some(coupling) = world.coupling_of(target) else {
            continue;
        };
        let name = world.app(target)?.name();
        let unmet = coupling.contexts.iter().filter(|context| {
            let mut checks = order.release.checks.iter();
            !checks.any(|check| check.context == **context && check.state == "success")
        });
        lines.extend(unmet.map(|context| {
            format!(
                "The app {name} at stage {} requires the status \"{context}\" to pass in order to promote.",
                coupling.stage
            )
        }));
    }
    if lines.is_empty() {
        return Ok(());
    }
    Err(Refusal::conflict(format!(
        "This promotion was stopped as it was deemed unsafe:\n{}",
        lines.join("\n")
    )))
}

/// The names of config vars must be the same on both sides.
fn differences(world: &World, order: &Order) -> Result<(), Refusal> {
    let source = world.app(&order.source)?;
    let mut reasons = Vec::new();
    for target in &order.targets {
        let target = world.app(target)?;
        let name = target.name();
        let missing = |from: &super::world::App, to: &super::world::App| {
            let names = from.config_vars.keys();
            let names = names.filter(|name| !to.config_vars.contains_key(*name));
            names.cloned().collect::<Vec<_>>().join(", ")
        };
        let (here, there) = (missing(source, target), missing(target, source));
        if !here.is_empty() {
            reasons.push(format!(
                "  The source app contains config var(s) ({here}) that are not present in the destination app ({name})."
            ));
        }
        if !there.is_empty() {
            reasons.push(format!(
                "  The destination app ({name}) contains config var(s) ({there}) that are not present in the source app."
            ));
        }
    }
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Refusal::invalid(format!(
        "Safe promotion was specified and this promotion has been deemed unsafe. Reasons:\n{}",
        reasons.join("\n")
    )))
}
