//! Pipelines.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Refusal, Reply, created, ok};
use super::apps::text;
use super::front::Call;
use super::wire;
use super::world::{Pipeline, now};
use crate::sandbox::akkeris::Akkeris;

pub(super) fn list(platform: &Akkeris) -> Reply {
    let world = platform.world();
    ok(world.pipelines.iter().map(wire::pipeline).collect())
}

pub(super) fn create(platform: &Akkeris, call: &Call) -> Reply {
    let body = call.body()?;
    let name = text(body, "name").unwrap_or_default();
    if !is_name(name) {
        return Err(Refusal::invalid(
            "The name of the pipeline must be alpha numeric and is required",
        ));
    }
    let mut world = platform.world();
    if world.pipeline(name).is_ok() {
        return Err(Refusal::invalid("The specified pipeline already exists."));
    }
    let pipeline = Pipeline {
        id: world.ids.next(),
        name: name.to_owned(),
        description: text(body, "description").unwrap_or_default().to_owned(),
        created_at: now(),
    };
    let json = wire::pipeline(&pipeline);
    world.pipelines.push(pipeline);
    created(json)
}

/// `^[a-z][a-z0-9-]{2,29}$`
fn is_name(name: &str) -> bool {
    (3..=30).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

pub(super) fn info(platform: &Akkeris, key: &str) -> Reply {
    ok(wire::pipeline(platform.world().pipeline(key)?))
}

/// Takes the couplings along, without asking for elevated access.
pub(super) fn destroy(platform: &Akkeris, key: &str) -> Reply {
    let mut world = platform.world();
    let pipeline = world.pipeline(key)?.clone();
    world
        .couplings
        .retain(|coupling| coupling.pipeline != pipeline.id);
    world.pipelines.retain(|other| other.id != pipeline.id);
    ok(wire::pipeline(&pipeline))
}

/// The contexts that were ever reported on a release of one of its apps.
pub(super) fn statuses(platform: &Akkeris, key: &str) -> Reply {
    let world = platform.world();
    let pipeline = world.pipeline(key)?;
    let mut contexts: BTreeMap<&str, &str> = BTreeMap::new();
    for release in &world.releases {
        let coupling = world.coupling_of(&release.app);
        if coupling.is_some_and(|coupling| coupling.pipeline == pipeline.id) {
            let checks = release.checks.iter();
            contexts.extend(checks.map(|check| (check.context.as_str(), check.name.as_str())));
        }
    }
    let list: Vec<Value> = contexts
        .into_iter()
        .map(|(context, name)| json!({"context": context, "name": name}))
        .collect();
    ok(list.into())
}
