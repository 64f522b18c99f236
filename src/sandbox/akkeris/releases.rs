//! Releases.

use super::answer::{Refusal, Reply, created, ok};
use super::apps::text;
use super::front::Call;
use super::rollout;
use super::wire;
use super::world::{Release, Status, uuid};
use crate::sandbox::akkeris::{Akkeris, Shared};

pub(super) fn list(platform: &Akkeris, app: &str) -> Reply {
    let world = platform.world();
    let app = &world.app(app)?.id;
    let mut own: Vec<&Release> = world
        .releases
        .iter()
        .filter(|release| release.app == *app)
        .collect();
    own.sort_by(|a, b| a.updated_at.cmp(&b.updated_at));
    ok(own
        .into_iter()
        .map(|release| wire::release(&world, release))
        .collect())
}

pub(super) fn info(platform: &Akkeris, app: &str, id: &str) -> Reply {
    let world = platform.world();
    let release = world.release_of(app, id)?;
    ok(wire::release(&world, release))
}

pub(super) fn create(platform: &Shared, app: &str, call: &Call) -> Reply {
    let mut world = platform.world();
    let app = world.app(app)?;
    let (app, name) = (app.id.clone(), app.name());
    let body = call.body()?;
    let (build, description) = match (text(body, "slug"), text(body, "release")) {
        (Some("latest"), None) => return Err(Refusal::internal()),
        (Some(slug), None) => {
            uuid(slug)?;
            let build = world.build(slug)?;
            if build.app != app || build.status != Status::Succeeded {
                return Err(Refusal::conflict(format!(
                    "The slug {slug} does not exist or is still in process of building"
                )));
            }
            let description = text(body, "description").unwrap_or_default();
            (slug.to_owned(), description.to_owned())
        }
        (None, Some(release)) => {
            let earlier = world.release_of(&app, release)?;
            (earlier.build.clone(), format!("Rollback to {release}"))
        }
        (None, None) => {
            return Err(Refusal::invalid(
                "The specified \"slug\" (or) \"release\" field was not provided.",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Refusal::invalid(
                "The specified request may only contain either a \"slug\" field for the build to deploy or the \"release\" \
                 field for the release to roll back to, not both.",
            ));
        }
    };
    let id = world.add_release(&app, &build, description);
    let json = wire::new_release(&world, world.release(&id)?);
    let _ = rollout::start(platform, &mut world, &id, &name, 0);
    created(json)
}
