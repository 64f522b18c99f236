//! The API's JSON, field by field as it was recorded.

use serde_json::{Value, json};

use super::world::{App, Build, Check, Coupling, Pipeline, Promotion, Release, Row, World};
use crate::sandbox::akkeris::Akkeris;

/// Who asks, and whom the API names in the answer to a creation.
const USER: &str = "8b0e2811-dc11-4b12-9215-123adcce3605";
const SYSTEM: &str = "a15e441e-d4ae-c8d4-2b89-7c6f8b39e4aa";
const STACK: &str = "ffa8cf57-768e-5214-82fe-fda3f19353f3";
const REGION: &str = "f5f1d4d9-aa4a-12aa-bec3-d44af53b59e3";
const ORGANIZATION: &str = "0b26ccb5-83cc-4d33-a01f-100c383e0064";
const SPACE: &str = "b5d0c6b9-f22f-4bd1-aa10-afaa12bd74de";

/// The user behind the token.
pub(super) fn account(elevated: bool) -> Value {
    let since = "2026-01-01T00:00:00.000Z";
    json!({
        "allow_tracking": true, "beta": false, "created_at": since, "email": "sandbox@example.com", "id": USER,
        "last_login": since, "name": "Sandbox", "sms_number": "", "elevated_access": elevated, "suspended_at": null,
        "delinquent_at": null, "two_factor_authentication": false, "updated_at": since, "verified": true,
    })
}

pub(super) fn space(name: &str, now: &str) -> Value {
    json!({
        "compliance": [], "created_at": now, "id": SPACE, "name": name,
        "region": {"id": REGION, "name": "us-seattle"}, "stack": {"id": STACK, "name": "ds1"},
        "state": "allocated", "updated_at": now,
    })
}

pub(super) fn app(platform: &Akkeris, app: &App) -> Value {
    let name = app.name();
    json!({
        // It says when the app was made; nothing is archived.
        "archived_at": app.created_at, "buildpack_provided_description": "default",
        "build_stack": {"id": STACK, "name": "ds1"}, "created_at": app.created_at, "description": "",
        "git_url": null, "git_branch": null, "id": app.id, "labels": "", "maintenance": false,
        "name": name, "simple_name": app.simple_name, "key": name,
        "owner": {"email": "", "id": USER}, "organization": {"id": ORGANIZATION, "name": "main"},
        "formation": [], "preview": null, "region": {"id": REGION, "name": "us-seattle"},
        "released_at": null, "repo_size": 0, "slug_size": 0,
        "space": {"id": SPACE, "name": app.space, "compliance": ""},
        "stack": {"id": STACK, "name": "ds1"}, "updated_at": app.created_at,
        "web_url": platform.host.web_url(&name),
    })
}

pub(super) fn auto_release(enabled: bool) -> Value {
    json!({
        "description": "When the application receives a new build whether or not it should automatically release the build.",
        "doc_url": "/features/auto-release", "id": "8e7ec5d2-c410-4d04-8d5e-db7746c40b44", "state": "public",
        "name": "auto-release", "display_name": "Auto release builds", "enabled": enabled,
    })
}

pub(super) fn build(platform: &Akkeris, world: &World, build: &Build) -> Value {
    let app = world
        .app(&build.app)
        .map_or_else(|_| "unknown".to_owned(), App::name);
    json!({
        "app": {"id": build.app}, "buildpacks": null, "created_at": build.created_at, "id": build.id,
        "output_stream_url": format!("{}/apps/{app}/builds/{}/result", platform.host.urls.api, build.id),
        "source_blob": {
            "checksum": build.checksum, "url": "", "version": build.version, "commit": build.sha,
            "author": build.author, "repo": build.repo, "message": build.message,
        },
        "release": null, "slug": {"id": build.id, "number": build.number.to_string()}, "status": build.status.word(), "updated_at": build.updated_at,
        "user": {"id": USER, "email": ""},
    })
}

pub(super) fn result(platform: &Akkeris, app: &str, build: &Build) -> Value {
    let lines: Vec<&str> = if build.output.is_empty() {
        Vec::new()
    } else {
        let lines = build.output.split('\n');
        lines.filter(|line| !is_stripped(line)).collect()
    };
    json!({
        "build": {
            "status": build.status.word(),
            // The id is lost on the way.
            "output_stream_url": format!("{}/apps/{app}/builds/undefined/result", platform.host.urls.api),
        },
        "lines": lines,
    })
}

/// Whether the API leaves a line of a build's output out: `Step 2/5 : ARG NAME`. It sees it as soon as it has begun.
fn is_stripped(line: &str) -> bool {
    let step = line
        .strip_prefix("Step ")
        .and_then(|rest| rest.split_once(" : ARG "));
    step.is_some_and(|(number, _)| number.bytes().all(|b| b.is_ascii_digit() || b == b'/'))
}

/// A release as it is read.
pub(super) fn release(world: &World, release: &Release) -> Value {
    let current = world.current(&release.app);
    let current = current.map(|current| current.id == release.id);
    release_json(world, release, release.status.word(), USER, &json!(current))
}

/// A release as it is answered to its creation.
pub(super) fn new_release(world: &World, release: &Release) -> Value {
    release_json(world, release, "queued", SYSTEM, &json!(true))
}

fn release_json(
    world: &World,
    release: &Release,
    status: &str,
    user: &str,
    current: &Value,
) -> Value {
    let app = world
        .app(&release.app)
        .map_or_else(|_| "unknown".to_owned(), App::name);
    json!({
        "app": {"id": release.app, "name": app}, "created_at": release.created_at,
        "description": release.description, "slug": {"id": release.build}, "id": release.id,
        "status": status, "state": release.state(), "user": {"id": user, "email": ""},
        "version": release.version, "current": current,
    })
}

pub(super) fn check(check: &Check) -> Value {
    json!({
        "id": check.id, "state": check.state, "name": check.name, "context": check.context,
        "description": check.description, "target_url": "", "image_url": "",
        "created_at": check.created_at, "updated_at": check.updated_at,
    })
}

pub(super) fn pipeline(pipeline: &Pipeline) -> Value {
    json!({
        "id": pipeline.id, "created_at": pipeline.created_at, "updated_at": pipeline.created_at,
        "name": pipeline.name, "description": pipeline.description,
    })
}

/// A coupling as it is answered to its creation.
pub(super) fn new_coupling(world: &World, coupling: &Coupling) -> Value {
    let name = |pipeline: &Pipeline| pipeline.name.clone();
    json!({
        "app": {
            "id": coupling.app,
            "name": world.app(&coupling.app).map_or_else(|_| String::new(), App::name),
        },
        "id": coupling.id, "created_at": coupling.created_at, "updated_at": coupling.updated_at,
        "stage": coupling.stage, "required_status_checks": {"contexts": coupling.contexts},
        "pipeline": {
            "id": coupling.pipeline,
            "name": world.pipeline(&coupling.pipeline).map_or_else(|_| String::new(), name),
        },
    })
}

/// A coupling as it is read: with what the app runs. Only one of the lists says when that was released.
pub(super) fn coupling(world: &World, coupling: &Coupling, dated: bool) -> Value {
    let release = world.current(&coupling.app);
    let build = release.and_then(|release| world.build(&release.build).ok());
    let text = |read: fn(&Build) -> &str| build.map(read);
    let mut json = new_coupling(world, coupling);
    json["release"] = json!({
        "id": release.map(|release| &release.id), "version": release.map(|release| release.version),
        "build": {
            "id": text(|build| &build.id), "updated_at": text(|build| &build.updated_at),
            "repository": {"url": text(|build| &build.repo), "branch": text(|build| &build.branch)},
            "commit": {"sha": text(|build| &build.sha), "message": build.and_then(|build| build.message.clone())},
            "author": text(|build| &build.author),
        },
    });
    if dated {
        json["release"]["updated_at"] = json!(release.map(|release| &release.updated_at));
    }
    json
}

/// A promotion as it is answered to its creation.
pub(super) fn new_promotion(world: &World, promotion: &Promotion) -> Value {
    let app = world.app(&promotion.app).ok();
    json!({
        "created_at": promotion.created_at, "updated_at": promotion.created_at,
        "pipeline": {
            "id": promotion.pipeline,
            "name": world.pipeline(&promotion.pipeline).map_or("", |pipeline| &pipeline.name),
        },
        "source": {
            "app": {"id": promotion.app, "name": app.map(|app| &app.simple_name)},
            "space": {"name": app.map(|app| &app.space)},
            "release": {"id": promotion.release},
        },
        "id": promotion.id, "status": "successful",
    })
}

/// A promotion as it is read.
pub(super) fn promotion(promotion: &Promotion) -> Value {
    json!({
        "created_at": promotion.created_at, "id": promotion.id, "pipeline": {"id": promotion.pipeline},
        "source": {"app": {"id": promotion.app}, "release": {"id": promotion.release}},
        "status": "successful", "updated_at": promotion.created_at,
    })
}

pub(super) fn target(row: &Row) -> Value {
    json!({
        "app": {"id": row.app}, "error_message": "", "id": row.id,
        "pipeline_promotion": {"id": row.promotion}, "release": {"id": row.release}, "status": "successful",
    })
}

/// Everything that the installation knows.
pub(super) fn state(platform: &Akkeris) -> Value {
    let world = platform.world();
    let apps: serde_json::Map<String, Value> = world
        .apps
        .iter()
        .map(|one| {
            let releases = world
                .releases
                .iter()
                .filter(|release| release.app == one.id);
            let builds = world.builds.iter().filter(|build| build.app == one.id);
            let own = json!({
                "app": app(platform, one),
                "releases": releases.map(|r| release(&world, r)).collect::<Vec<_>>(),
                "builds": builds.map(|b| build(platform, &world, b)).collect::<Vec<_>>(),
            });
            (one.name(), own)
        })
        .collect();
    json!({
        "apps": apps,
        "couplings": world.couplings.iter().map(|c| coupling(&world, c, true)).collect::<Vec<_>>(),
        "pipelines": world.pipelines.iter().map(pipeline).collect::<Vec<_>>(),
        "promotions": world.promotions.iter().map(promotion).collect::<Vec<_>>(),
    })
}
