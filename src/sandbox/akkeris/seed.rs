//! The installation that a sandbox starts with.

use super::apps;
use super::world::{Build, Coupling, Pipeline, Status, World, now};
use crate::sandbox::spec::Spec;

/// The source version of the release that `first_release` asks for.
const OLDER_SOURCE: &str = "0123456789abcdef0123456789abcdef01234567";

/// Makes the world that a spec describes; a coupling of an app that the spec does not have is left out.
pub(super) fn world(spec: &Spec) -> World {
    let mut world = World {
        reported: spec.reported_checks.clone(),
        ..World::default()
    };
    for app in &spec.apps {
        // The name's first part is the app's, the rest that of its space.
        let (name, space) = app.name.split_once('-').unwrap_or((&app.name, "default"));
        let id = apps::add(&mut world, name, space);
        if let Ok(own) = world.app_mut(&id) {
            own.config_vars.extend(app.config_vars.clone());
        }
        if app.first_release {
            release(&mut world, &id, OLDER_SOURCE);
        }
    }
    if let Some(pipeline) = &spec.pipeline {
        let id = world.ids.next();
        world.pipelines.push(Pipeline {
            id: id.clone(),
            name: pipeline.name.clone(),
            description: String::new(),
            created_at: now(),
        });
        for (app, stage) in &pipeline.couplings {
            let Ok(app_id) = world.app(app).map(|app| app.id.clone()) else {
                continue;
            };
            let required = spec.required_checks.iter();
            let contexts = required
                .filter(|(of, _)| of == app)
                .map(|(_, context)| context.clone());
            let contexts = contexts.collect();
            let coupling = world.ids.next();
            world.couplings.push(Coupling {
                id: coupling,
                app: app_id,
                pipeline: id.clone(),
                stage: stage.clone(),
                contexts,
                created_at: now(),
                updated_at: now(),
            });
        }
    }
    world
}

/// Builds a source and releases it on an app, at once.
pub(super) fn release(world: &mut World, app: &str, version: &str) {
    let short: String = version.chars().take(8).collect();
    let build = Build {
        id: world.ids.next(),
        app: app.to_owned(),
        number: world.builds.len() as u64 + 1,
        status: Status::Succeeded,
        url: String::new(),
        checksum: String::new(),
        version: version.to_owned(),
        sha: version.to_owned(),
        branch: String::new(),
        repo: String::new(),
        author: "Sandbox".to_owned(),
        message: None,
        created_at: now(),
        updated_at: now(),
        output: String::new(),
    };
    let slug = build.id.clone();
    world.builds.push(build);
    let release = world.add_release(app, &slug, format!("Deploy {short}"));
    world.settle_release(&release, Status::Succeeded);
}
