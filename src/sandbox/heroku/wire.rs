//! The JSON of every resource, written out by hand from the official schema.

mod settings;

use serde_json::{Value, json};

use super::entity::{App, Build, Coupling, Pipeline, Promotion, Release, Slug, Status, Target};
use super::world::World;
use crate::sandbox::heroku::Heroku;
use crate::sandbox::host::ids::sha256;
use crate::sandbox::spec::Generation;

pub(super) use settings::{addon, attachment, buildpacks};

const USER_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a1";
const EMAIL: &str = "sandbox@example.com";
const CEDAR_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a2";
const FIR_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a5";
const REGION_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a3";
const OLD_STACK_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000ab";
const STACK_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a4";
const CNB_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a6";
const PREBOOT_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000a7";
const CONTAINER_ID: &str = "0a000000-5a4d-4b0c-8000-0000000000aa";
const BORN: &str = "2026-01-01T12:00:00Z";
/// How long a stream's URL is valid.
const STREAM_SECONDS: i64 = 86_400;

/// The account behind the token.
pub(super) fn account() -> Value {
    json!({
        "allow_tracking": false, "beta": false, "country_of_residence": null, "created_at": BORN,
        "default_organization": null, "default_team": null, "delinquent_at": null, "email": EMAIL,
        "federated": false, "id": USER_ID, "identity_provider": null, "last_login": BORN,
        "name": "Sandbox", "sms_number": null, "suspended_at": null,
        "two_factor_authentication": false, "updated_at": BORN, "verified": true,
    })
}

pub(super) fn app(platform: &Heroku, world: &World, app: &App) -> Value {
    let mut value = team_app(platform, world, app);
    if let Some(fields) = value.as_object_mut() {
        for name in ["joined", "locked"] {
            fields.remove(name);
        }
        fields.insert("acm".to_owned(), json!(false));
        fields.insert("generation".to_owned(), generation(app.generation));
        fields.insert("organization".to_owned(), Value::Null);
        fields.insert("owner".to_owned(), user());
    }
    value
}

/// An app as the filters give it: the shape of a team's app.
pub(super) fn team_app(platform: &Heroku, world: &World, app: &App) -> Value {
    let current = app.current();
    let slug = current
        .and_then(|release| release.slug.as_deref())
        .and_then(|id| world.slug(id));
    let of_images = slug.is_some_and(Slug::is_images);
    json!({
        "archived_at": null,
        "build_stack": build_stack(app),
        "buildpack_provided_description": slug.and_then(|slug| slug.buildpack.clone()),
        "created_at": app.created_at,
        "git_url": format!("https://git.heroku.com/{}.git", app.name),
        "id": app.id,
        "internal_routing": null,
        "joined": false,
        "locked": false,
        "maintenance": app.maintenance,
        "name": app.name,
        "owner": user(),
        "region": {"id": REGION_ID, "name": "us"},
        "released_at": current.map(|release| release.updated_at.clone()),
        "repo_size": null,
        "slug_size": slug.and_then(|slug| slug.size),
        "space": null,
        "stack": if of_images { container() } else { stack(app.generation) },
        "team": null,
        "updated_at": app.updated_at,
        "web_url": platform.host.web_url(&app.name),
    })
}

pub(super) fn build(platform: &Heroku, app: &App, build: &Build) -> Value {
    let hidden = build.release_hidden > 0;
    json!({
        "app": {"id": app.id},
        "buildpacks": build.buildpacks,
        "created_at": build.created_at,
        "generation": word(app.generation),
        "id": build.id,
        "output_stream_url": platform.host.stream_url(&build.output, STREAM_SECONDS),
        "release": if hidden { Value::Null } else { reference(build.release.as_deref()) },
        "slug": reference(slug_of(app, build.slug.as_ref())),
        "source_blob": {
            "checksum": build.source.checksum,
            "url": build.source.url,
            "version": build.source.version,
            "version_description": build.source.version_description,
        },
        "stack": stack_name(app.generation),
        "status": build.status.word(),
        "updated_at": build.updated_at,
        "user": user(),
    })
}

/// What a build made or a release runs, if it is a slug.
fn slug_of<'a>(app: &App, id: Option<&'a String>) -> Option<&'a str> {
    id.filter(|_| app.generation == Generation::Cedar)
        .map(String::as_str)
}

/// An OCI image, which is what a slug is on Fir.
pub(super) fn oci_image(app: &App, slug: &Slug) -> Value {
    let process_types: serde_json::Map<String, Value> = slug
        .process_types
        .iter()
        .map(|(name, command)| {
            let value = json!({
                "name": name,
                "display_cmd": command,
                "command": format!("/cnb/process/{name}"),
                "working_dir": "/workspace",
                "default": name == "web",
            });
            (name.clone(), value)
        })
        .collect();
    let buildpack = slug.buildpack.as_deref().unwrap_or("Sandbox");
    json!({
        "architecture": "arm64",
        "base_image_name": "heroku/heroku:24",
        "base_top_layer": format!("sha256:{}", sha256(b"heroku/heroku:24")),
        "buildpacks": [{
            "id": format!("heroku/{}", buildpack.to_lowercase()),
            "version": "1.0.0",
            "homepage": "https://github.com/heroku/buildpacks",
        }],
        "commit": slug.commit.as_deref().unwrap_or_default(),
        "commit_description": slug.commit_description.as_deref().unwrap_or_default(),
        "created_at": slug.created_at,
        "deleted_at": null,
        "digest": slug.digest(),
        "id": slug.id,
        "image_repo": format!("{}/builds", slug.app),
        "process_types": process_types,
        "stack": stack(app.generation),
        "updated_at": slug.created_at,
    })
}

/// The app's feature `preboot`, the only one that the sandbox plays.
pub(super) fn preboot(app: &App) -> Value {
    json!({
        "created_at": BORN,
        "description": "Provide seamless web dyno deploys",
        "display_name": "Preboot",
        "doc_url": "https://devcenter.heroku.com/articles/preboot",
        "enabled": app.preboot,
        "feedback_email": EMAIL,
        "id": PREBOOT_ID,
        "name": "preboot",
        "state": "general",
        "updated_at": app.updated_at,
    })
}

pub(super) fn slug(slug: &Slug, blob: &Value) -> Value {
    json!({
        "blob": blob,
        "buildpack_provided_description": slug.buildpack,
        "checksum": slug.checksum,
        "commit": slug.commit,
        "commit_description": slug.commit_description,
        "created_at": slug.created_at,
        "deleted_at": null,
        "id": slug.id,
        "process_types": slug.process_types,
        "size": slug.size,
        "stack": stack(Generation::Cedar),
        "updated_at": slug.created_at,
    })
}

pub(super) fn release(platform: &Heroku, app: &App, release: &Release) -> Value {
    let kind = match app.generation {
        Generation::Cedar => "slug",
        Generation::Fir => "oci_image",
    };
    let slug = release.slug.as_ref().filter(|_| !release.of_images);
    let artifacts: Vec<Value> = slug
        .iter()
        .map(|id| json!({"type": kind, "id": id}))
        .collect();
    json!({
        "addon_plan_names": [],
        "app": {"id": app.id, "name": app.name},
        "artifacts": artifacts,
        "created_at": release.created_at,
        "current": release.current,
        "description": release.description,
        "eligible_for_rollback": release.is_eligible(),
        "id": release.id,
        "output_stream_url": release
            .output
            .as_ref()
            .map(|output| platform.host.stream_url(output, STREAM_SECONDS)),
        "slug": reference(slug_of(app, slug)),
        "status": release.status.word(),
        "updated_at": release.updated_at,
        "user": user(),
        "version": release.version,
    })
}

pub(super) fn pipeline(pipeline: &Pipeline) -> Value {
    json!({
        "created_at": pipeline.created_at,
        "generation": generation(pipeline.generation),
        "id": pipeline.id,
        "name": pipeline.name,
        "owner": {"id": USER_ID, "type": "user"},
        "updated_at": pipeline.updated_at,
    })
}

/// A coupling. The pipeline's name is not in the schema, but the real answers have it.
pub(super) fn coupling(world: &World, coupling: &Coupling) -> Value {
    let name = world
        .pipeline(&coupling.pipeline)
        .map(|pipeline| pipeline.name.clone());
    json!({
        "app": {"id": coupling.app},
        "created_at": coupling.created_at,
        "id": coupling.id,
        "pipeline": {"id": coupling.pipeline, "name": name},
        "stage": coupling.stage,
        "updated_at": coupling.updated_at,
    })
}

pub(super) fn promotion(promotion: &Promotion) -> Value {
    let pending = promotion
        .targets
        .iter()
        .any(|target| target.status == Status::Pending);
    json!({
        "created_at": promotion.created_at,
        "id": promotion.id,
        "pipeline": {"id": promotion.pipeline},
        "source": {
            "app": {"id": promotion.source_app},
            "release": {"id": promotion.source_release},
        },
        "status": if pending { "pending" } else { "completed" },
        "updated_at": promotion.updated_at,
    })
}

/// One target of a promotion.
pub(super) fn target(promotion: &Promotion, target: &Target) -> Value {
    json!({
        "app": {"id": target.app},
        "error_message": target.error_message,
        "id": target.id,
        "pipeline_promotion": {"id": promotion.id},
        "release": reference(target.release.as_deref()),
        "status": target.status.word(),
    })
}

fn reference(id: Option<&str>) -> Value {
    id.map_or(Value::Null, |id| json!({"id": id}))
}

fn user() -> Value {
    json!({"email": EMAIL, "id": USER_ID})
}

fn build_stack(app: &App) -> Value {
    let mut stack = stack(app.generation);
    if app.is_on_containers() {
        return container();
    }
    if let Some(name) = &app.build_stack {
        stack["name"] = json!(name);
    }
    stack
}

/// The stack of apps that run images which were pushed.
fn container() -> Value {
    json!({"id": CONTAINER_ID, "name": "container"})
}

/// The stacks that there are.
pub(super) fn stacks() -> Vec<Value> {
    let stack = |id: &str, name: &str, state: &str| {
        json!({
            "created_at": BORN, "default": name == "heroku-24", "id": id, "name": name, "state": state,
            "updated_at": BORN,
        })
    };
    vec![
        stack(OLD_STACK_ID, "heroku-22", "deprecated"),
        stack(STACK_ID, "heroku-24", "public"),
        stack(CNB_ID, "cnb", "public"),
        stack(CONTAINER_ID, "container", "public"),
    ]
}

fn stack(generation: Generation) -> Value {
    let id = match generation {
        Generation::Cedar => STACK_ID,
        Generation::Fir => CNB_ID,
    };
    json!({"id": id, "name": stack_name(generation)})
}

fn stack_name(generation: Generation) -> &'static str {
    match generation {
        Generation::Cedar => "heroku-24",
        Generation::Fir => "cnb",
    }
}

fn word(generation: Generation) -> &'static str {
    match generation {
        Generation::Cedar => "cedar",
        Generation::Fir => "fir",
    }
}

fn generation(generation: Generation) -> Value {
    let id = match generation {
        Generation::Cedar => CEDAR_ID,
        Generation::Fir => FIR_ID,
    };
    json!({"id": id, "name": word(generation)})
}
