//! Builds.

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde_json::{Value, json};
use url::{Host, Url};

use super::{body, find_app, paged};
use crate::sandbox::heroku::answer::{Refusal, Reply, created, ok};
use crate::sandbox::heroku::entity::{Build, SourceBlob, Status};
use crate::sandbox::heroku::{Heroku, Shared};
use crate::sandbox::heroku::{building, wire};
use crate::sandbox::host::ids::now;
use crate::sandbox::spec::Generation;

/// `GET /apps/:app/builds`
pub(super) async fn list(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    headers: HeaderMap,
) -> Reply {
    let world = platform.world();
    let app = find_app(&world, &app)?;
    let builds = app
        .builds
        .iter()
        .map(|build| wire::build(&platform, app, build));
    let orders = ["id", "started_at", "created_at"];
    paged(&platform, &headers, &orders, builds.collect())
}

/// `GET /apps/:app/builds/:build`
pub(super) async fn info(
    State(platform): State<Shared>,
    Path((app, build)): Path<(String, String)>,
) -> Reply {
    let mut world = platform.world();
    let answer = show(&platform, find_app(&world, &app)?, &build)?;
    if let Some(build) = world.build_mut(&app, &build)
        && build.release.is_some()
    {
        build.release_hidden = build.release_hidden.saturating_sub(1);
    }
    Ok(ok(&answer))
}

/// `POST /apps/:app/builds`
pub(super) async fn create(
    State(platform): State<Shared>,
    Path(app): Path<String>,
    bytes: Bytes,
) -> Reply {
    let wanted = body::object(&bytes)?;
    let source = read_source(&wanted)?;
    let buildpacks = read_buildpacks(&wanted)?;
    let mut world = platform.world();
    let found = find_app(&world, &app)?;
    if buildpacks.is_some() && found.generation == Generation::Fir {
        return Err(Refusal::invalid(
            "Buildpacks of Fir apps are set in project.toml.",
        ));
    }
    let app_id = found.id.clone();
    let id = world.ids.next();
    let path = format!("/streams/ap/{app_id}/logs/bu/{id}.log");
    let name = find_app(&world, &app)?.name.clone();
    let output = world.outputs.add(path, name);
    if let Some(app) = world.app_mut(&app_id) {
        app.builds.push(Build {
            id: id.clone(),
            source,
            buildpacks,
            status: Status::Pending,
            created_at: now(),
            updated_at: now(),
            slug: None,
            release: None,
            output,
            release_hidden: 0,
        });
    }
    let answer = show(&platform, find_app(&world, &app_id)?, &id)?;
    drop(world);
    building::start(&platform, app_id, id);
    Ok(created(&answer))
}

/// `DELETE /apps/:app/builds/:build`: cancels a pending build; 422 if it is over.
pub(super) async fn cancel(
    State(platform): State<Shared>,
    Path((app, id)): Path<(String, String)>,
) -> Reply {
    let mut world = platform.world();
    find_app(&world, &app)?;
    let build = world
        .build_mut(&app, &id)
        .ok_or_else(|| Refusal::missing("build"))?;
    if build.status != Status::Pending {
        return Err(Refusal::invalid("Only a pending build can be cancelled."));
    }
    build.status = Status::Failed;
    build.updated_at = now();
    build.output.write(b"\n !     Build cancelled\n\n");
    build.output.close();
    let app = find_app(&world, &app)?;
    Ok(ok(&show(&platform, app, &id)?))
}

/// `DELETE /apps/:app/build-cache`
pub(super) async fn empty_cache(State(platform): State<Shared>, Path(app): Path<String>) -> Reply {
    find_app(&platform.world(), &app)?;
    Ok(ok(&json!({})))
}

fn show(
    platform: &Heroku,
    app: &crate::sandbox::heroku::entity::App,
    id: &str,
) -> Result<Value, Refusal> {
    app.builds
        .iter()
        .find(|build| build.id == id)
        .map(|build| wire::build(platform, app, build))
        .ok_or_else(|| Refusal::missing("build"))
}

fn read_source(wanted: &Value) -> Result<SourceBlob, Refusal> {
    if !wanted["source_blob"].is_object() {
        return Err(Refusal::invalid("Require params: source_blob."));
    }
    let url = body::required(wanted, &["source_blob", "url"])?;
    let secure = Url::parse(&url)
        .is_ok_and(|url| url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url)));
    if !secure {
        return Err(Refusal::bad("https is required for source_blob:url"));
    }
    let checksum = body::optional(wanted, &["source_blob", "checksum"])?;
    if checksum.as_deref().is_some_and(|text| !is_checksum(text)) {
        return Err(Refusal::invalid(
            "source_blob.checksum should be SHA256: and 64 hex digits in lower case.",
        ));
    }
    Ok(SourceBlob {
        url,
        checksum,
        version: body::optional(wanted, &["source_blob", "version"])?,
        version_description: body::optional(wanted, &["source_blob", "version_description"])?,
    })
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn is_checksum(text: &str) -> bool {
    text.strip_prefix("SHA256:").is_some_and(|hex| {
        hex.len() == 64
            && hex
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn read_buildpacks(wanted: &Value) -> Result<Option<Vec<Value>>, Refusal> {
    let problem = || Refusal::invalid("buildpacks should be an array of {url} or {name}.");
    match &wanted["buildpacks"] {
        Value::Null => Ok(None),
        Value::Array(items) => {
            let valid = items.iter().all(|item| {
                item.as_object().is_some_and(|fields| {
                    !fields.is_empty()
                        && fields.iter().all(|(name, value)| {
                            matches!(name.as_str(), "url" | "name") && value.is_string()
                        })
                })
            });
            if valid {
                Ok(Some(items.clone()))
            } else {
                Err(problem())
            }
        }
        _ => Err(problem()),
    }
}
