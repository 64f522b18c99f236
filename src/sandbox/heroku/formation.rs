//! What an app should run by its formation, and the dynos that it has. They are up at once, unless a fault says otherwise.

use serde_json::{Value, json};

use super::entity::{App, Release};
use super::world::World;
use crate::sandbox::fault::Effect;
use crate::sandbox::host::ids::stable_id;

const SIZE_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a8";
const SIZE: &str = "Standard-1X";

/// The process types of what an app runs, with their commands and quantities: one `web`, and none of the others, unless
/// somebody scaled them.
fn scaled(world: &World, app: &App) -> Vec<(String, String, u64)> {
    let slug = app
        .current()
        .and_then(|release| world.slug(release.slug.as_deref()?));
    let types = slug.map(|slug| slug.process_types.iter());
    types
        .into_iter()
        .flatten()
        .map(|(kind, command)| {
            let default = u64::from(kind == "web");
            let quantity = app.quantities.get(kind).copied().unwrap_or(default);
            (kind.clone(), command.clone(), quantity)
        })
        .collect()
}

/// The formation of an app.
pub(super) fn formation(world: &World, app: &App) -> Vec<Value> {
    let all = scaled(world, app).into_iter();
    all.map(|(kind, command, quantity)| {
        json!({
            "app": {"id": app.id, "name": app.name},
            "command": command,
            "created_at": app.created_at,
            "dyno_size": {"id": SIZE_ID, "name": SIZE},
            "id": stable_id(&format!("{} {kind}", app.id)),
            "quantity": quantity,
            "size": SIZE,
            "type": kind,
            "updated_at": app.updated_at,
        })
    })
    .collect()
}

/// The dynos of an app.
pub(super) fn dynos(world: &World, app: &App, effects: &[Effect]) -> Vec<Value> {
    let Some(current) = app.current() else {
        return Vec::new();
    };
    let before = app.releases.iter().rev().find(|release| {
        release.version < current.version && release.slug.is_some() && release.is_eligible()
    });
    let has = |effect: &Effect| effects.contains(effect);
    let release = before.filter(|_| has(&Effect::DynosOld)).unwrap_or(current);
    let state = if has(&Effect::DynosLate) {
        "starting"
    } else {
        "up"
    };
    let mut all = Vec::new();
    for (kind, command, quantity) in scaled(world, app) {
        for number in 1..=quantity {
            let first = all.is_empty();
            let state = if first && has(&Effect::DynosCrash) {
                "crashed"
            } else {
                state
            };
            all.push(dyno(app, release, (&kind, number), &command, state));
        }
    }
    if has(&Effect::DynosOneOff) {
        for kind in ["release", "run", "scheduler"] {
            all.push(dyno(app, current, (kind, 4711), "rake", "crashed"));
        }
        if let Some(before) = before {
            // On its way out.
            all.push(dyno(app, before, ("web", 99), "sandbox", "up"));
        }
    }
    all
}

fn dyno(
    app: &App,
    release: &Release,
    (kind, number): (&str, u64),
    command: &str,
    state: &str,
) -> Value {
    let name = format!("{kind}.{number}");
    json!({
        "app": {"id": app.id, "name": app.name},
        "attach_url": null,
        "command": command,
        "created_at": release.updated_at,
        "id": stable_id(&format!("{} {name}", release.id)),
        "name": name,
        "release": {"id": release.id, "version": release.version},
        "size": SIZE,
        "state": state,
        "type": kind,
        "updated_at": release.updated_at,
    })
}
