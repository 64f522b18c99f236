//! Changes that someone else makes during a run.

use super::seed;
use super::world::{Status, World};
use crate::sandbox::change::{CannotChange, Change};

/// Carries a change out.
pub(super) fn apply(world: &mut World, change: Change) -> Result<(), CannotChange> {
    match change {
        Change::Release { app, version } => {
            let app = id(world, &app)?;
            seed::release(world, &app, &version);
        }
        Change::ConfigVar { app, name, value } => {
            // Unlike elsewhere, that makes no release.
            let app = world.app_mut(&app).map_err(|_| no_app(&app))?;
            match value {
                Some(value) => app.config_vars.insert(name, value),
                None => app.config_vars.remove(&name),
            };
        }
        Change::RollBack { app, version } => {
            let id = id(world, &app)?;
            let mut releases = world.releases.iter();
            let earlier = releases.find(|one| one.app == id && one.version == version);
            let (earlier, build) = earlier
                .map(|release| (release.id.clone(), release.build.clone()))
                .ok_or_else(|| CannotChange(format!("release v{version} of `{app}`")))?;
            let release = world.add_release(&id, &build, format!("Rollback to {earlier}"));
            world.settle_release(&release, Status::Succeeded);
        }
        Change::Expire { .. } => {
            return Err(CannotChange("releases that expire".to_owned()));
        }
        Change::Uncouple { app } => {
            let app = id(world, &app)?;
            world.couplings.retain(|coupling| coupling.app != app);
        }
        Change::StopTimer => world.timer_stopped = true,
        Change::CallsLeft(_) => return Err(CannotChange("account with calls".to_owned())),
    }
    Ok(())
}

fn id(world: &World, app: &str) -> Result<String, CannotChange> {
    let found = world.app(app).map_err(|_| no_app(app))?;
    Ok(found.id.clone())
}

fn no_app(name: &str) -> CannotChange {
    CannotChange(format!("app `{name}`"))
}

#[cfg(test)]
mod tests {
    use super::super::apps;
    use super::*;

    #[test]
    fn somebody_else_releases_and_rolls_back() {
        let mut world = World::default();
        let shop = apps::add(&mut world, "shop", "dev");
        let app = || "shop-dev".to_owned();
        let release = |version: &str| Change::Release {
            app: app(),
            version: version.to_owned(),
        };
        apply(&mut world, release("one")).unwrap();
        apply(&mut world, release("two")).unwrap();
        let source = |world: &World| {
            let running = world.current(&shop).unwrap();
            (
                running.version,
                world.build(&running.build).unwrap().version.clone(),
            )
        };
        assert_eq!(source(&world), (2, "two".to_owned()));
        let back = |version| Change::RollBack {
            app: app(),
            version,
        };
        apply(&mut world, back(1)).unwrap();
        assert_eq!(source(&world), (3, "one".to_owned()));
        for (change, problem) in [
            (back(9), "release v9 of `shop-dev`"),
            (
                Change::Uncouple {
                    app: "shop".to_owned(),
                },
                "app `shop`",
            ),
            (
                Change::Expire {
                    app: app(),
                    version: 1,
                },
                "releases that expire",
            ),
        ] {
            let error = apply(&mut world, change).unwrap_err().to_string();
            assert_eq!(error, format!("the sandbox has no {problem}"));
        }
    }
}
