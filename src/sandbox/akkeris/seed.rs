//! The installation that a sandbox starts with.

use super::apps;
use super::world::{Build, Coupling, Pipeline, Status, World, now};
use crate::sandbox::spec::Spec;

/// The source version of the release that `first_release` asks for.
const OLDER_SOURCE: &str = "0123456789abcdef0123456789abcdef01234567";

/// Makes the world that a spec describes; a coupling of an app that the spec does not have is left out.
pub(in crate::sandbox) fn world(spec: &Spec) -> World {
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
            first_release(&mut world, &id);
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

fn first_release(world: &mut World, app: &str) {
    let build = Build {
        id: world.ids.next(),
        app: app.to_owned(),
        number: 1,
        status: Status::Succeeded,
        url: String::new(),
        checksum: String::new(),
        version: OLDER_SOURCE.to_owned(),
        sha: OLDER_SOURCE.to_owned(),
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
    let release = world.add_release(app, &slug, format!("Deploy {}", &OLDER_SOURCE[..8]));
    world.settle_release(&release, Status::Succeeded);
}
