//! The sandbox from behind: what tests look at, and what somebody else does meanwhile.

use serde_json::{Value, json};

use super::entity::{ReleaseStatus, Slug};
use super::releasing::{self, Order};
use super::wire;
use crate::sandbox::host::ids::now;
use crate::sandbox::host::platform::{Platform, Shared};

/// Something that happens without the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Somebody else releases another source to an app.
    Release {
        /// The app's name.
        app: String,
        /// The source version that is running then.
        version: String,
    },
    /// A config var of an app is set, or removed with `None`: that makes a release of the slug that runs.
    ConfigVar {
        /// The app's name.
        app: String,
        /// The var.
        name: String,
        /// Its value.
        value: Option<String>,
    },
    /// Somebody rolls an app back to one of its releases.
    RollBack {
        /// The app's name.
        app: String,
        /// The release's number.
        version: u64,
    },
    /// The artefact of a release is destroyed.
    Expire {
        /// The app's name.
        app: String,
        /// The release's number.
        version: u64,
    },
    /// An app leaves its pipeline.
    Uncouple {
        /// The app's name.
        app: String,
    },
}

/// A change that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox has no {0}")]
pub struct CannotChange(String);

/// Carries a change out.
pub(in crate::sandbox) fn apply(platform: &Shared, change: Change) -> Result<(), CannotChange> {
    match change {
        Change::Release { app, version } => release(platform, &app, version),
        Change::ConfigVar { app, name, value } => {
            let mut world = platform.world();
            let found = world.app_mut(&app).ok_or_else(|| no_app(&app))?;
            let verb = if value.is_some() { "Set" } else { "Remove" };
            match value {
                Some(value) => found.config_vars.insert(name.clone(), value),
                None => found.config_vars.remove(&name),
            };
            let running = found.current().and_then(|release| release.slug.clone());
            if let Some(slug) = running {
                let order = Order {
                    slug,
                    description: format!("{verb} {name} config vars"),
                    config_vars: None,
                };
                releasing::release(platform, &mut world, &app, order)
                    .ok_or_else(|| no_app(&app))?;
            }
            Ok(())
        }
        Change::RollBack { app, version } => {
            let mut world = platform.world();
            let missing = || CannotChange(format!("release v{version} of `{app}`"));
            let found = world.release(&app, &version.to_string());
            let slug = found.and_then(|release| release.slug.clone());
            let order = Order {
                slug: slug.ok_or_else(missing)?,
                description: format!("Rollback to v{version}"),
                config_vars: None,
            };
            releasing::release(platform, &mut world, &app, order).ok_or_else(missing)?;
            Ok(())
        }
        Change::Expire { app, version } => {
            let mut world = platform.world();
            let found = world.release(&app, &version.to_string());
            let id = found
                .ok_or_else(|| CannotChange(format!("release v{version} of `{app}`")))?
                .id
                .clone();
            world.settle_release(&app, &id, ReleaseStatus::Expired);
            Ok(())
        }
        Change::Uncouple { app } => {
            let mut world = platform.world();
            let id = world.app(&app).ok_or_else(|| no_app(&app))?.id.clone();
            world.couplings.retain(|coupling| coupling.app != id);
            Ok(())
        }
    }
}

fn no_app(name: &str) -> CannotChange {
    CannotChange(format!("app `{name}`"))
}

fn release(platform: &Shared, app: &str, version: String) -> Result<(), CannotChange> {
    let mut world = platform.world();
    let unknown = || no_app(app);
    let app_id = world.app(app).ok_or_else(unknown)?.id.clone();
    let slug = Slug {
        id: world.ids.next(),
        app: app_id.clone(),
        commit: Some(version),
        commit_description: None,
        buildpack: None,
        checksum: None,
        size: None,
        process_types: [("web".to_owned(), "./start".to_owned())].into(),
        created_at: now(),
    };
    let order = Order {
        slug: slug.id.clone(),
        description: releasing::deploy_description(&slug),
        config_vars: None,
    };
    world.slugs.push(slug);
    releasing::release(platform, &mut world, &app_id, order).ok_or_else(unknown)?;
    Ok(())
}

/// Everything that the platform knows.
pub(in crate::sandbox) fn state(platform: &Platform) -> Value {
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
    let uploads: serde_json::Map<String, Value> = world
        .blobs
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
