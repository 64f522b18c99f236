//! Releasing images that are in the registry: a variant of the batch update of the formation, which the schema does not have.
//!
//! What of it is known (heroku.md §2, and the source of the platform's client): the request; that an app has to be on the
//! stack `container`; that an image which runs already makes no release, which a header tells; and that a release is called
//! `Deployed web (142013fe2b5c)`, with the beginning of the image's id. What is not known is done the plain way here: the words
//! of a refusal; that what runs is what counts, and not what a failed release was to run; the name of a release of several images.

use std::collections::BTreeMap;

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::{body, find_app};
use crate::sandbox::fault::Occasion;
use crate::sandbox::heroku::answer::{Refusal, Reply, ok};
use crate::sandbox::heroku::entity::{App, Slug};
use crate::sandbox::heroku::image::Image;
use crate::sandbox::heroku::releasing::{self, Order};
use crate::sandbox::heroku::world::World;
use crate::sandbox::heroku::{Shared, formation};
use crate::sandbox::host::ids::now;
use crate::sandbox::spec::Generation;

/// The variant of the API that takes images.
const VARIANT: &str = "version=3.docker-releases";
const WARNING: HeaderName = HeaderName::from_static("warning-message");
/// How many digits of an image's id the name of its release has.
const DIGITS: usize = 12;

/// Whether updates of the formation are about images. Only the variant knows those.
pub(super) fn are_meant(headers: &HeaderMap, updates: &[Value]) -> Result<bool, Refusal> {
    let images = updates
        .iter()
        .any(|update| !update["docker_image"].is_null());
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
    let is_variant = accept.is_some_and(|accept| accept.replace(' ', "").contains(VARIANT));
    if images && !is_variant {
        return Err(Refusal::invalid("Invalid params: docker_image."));
    }
    Ok(images)
}

/// Releases images on an app, if any of them is not what it runs.
pub(super) fn release(platform: &Shared, app: &str, updates: &[Value]) -> Reply {
    let mut world = platform.world();
    let id = allowed(find_app(&world, app)?)?.id.clone();
    let mut wanted: BTreeMap<String, Image> = BTreeMap::new();
    for update in updates {
        let kind = body::required(update, &["type"])?;
        let image = body::required(update, &["docker_image"])?;
        let app = find_app(&world, &id)?;
        let found = platform.registry().image(app, &kind, &image);
        let image = found.ok_or_else(|| {
            Refusal::invalid(format!(
                "The image {image} is not in the registry for {kind} of {}.",
                app.name
            ))
        })?;
        wanted.insert(kind, image);
    }
    let running = running(&world, &id);
    let images = |kind: &str| running.as_ref().and_then(|slug| slug.images.get(kind));
    let (same, new): (Vec<_>, Vec<_>) = wanted
        .iter()
        .partition(|(kind, image)| images(kind) == Some(&image.id));
    if !new.is_empty() {
        let name = find_app(&world, &id)?.name.clone();
        let named = platform.host.strike(Occasion::Images, &name).is_empty();
        let description = if named {
            called(&new)
        } else {
            "Deployed images".to_owned()
        };
        let slug = made(&mut world, &id, running.as_ref(), &new);
        let order = Order {
            slug: slug.id.clone(),
            description,
            config_vars: None,
        };
        world.slugs.push(slug);
        releasing::release(platform, &mut world, &id, order);
    }
    let kinds: Vec<&String> = wanted.keys().collect();
    let app = find_app(&world, &id)?;
    let mut changed = formation::formation(&world, app);
    changed.retain(|one| kinds.iter().any(|kind| one["type"] == **kind));
    let mut answer = ok(&Value::Array(changed));
    let told: Vec<String> = same
        .iter()
        .map(|(kind, _)| {
            format!(
                "The process type {kind} was not updated, because it is already running the specified docker image."
            )
        })
        .collect();
    if let Ok(told) = HeaderValue::from_str(&told.join(" "))
        && !told.is_empty()
    {
        answer.headers_mut().insert(WARNING, told);
    }
    Ok(answer)
}

/// Only an app on the container stack takes images.
fn allowed(app: &App) -> Result<&App, Refusal> {
    if app.generation == Generation::Fir {
        return Err(Refusal::invalid("Fir apps do not run Docker images."));
    }
    if !app.is_on_containers() {
        return Err(Refusal::invalid(format!(
            "{} is not on the stack container.",
            app.name
        )));
    }
    Ok(app)
}

/// The images that an app runs.
fn running(world: &World, app: &str) -> Option<Slug> {
    let current = world.app(app)?.current()?;
    let slug = world.slug(current.slug.as_deref()?)?;
    slug.is_images().then(|| slug.clone())
}

/// `Deployed web (142013fe2b5c), worker (85aa64b988cf)`
fn called(new: &[(&String, &Image)]) -> String {
    let each = new.iter().map(|(kind, image)| {
        let digits: String = image
            .id
            .trim_start_matches("sha256:")
            .chars()
            .take(DIGITS)
            .collect();
        format!("{kind} ({digits})")
    });
    format!("Deployed {}", each.collect::<Vec<_>>().join(", "))
}

/// What an app is to run: these images, and of other process types those that it runs.
fn made(world: &mut World, app: &str, running: Option<&Slug>, new: &[(&String, &Image)]) -> Slug {
    let mut images = running.map_or_else(BTreeMap::new, |slug| slug.images.clone());
    let mut process_types = running.map_or_else(BTreeMap::new, |slug| slug.process_types.clone());
    for (kind, image) in new {
        images.insert((*kind).clone(), image.id.clone());
        process_types.insert((*kind).clone(), image.command.clone());
    }
    let source = |kind: &str| {
        let found = new.iter().find(|(of, _)| kind.is_empty() || *of == kind)?;
        found.1.source.clone()
    };
    Slug {
        id: world.ids.next(),
        app: app.to_owned(),
        commit: source("web").or_else(|| source("")),
        commit_description: None,
        buildpack: None,
        checksum: None,
        size: Some(0),
        process_types,
        images,
        created_at: now(),
    }
}
