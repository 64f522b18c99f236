//! Manifests: what a repository has under a digest or a tag.

use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::{Value, json};

use super::{DIGEST, Shared, digest, refuse, too_large};
use crate::sandbox::heroku::Heroku;
use crate::sandbox::host::answer::typed;

/// The one kind of manifest that is taken.
const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
/// The largest manifest.
const LARGEST_MANIFEST: usize = 4 << 20;

/// `GET /v2/:app/:type/tags/list`
pub(super) async fn tags(
    State(platform): State<Shared>,
    Path((app, kind)): Path<(String, String)>,
) -> Response {
    let repository = format!("{app}/{kind}");
    let registry = platform.registry();
    let there = registry.manifests.keys();
    let tags: Vec<&str> = there
        .filter(|(of, reference)| *of == repository && !reference.contains(':'))
        .map(|(_, tag)| tag.as_str())
        .collect();
    let body = json!({"name": repository, "tags": tags});
    typed(StatusCode::OK, "application/json", body.to_string())
}

/// `GET`, `HEAD` and `PUT /v2/:app/:type/manifests/:reference`
pub(super) async fn manifest(
    State(platform): State<Shared>,
    Path((app, kind, reference)): Path<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let repository = format!("{app}/{kind}");
    match method {
        Method::GET | Method::HEAD => {
            let key = (repository, reference);
            let Some(bytes) = platform.registry().manifests.get(&key).cloned() else {
                let message = "there is no such manifest";
                return refuse(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN", message);
            };
            let head = [
                (CONTENT_TYPE, MANIFEST.to_owned()),
                (DIGEST, digest(&bytes)),
                (CONTENT_LENGTH, bytes.len().to_string()),
            ];
            (head, bytes).into_response()
        }
        Method::PUT => {
            let Ok(bytes) = to_bytes(body, LARGEST_MANIFEST).await else {
                return too_large();
            };
            let kind = headers
                .get(CONTENT_TYPE)
                .and_then(|kind| kind.to_str().ok());
            put_manifest(&platform, &repository, reference, kind, &bytes)
        }
        _ => refuse(
            StatusCode::METHOD_NOT_ALLOWED,
            "UNSUPPORTED",
            "manifests are put and got",
        ),
    }
}

fn put_manifest(
    platform: &Heroku,
    repository: &str,
    reference: String,
    kind: Option<&str>,
    bytes: &Bytes,
) -> Response {
    let invalid = |message: &str| refuse(StatusCode::BAD_REQUEST, "MANIFEST_INVALID", message);
    let Ok(manifest) = serde_json::from_slice::<Value>(bytes) else {
        return invalid("it is not JSON");
    };
    if kind != Some(MANIFEST) || manifest["mediaType"] != MANIFEST || manifest["schemaVersion"] != 2
    {
        return invalid("only Docker's manifests of version 2 are taken");
    }
    let name = digest(bytes);
    if reference.contains(':') && reference != name {
        let message = "the manifest is not what its digest says";
        return refuse(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message);
    }
    let mut registry = platform.registry();
    let layers = manifest["layers"].as_array().into_iter().flatten();
    for part in layers.chain([&manifest["config"]]) {
        let blob = part["digest"]
            .as_str()
            .and_then(|name| registry.blob(repository, name));
        if blob.is_none_or(|blob| part["size"] != blob.len()) {
            let message = "a blob that it names is not there, or of another size";
            return refuse(StatusCode::BAD_REQUEST, "MANIFEST_BLOB_UNKNOWN", message);
        }
    }
    let place = format!("/v2/{repository}/manifests/{name}");
    for reference in [name.clone(), reference] {
        let key = (repository.to_owned(), reference);
        registry.manifests.insert(key, bytes.clone());
    }
    (StatusCode::CREATED, [(LOCATION, place), (DIGEST, name)]).into_response()
}
