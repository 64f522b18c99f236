//! The container registry: what the distribution specification says of pushing and pulling
//! (<https://github.com/opencontainers/distribution-spec>), as strict as the platform's own. A repository is an app and a
//! process type, and manifests are Docker's of version 2: those of OCI are refused.

mod manifests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::header::{
    AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION, RANGE, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, patch, post};
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::json;

use super::{Heroku, Shared};
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::host::answer::typed;
use crate::sandbox::host::basic;
use crate::sandbox::host::ids::{random_secret, sha256};
use crate::sandbox::host::lock;

const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
/// The largest blob.
const LARGEST_BLOB: usize = 1 << 30;

/// What was pushed.
#[derive(Debug, Default)]
pub(super) struct Registry {
    /// By their digests.
    pub(super) blobs: BTreeMap<String, Bytes>,
    /// Which repository has which of them: `shop/web`, and a digest.
    has: BTreeSet<(String, String)>,
    /// What has come of an upload so far, by its id.
    uploads: BTreeMap<String, Vec<u8>>,
    /// By repository, and by digest or tag.
    pub(super) manifests: BTreeMap<(String, String), Bytes>,
}

impl Registry {
    /// A blob that a repository has.
    fn blob(&self, repository: &str, digest: &str) -> Option<&Bytes> {
        let key = (repository.to_owned(), digest.to_owned());
        self.blobs.get(digest).filter(|_| self.has.contains(&key))
    }
}

/// Every route of the registry.
pub(super) fn router(platform: &Shared) -> Router<Shared> {
    Router::new()
        .route("/v2/", get(|| async { StatusCode::OK }))
        .route("/v2/{app}/{kind}/blobs/{digest}", get(blob))
        .route("/v2/{app}/{kind}/blobs/uploads/", post(begin))
        .route(
            "/v2/{app}/{kind}/blobs/uploads/{upload}",
            patch(append).get(progress).put(finish),
        )
        .route(
            "/v2/{app}/{kind}/manifests/{reference}",
            any(manifests::manifest),
        )
        .route("/v2/{app}/{kind}/tags/list", get(manifests::tags))
        .layer(from_fn_with_state(Arc::clone(platform), admit))
}

/// The error of the specification.
fn refuse(status: StatusCode, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message, "detail": null}]});
    typed(status, "application/json", body.to_string())
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", sha256(bytes))
}

/// Asks for the token, as the password of `Basic`, and for an app that there is.
async fn admit(State(platform): State<Shared>, request: Request, next: Next) -> Response {
    let given = request.headers().get(AUTHORIZATION);
    let given = given.and_then(|value| value.to_str().ok());
    if given.and_then(basic::token).as_ref() != Some(&platform.host.token) {
        let mut answer = refuse(
            StatusCode::UNAUTHORIZED,
            "UNAUTHORIZED",
            "authentication required",
        );
        if let Ok(challenge) = "Basic realm=\"sandbox\"".parse() {
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        return answer;
    }
    let app = request.uri().path().split('/').nth(2);
    if let Some(app) = app.filter(|app| !app.is_empty())
        && platform.world().app(app).is_none()
    {
        return refuse(
            StatusCode::NOT_FOUND,
            "NAME_UNKNOWN",
            "there is no such app",
        );
    }
    next.run(request).await
}

/// `GET` and `HEAD /v2/:app/:type/blobs/:digest`
async fn blob(
    State(platform): State<Shared>,
    Path((app, kind, wanted)): Path<(String, String, String)>,
) -> Response {
    let registry = platform.registry();
    let found = registry.blob(&format!("{app}/{kind}"), &wanted);
    if found.is_some() {
        let effects = platform.host.strike(Occasion::StoredBlob, &app);
        if effects.contains(&Effect::BlobElsewhere) {
            let place = format!("{}/blobs/{wanted}", platform.host.urls.upload);
            return (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, place)]).into_response();
        }
    }
    match found {
        Some(bytes) => (
            [
                (CONTENT_TYPE, "application/octet-stream"),
                (DIGEST, wanted.as_str()),
            ],
            bytes.clone(),
        )
            .into_response(),
        None => refuse(
            StatusCode::NOT_FOUND,
            "BLOB_UNKNOWN",
            "there is no such blob",
        ),
    }
}

/// `POST /v2/:app/:type/blobs/uploads/`: begins an upload; with `digest` the body is all of it.
async fn begin(
    State(platform): State<Shared>,
    Path((app, kind)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    body: Body,
) -> Response {
    if let (Some(mounted), Some(from)) = (query.get("mount"), query.get("from")) {
        let mut registry = platform.registry();
        if registry.blob(from, mounted).is_some() {
            let to = format!("{app}/{kind}");
            registry.has.insert((to, mounted.clone()));
            return stored(&app, &kind, mounted);
        }
    }
    let Ok(bytes) = to_bytes(body, LARGEST_BLOB).await else {
        return too_large();
    };
    if let Some(wanted) = query.get("digest") {
        return store(&platform, &app, &kind, wanted, bytes.to_vec());
    }
    let id = random_secret();
    platform.registry().uploads.insert(id.clone(), Vec::new());
    under_way(&app, &kind, &id, 0, StatusCode::ACCEPTED)
}

/// `PATCH …/uploads/:upload`: the next part. One that says where it begins must begin where the last one ended. What came of one
/// that breaks off is kept.
async fn append(
    State(platform): State<Shared>,
    Path((app, kind, id)): Path<(String, String, String)>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let named = platform.world().app(&app).map(|app| app.name.clone());
    let effects = platform
        .host
        .strike(Occasion::Blob, &named.unwrap_or_default());
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let first = header(CONTENT_RANGE)
        .map(|range| range.split('-').next().and_then(|first| first.parse().ok()));
    let length = {
        let mut registry = platform.registry();
        if effects.contains(&Effect::BlobForgotten) {
            registry.uploads.remove(&id);
        }
        let Some(so_far) = registry.uploads.get(&id) else {
            return no_upload();
        };
        so_far.len()
    };
    if first.is_some_and(|first| first != Some(length)) {
        return under_way(&app, &kind, &id, length, StatusCode::RANGE_NOT_SATISFIABLE);
    }
    let cut = effects.iter().find_map(|effect| match effect {
        Effect::BlobCut(percent) => Some(usize::from(*percent)),
        _ => None,
    });
    let announced = header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    let most = cut.map_or(LARGEST_BLOB, |percent| {
        announced.unwrap_or(0) / 100 * percent
    });
    let mut room = most;
    let mut chunks = body.into_data_stream();
    while room > 0 {
        let Some(Ok(chunk)) = chunks.next().await else {
            break;
        };
        let kept = &chunk[..chunk.len().min(room)];
        room -= kept.len();
        let mut registry = platform.registry();
        let Some(so_far) = registry.uploads.get_mut(&id) else {
            return no_upload();
        };
        so_far.extend_from_slice(kept);
    }
    if cut.is_some() {
        let message = "The sandbox was told to break off.";
        return refuse(StatusCode::BAD_GATEWAY, "UNKNOWN", message);
    }
    if room == 0 {
        return too_large();
    }
    let mut registry = platform.registry();
    let Some(so_far) = registry.uploads.get_mut(&id) else {
        return no_upload();
    };
    if effects.contains(&Effect::BlobCorrupt)
        && let Some(byte) = so_far.last_mut()
    {
        *byte ^= 1;
    }
    under_way(&app, &kind, &id, so_far.len(), StatusCode::ACCEPTED)
}

/// `GET …/uploads/:upload`: how far it is.
async fn progress(
    State(platform): State<Shared>,
    Path((app, kind, id)): Path<(String, String, String)>,
) -> Response {
    match platform.registry().uploads.get(&id) {
        Some(so_far) => under_way(&app, &kind, &id, so_far.len(), StatusCode::NO_CONTENT),
        None => no_upload(),
    }
}

/// `PUT …/uploads/:upload?digest=`: the last part, and what all of it should be.
async fn finish(
    State(platform): State<Shared>,
    Path((app, kind, id)): Path<(String, String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    body: Body,
) -> Response {
    let Ok(bytes) = to_bytes(body, LARGEST_BLOB).await else {
        return too_large();
    };
    let Some(mut whole) = platform.registry().uploads.remove(&id) else {
        return no_upload();
    };
    whole.extend_from_slice(&bytes);
    let wanted = query.get("digest").map_or("", String::as_str);
    store(&platform, &app, &kind, wanted, whole)
}

fn store(platform: &Heroku, app: &str, kind: &str, wanted: &str, bytes: Vec<u8>) -> Response {
    if digest(&bytes) != wanted {
        let message = "the content is not what its digest says";
        return refuse(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message);
    }
    let mut registry = platform.registry();
    registry.blobs.insert(wanted.to_owned(), bytes.into());
    let to = format!("{app}/{kind}");
    registry.has.insert((to, wanted.to_owned()));
    stored(app, kind, wanted)
}

fn stored(app: &str, kind: &str, digest: &str) -> Response {
    let place = format!("/v2/{app}/{kind}/blobs/{digest}");
    (
        StatusCode::CREATED,
        [(LOCATION, place.as_str()), (DIGEST, digest)],
    )
        .into_response()
}

fn under_way(app: &str, kind: &str, id: &str, length: usize, status: StatusCode) -> Response {
    let place = format!("/v2/{app}/{kind}/blobs/uploads/{id}");
    let range = format!("0-{}", length.saturating_sub(1));
    (status, [(LOCATION, place), (RANGE, range)]).into_response()
}

fn too_large() -> Response {
    refuse(
        StatusCode::PAYLOAD_TOO_LARGE,
        "SIZE_INVALID",
        "it is too large",
    )
}

fn no_upload() -> Response {
    let message = "there is no such upload";
    refuse(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", message)
}

impl Heroku {
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        lock(&self.registry)
    }
}
