//! Slugs, and the images that Fir has in their place.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::{body, find_app};
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok};
use crate::sandbox::heroku::entity::Slug;
use crate::sandbox::heroku::world::World;
use crate::sandbox::heroku::{Heroku, Shared};
use crate::sandbox::heroku::{tarball, wire};
use crate::sandbox::host::ids::{now, sha256};
use crate::sandbox::spec::Generation;

/// How long the URL of a slug's blob is valid.
const SECONDS: i64 = 3600;

/// `GET /apps/:app/slugs/:slug`: of the app that it was made for, or of one that has released it.
pub(super) async fn info(
    State(platform): State<Shared>,
    Path((app, id)): Path<(String, String)>,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let slug = world
        .slug_of(app, &id)
        .filter(|slug| app.generation == Generation::Cedar && !slug.is_images())
        .ok_or_else(|| Refusal::missing("slug"))?;
    Ok(ok(&wire::slug(slug, &blob(&platform, slug, "GET"))))
}

/// `GET /apps/:app/oci-images/:image`: a list, of the image that has this id or digest.
pub(super) async fn images(
    State(platform): State<Shared>,
    Path((app, id)): Path<(String, String)>,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let image = world
        .slug_of(app, &id)
        .filter(|_| app.generation == Generation::Fir)
        .ok_or_else(|| Refusal::missing("oci image"))?;
    Ok(ok(&json!([wire::oci_image(app, image)])))
}

/// `POST /apps/:app/slugs`
pub(super) async fn create(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let process_types = wanted["process_types"]
        .as_object()
        .ok_or_else(|| Refusal::invalid("Require params: process_types."))?
        .iter()
        .map(|(name, command)| Some((name.clone(), command.as_str()?.to_owned())))
        .collect::<Option<BTreeMap<String, String>>>()
        .ok_or_else(|| Refusal::invalid("process_types should map names to commands."))?;
    let mut world = platform.world();
    let app = find_app(&world, &app)?;
    if app.generation == Generation::Fir {
        return Err(Refusal::invalid("Fir apps have images and no slugs."));
    }
    let app = app.id.clone();
    let slug = Slug {
        id: world.ids.next(),
        app,
        commit: body::optional(&wanted, &["commit"])?,
        commit_description: body::optional(&wanted, &["commit_description"])?,
        buildpack: body::optional(&wanted, &["buildpack_provided_description"])?,
        checksum: body::optional(&wanted, &["checksum"])?,
        size: None,
        process_types,
        images: BTreeMap::new(),
        created_at: now(),
    };
    let answer = wire::slug(&slug, &blob(&platform, &slug, "PUT"));
    world.slugs.push(slug);
    Ok(created(&answer))
}

/// Sees to it that a slug that was made by a client is there before it is released: everything in it is under `./app`, and it
/// is what its checksum says. What the real platform does with one that is not is not documented.
pub(super) fn complete(platform: &Heroku, world: &mut World, id: &str) -> Result<(), Refusal> {
    let slug = world.slugs.iter_mut().find(|slug| slug.id == id);
    let Some(slug) = slug.filter(|slug| slug.size.is_none()) else {
        return Ok(());
    };
    let path = format!("/slugs/{id}.tgz");
    let packed = platform.host.blobs().get(&path).cloned();
    let packed = packed.ok_or_else(|| Refusal::invalid("The slug was not uploaded."))?;
    if let Some(wanted) = &slug.checksum {
        let found = format!("SHA256:{}", sha256(&packed));
        if found != *wanted {
            return Err(Refusal::invalid(format!(
                "Slug checksum mismatch: expected {wanted}, got {found}."
            )));
        }
    }
    tarball::is_slug(&packed).map_err(Refusal::invalid)?;
    slug.size = u64::try_from(packed.len()).ok();
    Ok(())
}

fn blob(platform: &Heroku, slug: &Slug, method: &str) -> Value {
    let path = format!("/slugs/{}.tgz", slug.id);
    json!({
        "method": method.to_lowercase(),
        "url": platform.host.upload_url(method, &path, SECONDS),
    })
}
