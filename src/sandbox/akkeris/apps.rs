//! Apps, their spaces, config vars and features.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::answer::{Refusal, Reply, created, ok};
use super::front::Call;
use super::wire;
use super::world::{App, World, now};
use crate::sandbox::akkeris::Akkeris;

/// What every app has.
pub(super) fn first_config_vars() -> BTreeMap<String, String> {
    BTreeMap::from([("PORT".to_owned(), "9000".to_owned())])
}

pub(super) fn account(call: &Call) -> Reply {
    ok(wire::account(call.elevated))
}

pub(super) fn create_space(platform: &Akkeris, call: &Call) -> Reply {
    let name = text(call.body()?, "name").ok_or_else(|| Refusal::type_error("match"))?;
    if !platform.world().spaces.insert(name.to_owned()) {
        return Err(Refusal::conflict("The specified space already exists."));
    }
    ok(wire::space(name, &now()))
}

pub(super) fn list(platform: &Akkeris) -> Reply {
    let world = platform.world();
    let apps = world.apps.iter().map(|app| wire::app(platform, app));
    ok(apps.collect())
}

pub(super) fn create(platform: &Akkeris, call: &Call) -> Reply {
    let body = call.body()?;
    let name = text(body, "name").ok_or_else(|| {
        Refusal::invalid(
            "The application name was invalid or missing, it cannot contain dashes or other special characters.",
        )
    })?;
    let space = text(body, "space")
        .ok_or_else(|| Refusal::invalid("The application space field was not specified"))?;
    let mut world = platform.world();
    if world.app(&format!("{name}-{space}")).is_ok() {
        return Err(Refusal::conflict(
            "The requested application already exists.",
        ));
    }
    let id = add(&mut world, name, space);
    created(wire::app(platform, world.app(&id)?))
}

/// Adds an app and gives its id.
pub(super) fn add(world: &mut World, name: &str, space: &str) -> String {
    let id = world.ids.next();
    world.spaces.insert(space.to_owned());
    world.apps.push(App {
        id: id.clone(),
        simple_name: name.to_owned(),
        space: space.to_owned(),
        created_at: now(),
        config_vars: first_config_vars(),
        auto_release: true,
    });
    id
}

pub(super) fn info(platform: &Akkeris, app: &str) -> Reply {
    let world = platform.world();
    let app = world.app(app)?;
    let mut json = wire::app(platform, app);
    let running = world.current(&app.id);
    json["image"] = running.map_or(Value::Null, |release| {
        json!(format!(
            "registry.example.com/akkeris/{}:{}",
            app.simple_name, release.version
        ))
    });
    json["released_at"] = json!(running.map(|release| &release.updated_at));
    ok(json)
}

pub(super) fn config_vars(platform: &Akkeris, app: &str) -> Reply {
    ok(json!(platform.world().app(app)?.config_vars))
}

pub(super) fn set_config_vars(platform: &Akkeris, app: &str, call: &Call) -> Reply {
    let mut world = platform.world();
    let app = world.app_mut(app)?;
    let Some(changes) = call.body()?.as_object() else {
        return Err(Refusal::invalid("The config vars were not an object."));
    };
    for (name, value) in changes {
        match value.as_str() {
            Some(value) => app.config_vars.insert(name.clone(), value.to_owned()),
            None => app.config_vars.remove(name),
        };
    }
    ok(json!(app.config_vars))
}

pub(super) fn auto_release(platform: &Akkeris, app: &str) -> Reply {
    ok(wire::auto_release(platform.world().app(app)?.auto_release))
}

pub(super) fn set_auto_release(platform: &Akkeris, app: &str, call: &Call) -> Reply {
    let mut world = platform.world();
    let app = world.app_mut(app)?;
    let enabled = call.body()?.get("enabled").and_then(Value::as_bool);
    app.auto_release = enabled.ok_or_else(|| Refusal::invalid("The enabled field was missing."))?;
    ok(wire::auto_release(app.auto_release))
}

/// A field that is a text.
pub(super) fn text<'b>(body: &'b Value, name: &str) -> Option<&'b str> {
    body.get(name).and_then(Value::as_str)
}
