//! Status checks on releases.

use serde_json::{Value, json};

use super::answer::{Refusal, Reply, created, ok};
use super::apps::text;
use super::front::Call;
use super::wire;
use super::world::{Check, World, now};
use crate::sandbox::akkeris::Akkeris;

const STATES: [&str; 4] = ["error", "failure", "pending", "success"];

pub(super) fn list(platform: &Akkeris, app: &str, release: &str) -> Reply {
    let world = platform.world();
    let release = world.release_of(app, release)?;
    let checks: Vec<Value> = release.checks.iter().map(wire::check).collect();
    ok(json!({
        "state": release.state(), "release": wire::release(&world, release), "statuses": checks,
    }))
}

pub(super) fn info(platform: &Akkeris, app: &str, release: &str, key: &str) -> Reply {
    let world = platform.world();
    let release = world.release_of(app, release)?;
    let check = release
        .checks
        .iter()
        .find(|check| check.id == key || check.context == key)
        .ok_or_else(missing)?;
    ok(wire::check(check))
}

pub(super) fn create(platform: &Akkeris, app: &str, release: &str, call: &Call) -> Reply {
    let body = call.body()?;
    let mut world = platform.world();
    let release = world.release_of(app, release)?.id.clone();
    let context = text(body, "context").unwrap_or_default();
    check_context(context)?;
    let name = text(body, "name").ok_or_else(|| Refusal::type_error("length"))?;
    check_name(name)?;
    let state = state(body)?;
    let known = world.release(&release)?.checks.iter();
    if known.into_iter().any(|check| check.context == context) {
        return Err(Refusal::invalid(
            "This status already exists for this release, use update not create.",
        ));
    }
    let check = Check {
        id: world.ids.next(),
        context: context.to_owned(),
        name: name.to_owned(),
        state: state.to_owned(),
        description: text(body, "description").unwrap_or_default().to_owned(),
        created_at: now(),
        updated_at: now(),
    };
    let mut json = wire::check(&check);
    // The release in the answer is still as it was.
    json["release"] = wire::release(&world, world.release(&release)?);
    world.release_mut(&release)?.checks.push(check);
    created(json)
}

pub(super) fn update(platform: &Akkeris, app: &str, release: &str, id: &str, call: &Call) -> Reply {
    let body = call.body()?;
    let mut world = platform.world();
    let release = world.release_of(app, release)?.id.clone();
    if body.get("context").is_some() {
        return Err(Refusal::invalid(
            "Invalid parameter: the context of the status may not be renamed or changed.",
        ));
    }
    if let Some(name) = text(body, "name") {
        check_name(name)?;
    }
    let state = state(body)?;
    // The release in the answer is still as it was.
    let earlier = wire::release(&world, world.release(&release)?);
    let checks = world.release_mut(&release)?.checks.iter_mut();
    let check = checks
        .into_iter()
        .find(|check| check.id == id || check.context == id)
        .ok_or_else(|| Refusal::invalid("This status does not exist, use create not update."))?;
    state.clone_into(&mut check.state);
    check.updated_at = now();
    for (field, name) in [
        (&mut check.name, "name"),
        (&mut check.description, "description"),
    ] {
        if let Some(text) = text(body, name) {
            text.clone_into(field);
        }
    }
    let mut json = wire::check(check);
    json["release"] = earlier;
    ok(json)
}

fn state(body: &Value) -> Result<&str, Refusal> {
    text(body, "state")
        .filter(|state| STATES.contains(state))
        .ok_or_else(|| {
            Refusal::invalid(
                "Invalid state: The state must be \"error\", \"failure\", \"pending\" or \"success\".",
            )
        })
}

fn check_context(context: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || r"./\+-".contains(c);
    Err(Refusal::invalid(match context.len() {
        _ if context.is_empty() || !context.chars().all(fits) => {
            "Invalid context name: The context name must be alpha numeric and can contain the characters /\\+-."
        }
        0..=5 => "Invalid context length: The context length must be more than 5 characters",
        6..=31 => return Ok(()),
        _ => "Invalid context length: The context length cannot be more than 32 characters.",
    }))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    Err(Refusal::invalid(match name.len() {
        0..=3 => "Invalid name: The status name must be more than 3 characters.",
        4..=255 => return Ok(()),
        _ => "Invalid name: The status name cannot be longer than 256 characters.",
    }))
}

fn missing() -> Refusal {
    Refusal::missing("The specified release status was not found.")
}

/// Reports the contexts green that somebody reports on every release.
pub(super) fn report_all(world: &mut World, release: &str) {
    for context in world.reported.clone() {
        let id = world.ids.next();
        let Ok(release) = world.release_mut(release) else {
            return;
        };
        if release.checks.iter().all(|check| check.context != context) {
            release.checks.push(Check {
                id,
                name: context.clone(),
                context,
                state: "success".to_owned(),
                description: "Reported by the sandbox".to_owned(),
                created_at: now(),
                updated_at: now(),
            });
        }
    }
}
