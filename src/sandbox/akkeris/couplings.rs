//! Apps in pipelines.

use serde_json::{Value, json};

use super::answer::{Refusal, Reply, created, ok};
use super::apps::text;
use super::front::Call;
use super::wire;
use super::world::{Coupling, STAGES, World, now};
use crate::sandbox::akkeris::Akkeris;

pub(super) fn list(platform: &Akkeris) -> Reply {
    let world = platform.world();
    let all = world.couplings.iter();
    ok(all.map(|one| wire::coupling(&world, one, false)).collect())
}

pub(super) fn of_pipeline(platform: &Akkeris, key: &str) -> Reply {
    let world = platform.world();
    let pipeline = &world.pipeline(key)?.id;
    let all = world.couplings.iter();
    let own = all.filter(|coupling| coupling.pipeline == *pipeline);
    ok(own.map(|one| wire::coupling(&world, one, true)).collect())
}

pub(super) fn of_app(platform: &Akkeris, app: &str) -> Reply {
    let world = platform.world();
    let app = &world.app(app)?.id;
    let coupling = world.coupling_of(app).ok_or_else(missing)?;
    ok(wire::coupling(&world, coupling, false))
}

pub(super) fn info(platform: &Akkeris, id: &str) -> Reply {
    let world = platform.world();
    let coupling = find(&world, id)?;
    ok(wire::coupling(&world, coupling, false))
}

pub(super) fn create(platform: &Akkeris, call: &Call) -> Reply {
    let body = call.body()?;
    let Some(pipeline) = text(body, "pipeline") else {
        return Err(Refusal::invalid("The specified pipeline was not a uuid"));
    };
    let stage = text(body, "stage").unwrap_or_default();
    if STAGES.iter().all(|(name, _)| *name != stage) {
        return Err(Refusal::invalid(
            "The stage property can only be one of \"review\", \"development\", \"staging\", or \"production\"",
        ));
    }
    let contexts = contexts(body).unwrap_or_default();
    let mut world = platform.world();
    let app = world.app(text(body, "app").unwrap_or_default())?.id.clone();
    if stage == "review" && !contexts.is_empty() {
        return Err(Refusal::invalid(
            "Required status checks cannot be added to a pipelines review stage.",
        ));
    }
    if world.coupling_of(&app).is_some() {
        return Err(Refusal::conflict("The application already is pipelined."));
    }
    let pipeline = world.pipeline(pipeline)?.id.clone();
    let coupling = Coupling {
        id: world.ids.next(),
        app,
        pipeline,
        stage: stage.to_owned(),
        contexts,
        created_at: now(),
        updated_at: now(),
    };
    let json = wire::new_coupling(&world, &coupling);
    world.couplings.push(coupling);
    created(json)
}

/// Changes the required checks, and nothing else.
pub(super) fn update(platform: &Akkeris, id: &str, call: &Call) -> Reply {
    let mut world = platform.world();
    let before = find(&world, id)?.contexts.clone();
    let contexts = contexts(call.body()?).ok_or_else(|| {
        Refusal::bad(
            "The required_status_checks.contexts array was missing or contained invalid values.",
        )
    })?;
    let removes = before.iter().any(|context| !contexts.contains(context));
    if removes && !call.elevated {
        return Err(Refusal::forbidden(
            "Only elevated access users may remove pipeline required status check.",
        ));
    }
    let coupling = world
        .couplings
        .iter_mut()
        .find(|coupling| coupling.id == id);
    if let Some(coupling) = coupling {
        coupling.contexts = contexts;
        coupling.updated_at = now();
    }
    let coupling = find(&world, id)?;
    ok(wire::coupling(&world, coupling, false))
}

/// The answer is a pipeline with the times of the coupling.
pub(super) fn destroy(platform: &Akkeris, id: &str, call: &Call) -> Reply {
    let mut world = platform.world();
    let coupling = find(&world, id)?.clone();
    if !call.elevated {
        return Err(Refusal::forbidden(
            "Only users with elevated access may removed an app from a pipeline.",
        ));
    }
    world.couplings.retain(|other| other.id != id);
    let pipeline = world.pipeline(&coupling.pipeline)?;
    ok(json!({
        "id": pipeline.id, "created_at": coupling.created_at, "updated_at": now(), "name": pipeline.name,
    }))
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Coupling, Refusal> {
    let found = world.couplings.iter().find(|coupling| coupling.id == id);
    found.ok_or_else(missing)
}

fn missing() -> Refusal {
    Refusal::missing("The specified pipeline coupling was not found.")
}

fn contexts(body: &Value) -> Option<Vec<String>> {
    let list = body
        .get("required_status_checks")?
        .get("contexts")?
        .as_array()?;
    list.iter()
        .map(|context| context.as_str().map(str::to_owned))
        .collect()
}
