//! Builds, and the slugs that they are at the same time.

use serde_json::json;

use super::answer::{Refusal, Reply, created, ok, reset};
use super::apps::text;
use super::building;
use super::front::Call;
use super::wire;
use super::world::{Build, Status, World, now};
use crate::sandbox::akkeris::{Akkeris, Shared};
use crate::sandbox::fault::{Effect, Occasion};

/// The longest texts that the database takes.
const LONGEST: usize = 128;

pub(super) fn list(platform: &Akkeris, app: &str) -> Reply {
    let world = platform.world();
    let app = &world.app(app)?.id;
    let mut own: Vec<&Build> = world
        .builds
        .iter()
        .filter(|build| build.app == *app)
        .collect();
    own.sort_by(|a, b| a.updated_at.cmp(&b.updated_at));
    ok(own
        .into_iter()
        .map(|build| wire::build(platform, &world, build))
        .collect())
}

pub(super) fn create(platform: &Shared, app: &str, call: &Call) -> Reply {
    let body = call.body()?;
    let mut world = platform.world();
    let app = world.app(app)?.id.clone();
    let url = text(body, "url").filter(|url| url.contains(':')).ok_or_else(|| {
        Refusal::invalid(
            "A \"url\" field with a valid URI is required, note this can be a data uri with a zip/tar.gz blob of your \
             sources.",
        )
    })?;
    let field = |name: &str| text(body, name).unwrap_or_default().to_owned();
    if ["sha", "checksum", "branch", "version"]
        .into_iter()
        .any(|name| field(name).len() > LONGEST)
    {
        return Err(Refusal::internal());
    }
    let build = Build {
        id: world.ids.next(),
        app,
        number: 0,
        status: Status::Queued,
        url: url.to_owned(),
        checksum: field("checksum"),
        version: field("version"),
        sha: field("sha"),
        branch: field("branch"),
        repo: field("repo"),
        author: text(body, "author").unwrap_or("User").to_owned(),
        message: text(body, "message").map(str::to_owned),
        created_at: now(),
        updated_at: now(),
        output: String::new(),
    };
    let image_name = url.rsplit('/').next().unwrap_or_default();
    if url.starts_with("docker://") && !image_name.contains(':') {
        // It is refused, but stays queued.
        world.builds.push(build);
        return Err(Refusal::invalid(
            "No tag for the specified docker image was used. Please add a unique tag name.",
        ));
    }
    let name = world.app(&build.app)?.name();
    if platform
        .host
        .strike(Occasion::Service, &name)
        .contains(&Effect::BuildRefused)
    {
        // The same holds for what the build service refuses.
        world.builds.push(build);
        return Err(Refusal::no_build_service());
    }
    let mut json = wire::build(platform, &world, &build);
    json["slug"] = json!({"id": build.id});
    if build.message.is_none()
        && let Some(source) = json["source_blob"].as_object_mut()
    {
        source.remove("message");
    }
    building::start(platform, build.id.clone());
    world.builds.push(build);
    created(json)
}

pub(super) fn info(platform: &Akkeris, app: &str, id: &str) -> Reply {
    let world = platform.world();
    let build = find(&world, app, id)?;
    ok(wire::build(platform, &world, build))
}

pub(super) fn slug(platform: &Akkeris, id: &str) -> Reply {
    let world = platform.world();
    let build = world.build(id)?;
    ok(wire::build(platform, &world, build))
}

/// The whole of the output so far.
pub(super) fn result(platform: &Akkeris, app: &str, id: &str) -> Reply {
    let world = platform.world();
    let build = find(&world, app, id)?;
    let name = world.app(app)?.name();
    ok(wire::result(platform, &name, build))
}

/// Only a build that is at work can be stopped.
pub(super) fn stop(platform: &Akkeris, app: &str, id: &str) -> Reply {
    let mut world = platform.world();
    let build = find(&world, app, id)?.clone();
    let name = world.app(app)?.name();
    let why = match build.status {
        Status::Pending => {
            if let Some(build) = world.build_mut(id) {
                build.status = Status::Failed;
                build.updated_at = now();
            }
            let build = find(&world, app, id)?;
            return reset(wire::build(platform, &world, build));
        }
        Status::Queued => "has not started yet",
        _ => "has already finished",
    };
    Err(Refusal::conflict(format!(
        "The specified app {name} exists, but the build {id} {why}."
    )))
}

fn find<'w>(world: &'w World, app: &str, id: &str) -> Result<&'w Build, Refusal> {
    let app = &world.app(app)?.id;
    let build = world.build(id)?;
    let missing = || Refusal::missing(format!("The specified build {id} was not found."));
    (build.app == *app).then_some(build).ok_or_else(missing)
}
