//! Changes that someone else makes during a run.

use super::Shared;
use super::entity::{ReleaseStatus, Slug};
use super::releasing::{self, Order};
use crate::sandbox::change::{CannotChange, Change};
use crate::sandbox::host::ids::now;

/// Carries a change out.
pub(super) fn apply(platform: &Shared, change: Change) -> Result<(), CannotChange> {
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
        Change::StopTimer => Err(CannotChange("timer that releases builds".to_owned())),
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
