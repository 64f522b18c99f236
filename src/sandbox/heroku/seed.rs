//! The world that a sandbox starts with.

use std::collections::BTreeMap;

use super::entity::{App, Coupling, Pipeline, Slug};
use super::world::{NewRelease, World};
use crate::sandbox::host::ids::{now, sha256};
use crate::sandbox::host::output::Outputs;
use crate::sandbox::spec::{AppSpec, Generation, PipelineSpec, Spec};

/// The source version of the release that `first_release` asks for.
const OLDER_SOURCE: &str = "0123456789abcdef0123456789abcdef01234567";

/// Makes the world that a spec describes; a coupling of an app that the spec does not have is left out.
pub(super) fn world(spec: &Spec, outputs: Outputs) -> World {
    let mut world = World {
        outputs,
        ..World::default()
    };
    for app in &spec.apps {
        add_app(&mut world, app);
    }
    if let Some(pipeline) = &spec.pipeline {
        let on_fir = spec
            .apps
            .iter()
            .any(|app| app.generation == Generation::Fir);
        let generation = if on_fir {
            Generation::Fir
        } else {
            Generation::Cedar
        };
        add_pipeline(&mut world, pipeline, generation);
    }
    world
}

fn add_app(world: &mut World, spec: &AppSpec) {
    let id = world.ids.next();
    world.apps.push(App {
        config_vars: spec.config_vars.clone(),
        build_stack: spec.stack.clone(),
        ..App::new(id.clone(), spec.name.clone(), spec.generation)
    });
    let release = |world: &mut World, slug: Option<String>, description: &str| {
        world.add_release(
            &id,
            NewRelease {
                slug,
                description: description.to_owned(),
                config_vars: None,
                phase: false,
            },
        );
    };
    release(world, None, "Initial release");
    if spec.first_release {
        let slug = older_slug(world, &id);
        release(world, Some(slug), &format!("Deploy {}", &OLDER_SOURCE[..8]));
    }
}

fn older_slug(world: &mut World, app: &str) -> String {
    let id = world.ids.next();
    world.slugs.push(Slug {
        id: id.clone(),
        app: app.to_owned(),
        commit: Some(OLDER_SOURCE.to_owned()),
        commit_description: None,
        buildpack: Some("Sandbox".to_owned()),
        checksum: Some(format!("SHA256:{}", sha256(OLDER_SOURCE.as_bytes()))),
        size: Some(1024),
        process_types: BTreeMap::from([("web".to_owned(), "sandbox".to_owned())]),
        images: BTreeMap::new(),
        created_at: now(),
    });
    id
}

fn add_pipeline(world: &mut World, spec: &PipelineSpec, generation: Generation) {
    let pipeline = world.ids.next();
    world.pipelines.push(Pipeline {
        id: pipeline.clone(),
        name: spec.name.clone(),
        generation,
        created_at: now(),
        updated_at: now(),
    });
    for (app, stage) in &spec.couplings {
        let Some(app) = world.app(app).map(|app| app.id.clone()) else {
            continue;
        };
        let id = world.ids.next();
        world.couplings.push(Coupling {
            id,
            app,
            pipeline: pipeline.clone(),
            stage: stage.clone(),
            created_at: now(),
            updated_at: now(),
        });
    }
}
