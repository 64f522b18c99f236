//! Releases: what ran, what runs, and releasing a slug or an earlier release.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};

use super::{body, find_app, paged, slugs};
use crate::sandbox::heroku::Shared;
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok};
use crate::sandbox::heroku::entity::{App, Release, Slug};
use crate::sandbox::heroku::releasing::{self, Order};
use crate::sandbox::heroku::wire;
use crate::sandbox::heroku::world::World;
use crate::sandbox::spec::Generation;

/// `GET /apps/:app/releases`
pub(super) async fn list(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let releases = app
        .releases
        .iter()
        .map(|release| wire::release(&platform, app, release));
    paged(&platform, &headers, &["version", "id"], releases.collect())
}

/// `GET /apps/:app/releases/:release`
pub(super) async fn info(
    State(platform): State<Shared>,
    Path((app, release)): Path<(String, String)>,
) -> Reply {
    let world = platform.world();
    let (app, release) = find(&world, &app, &release)?;
    Ok(ok(&wire::release(&platform, app, release)))
}

/// `GET /apps/:app/releases/:release/config-vars`
pub(super) async fn config_vars(
    State(platform): State<Shared>,
    Path((app, release)): Path<(String, String)>,
) -> Reply {
    let world = platform.world();
    let (_, release) = find(&world, &app, &release)?;
    Ok(ok(&json!(release.config_vars)))
}

/// `POST /apps/:app/releases`: a slug or an image, of this app or of another, or an earlier release of this app.
pub(super) async fn create(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let mut world = platform.world();
    let app_id = find_app(&world, &app)?.id.clone();
    let given = |name| !wanted[name].is_null();
    let order = match (given("slug"), given("oci_image"), given("release")) {
        (false, false, false) => return Err(Refusal::invalid("Require params: slug.")),
        (true, false, false) => {
            slugs::complete(&platform, &mut world, &body::uuid(&wanted, &["slug"])?)?;
            slug_order(&world, &app_id, &wanted)?
        }
        (false, true, false) => image_order(&world, &app_id, &wanted)?,
        (false, false, true) => rollback_order(&world, &app_id, &wanted)?,
        _ => return Err(Refusal::invalid("Either slug or release, not both.")),
    };
    let id = releasing::release(&platform, &mut world, &app_id, order)
        .ok_or_else(|| Refusal::missing("app"))?;
    let (app, release) = find(&world, &app_id, &id)?;
    Ok(created(&wire::release(&platform, app, release)))
}

fn slug_order(world: &World, app: &str, wanted: &Value) -> Result<Order, Refusal> {
    let id = body::uuid(wanted, &["slug"])?;
    if find_app(world, app)?.generation == Generation::Fir {
        return Err(Refusal::invalid("Fir apps release an oci_image."));
    }
    let slug = world.slug(&id).filter(|slug| !slug.is_images());
    order(slug.ok_or_else(|| Refusal::missing("slug"))?, wanted)
}

/// An image is given by its id or its digest. The schema requires a slug nevertheless; there is none.
fn image_order(world: &World, app: &str, wanted: &Value) -> Result<Order, Refusal> {
    let key = body::required(wanted, &["oci_image"])?;
    if find_app(world, app)?.generation == Generation::Cedar {
        return Err(Refusal::invalid("Cedar apps release a slug."));
    }
    let is_it = |image: &&Slug| image.id == key || image.digest() == key;
    let image = world.slugs.iter().find(is_it);
    order(image.ok_or_else(|| Refusal::missing("oci image"))?, wanted)
}

fn order(slug: &Slug, wanted: &Value) -> Result<Order, Refusal> {
    let mut order = Order::deploy(slug);
    if let Some(description) = body::optional(wanted, &["description"])? {
        order.description = description;
    }
    Ok(order)
}

fn rollback_order(world: &World, app: &str, wanted: &Value) -> Result<Order, Refusal> {
    let id = body::uuid(wanted, &["release"])?;
    let release = world
        .release(app, &id)
        .ok_or_else(|| Refusal::missing("release"))?;
    let slug = release
        .slug
        .clone()
        .filter(|_| release.is_eligible())
        .ok_or_else(|| {
            Refusal::invalid(format!(
                "v{} is not eligible for rollback.",
                release.version
            ))
        })?;
    Ok(Order {
        slug,
        description: format!("Rollback to v{}", release.version),
        config_vars: Some(release.config_vars.clone()),
    })
}

fn find<'a>(world: &'a World, app: &str, release: &str) -> Result<(&'a App, &'a Release), Refusal> {
    let app = find_app(world, app)?;
    let release = world
        .release(&app.id, release)
        .ok_or_else(|| Refusal::missing("release"))?;
    Ok((app, release))
}
