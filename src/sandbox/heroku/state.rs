//! The platform's internal state, for tests to inspect.

use serde_json::{Value, json};

use super::{Heroku, wire};

/// Everything that the platform knows.
pub(super) fn state(platform: &Heroku) -> Value {
    let world = platform.world();
    let apps: serde_json::Map<String, Value> = world
        .apps
        .iter()
        .map(|app| {
            let releases: Vec<Value> = app
                .releases
                .iter()
                .map(|release| {
                    let mut value = wire::release(platform, app, release);
                    let slug = release.slug.as_deref().and_then(|id| world.slug(id));
                    value["commit"] = json!(slug.and_then(|slug| slug.commit.clone()));
                    value["images"] = json!(slug.map(|slug| slug.images.clone()));
                    value
                })
                .collect();
            let builds: Vec<Value> = app
                .builds
                .iter()
                .map(|build| wire::build(platform, app, build))
                .collect();
            let value = json!({
                "id": app.id,
                "config_vars": app.config_vars,
                "maintenance": app.maintenance,
                "releases": releases,
                "builds": builds,
            });
            (app.name.clone(), value)
        })
        .collect();
    let promotions: Vec<Value> = world
        .promotions
        .iter()
        .map(|promotion| {
            let mut value = wire::promotion(promotion);
            let targets = promotion.targets.iter();
            value["targets"] = targets
                .map(|target| wire::target(promotion, target))
                .collect();
            value
        })
        .collect();
    let pipelines: Vec<Value> = world.pipelines.iter().map(wire::pipeline).collect();
    let couplings: Vec<Value> = world
        .couplings
        .iter()
        .map(|coupling| wire::coupling(&world, coupling))
        .collect();
    let uploads: serde_json::Map<String, Value> = platform
        .host
        .blobs()
        .iter()
        .map(|(path, bytes)| (path.clone(), json!(bytes.len())))
        .collect();
    json!({
        "apps": apps,
        "pipelines": pipelines,
        "couplings": couplings,
        "promotions": promotions,
        "uploads": uploads,
    })
}
