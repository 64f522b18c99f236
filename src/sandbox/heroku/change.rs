//! Changes that someone else makes during a run.

use std::collections::BTreeMap;

use super::Shared;
use super::entity::{ReleaseStatus, Slug};
use super::releasing::{self, Order};
use super::world::World;
use crate::sandbox::change::{CannotChange, Change};
use crate::sandbox::host::ids::now;

/// Carries a change out.
pub(super) fn apply(platform: &Shared, change: Change) -> Result<(), CannotChange> {
    match change {
        Change::Release { app, version } => release(platform, &app, version),
        Change::ConfigVar { app, name, value } => {
            let mut world = platform.world();
            let id = world.app(&app).ok_or_else(|| no_app(&app))?.id.clone();
            set_config_vars(platform, &mut world, &id, vec![(name, value)]);
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
        Change::CallsLeft(left) => {
            let (now, _) = platform.take_calls(0.0);
            platform.take_calls(now - f64::from(left));
            Ok(())
        }
        Change::StopTimer => Err(CannotChange("timer that releases builds".to_owned())),
    }
}

/// Sets config vars of an app, or removes those without a value. Where something runs, that makes a release of it.
pub(super) fn set_config_vars(
    platform: &Shared,
    world: &mut World,
    app: &str,
    changes: Vec<(String, Option<String>)>,
) {
    let Some(found) = world.app_mut(app) else {
        return;
    };
    let sets = changes.iter().any(|(_, value)| value.is_some());
    let verb = if sets { "Set" } else { "Remove" };
    let names: Vec<String> = changes.iter().map(|(name, _)| name.clone()).collect();
    for (name, value) in changes {
        match value {
            Some(value) => found.config_vars.insert(name, value),
            None => found.config_vars.remove(&name),
        };
    }
    if let Some(slug) = found.current().and_then(|release| release.slug.clone()) {
        let order = Order {
            slug,
            description: format!("{verb} {} config vars", names.join(", ")),
            config_vars: None,
        };
        releasing::release(platform, world, app, order);
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
        images: BTreeMap::new(),
        created_at: now(),
    };
    let order = Order::deploy(&slug);
    world.slugs.push(slug);
    releasing::release(platform, &mut world, &app_id, order).ok_or_else(unknown)?;
    Ok(())
}
