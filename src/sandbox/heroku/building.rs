//! Carrying out builds.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::buildlog;
use super::buildpack;
use super::entity::{Build, Slug, SourceBlob, Status};
use super::releasing::{self, Order};
use super::tarball::{self, Contents};
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::heroku::{Heroku, Shared};
use crate::sandbox::host::additions::{self, Pieces};
use crate::sandbox::host::blob;
use crate::sandbox::host::ids::{now, sha256};
use crate::sandbox::host::part;

/// Starts a build in the background.
pub(super) fn start(platform: &Shared, app: String, build: String) {
    platform.host.spawn(run(Arc::clone(platform), app, build));
}

/// What a build that succeeds makes.
struct Made {
    packed: Bytes,
    contents: Contents,
    process_types: BTreeMap<String, String>,
}

async fn run(platform: Shared, app: String, id: String) {
    let Some((name, source, buildpacks, output)) = with_build(&platform, &app, &id, |build| {
        (
            build.output.app.clone(),
            build.source.clone(),
            build.buildpacks.clone(),
            Arc::clone(&build.output),
        )
    }) else {
        return;
    };
    let effects = platform.host.strike(Occasion::Build, &name);
    let additions = additions::of(&platform.host.strike(Occasion::Log, &name));
    let pace = platform.host.pace.build;
    sleep(part(pace, 10)).await;
    let mut made = make(&platform, &source).await;
    if effects.contains(&Effect::BuildFail) {
        made = Err("The sandbox was told to fail this build.".to_owned());
    }
    let noticed = effects.contains(&Effect::BuildNotice);
    let mut pieces = if noticed {
        made = Err("notice".to_owned());
        buildlog::notice()
    } else {
        buildlog::opening(&source)
    };
    match &made {
        Err(_) if noticed => {}
        Ok(made) => {
            let middle = buildlog::body(
                &source,
                made.packed.len(),
                &made.contents,
                buildpacks.as_deref(),
                &made.process_types,
            );
            pieces.extend(additions);
            pieces.extend(middle);
        }
        Err(reason) => {
            pieces.extend(additions);
            pieces.extend(buildlog::failure(reason));
        }
    }
    if !tell(&platform, &app, &id, &pieces, &effects, pace).await {
        return;
    }
    output.close();
    // As on the real platform, the verdict comes a little after the end of the output.
    sleep(part(pace, 10)).await;
    settle(&platform, &app, &id, made.ok(), &effects);
}

/// Writes the log at the build's pace; false if the build was cancelled.
async fn tell(
    platform: &Shared,
    app: &str,
    id: &str,
    pieces: &Pieces,
    effects: &[Effect],
    pace: Duration,
) -> bool {
    let Some(output) = with_build(platform, app, id, |build| Arc::clone(&build.output)) else {
        return false;
    };
    let slow = effects.iter().find_map(|effect| match effect {
        Effect::BuildSlow(time) => Some(*time),
        _ => None,
    });
    let count = u32::try_from(pieces.len()).unwrap_or(u32::MAX);
    let pause = part(slow.unwrap_or(pace / 10 * 8), count);
    output.start(pieces.iter().map(Vec::len).sum());
    for (at, piece) in pieces.iter().enumerate() {
        if effects.contains(&Effect::BuildNever) && at * 2 > pieces.len() {
            pending::<()>().await;
        }
        if with_build(platform, app, id, |build| build.status) != Some(Status::Pending) {
            return false;
        }
        output.write(piece);
        sleep(pause).await;
    }
    with_build(platform, app, id, |build| build.status) == Some(Status::Pending)
}

/// Fetches and reads the source. The error is a sentence for the log.
async fn make(platform: &Shared, source: &SourceBlob) -> Result<Made, String> {
    let packed = blob::fetch(&platform.host, &source.url)
        .map_err(|why| format!("Could not fetch the source: {why}"))?;
    let bytes = packed.clone();
    let wanted = source.checksum.clone();
    let contents = spawn_blocking(move || {
        if let Some(wanted) = wanted {
            let found = format!("SHA256:{}", sha256(&bytes));
            if found != wanted {
                return Err(format!(
                    "Source checksum mismatch: expected {wanted}, got {found}."
                ));
            }
        }
        tarball::inspect(&bytes)
    })
    .await
    .map_err(|error| format!("The source could not be read: {error}"))??;
    let process_types = if contents.process_types.is_empty() {
        buildpack::default_types(buildpack::detect(&contents.top))
    } else {
        contents.process_types.clone()
    };
    Ok(Made {
        packed,
        contents,
        process_types,
    })
}

/// Gives a build its verdict, together with the resulting slug and release.
fn settle(platform: &Shared, app: &str, id: &str, made: Option<Made>, effects: &[Effect]) {
    let mut world = platform.world();
    let Some(build) = world.build_mut(app, id) else {
        return;
    };
    if build.status != Status::Pending {
        return;
    }
    build.updated_at = now();
    let Some(made) = made else {
        build.status = Status::Failed;
        return;
    };
    build.release_hidden = effects
        .iter()
        .find_map(|effect| match effect {
            Effect::BuildReleaseLate(readings) => Some(*readings),
            _ => None,
        })
        .unwrap_or(0);
    let source = build.source.clone();
    let slug = Slug {
        id: world.ids.next(),
        app: app.to_owned(),
        commit: source.version.filter(|version| !version.is_empty()),
        commit_description: source.version_description,
        buildpack: Some(buildpack::detect(&made.contents.top).name.to_owned()),
        checksum: Some(format!("SHA256:{}", sha256(&made.packed))),
        size: u64::try_from(made.packed.len()).ok(),
        process_types: made.process_types,
        images: BTreeMap::new(),
        created_at: now(),
    };
    let order = Order::deploy(&slug);
    let path = format!("/slugs/{}.tgz", slug.id);
    platform.host.blobs().insert(path, made.packed);
    world.slugs.push(slug);
    let slug = order.slug.clone();
    let release = releasing::release(platform, &mut world, app, order);
    if let Some(build) = world.build_mut(app, id) {
        build.slug = Some(slug);
        build.release = release;
        build.status = Status::Succeeded;
    }
}

fn with_build<T>(
    platform: &Heroku,
    app: &str,
    id: &str,
    read: impl FnOnce(&Build) -> T,
) -> Option<T> {
    platform.world().build_mut(app, id).map(|build| read(build))
}
