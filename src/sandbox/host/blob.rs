//! The upload host: an object store with pre-signed URLs, as strict as the real one.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, TRANSFER_ENCODING};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use super::Host;
use super::answer::xml;
use super::ids::{Signature, sha256};
use crate::sandbox::fault::{Effect, Occasion};

/// The largest object that the store takes.
const LARGEST: usize = 1 << 30;

/// Every path of the upload host.
pub(in crate::sandbox) fn router(host: Arc<Host>) -> Router {
    Router::new().fallback(serve).with_state(host)
}

async fn serve(State(host): State<Arc<Host>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let answer = match parts.method {
        Method::PUT => put(&host, &parts, body).await,
        Method::GET => get(&host, &parts),
        _ => Err(xml(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        )),
    };
    answer.unwrap_or_else(|refusal| refusal)
}

#[expect(
    clippy::result_large_err,
    reason = "the error is the answer itself, and is moved once"
)]
fn get(host: &Host, parts: &Parts) -> Result<Response, Response> {
    check_signature(host, parts)?;
    match host.blobs().get(parts.uri.path()) {
        Some(bytes) => Ok(([(CONTENT_TYPE, "application/gzip")], bytes.clone()).into_response()),
        None => Err(xml(
            StatusCode::NOT_FOUND,
            "NoSuchKey",
            "The specified key does not exist.",
        )),
    }
}

async fn put(host: &Host, parts: &Parts, body: Body) -> Result<Response, Response> {
    check_signature(host, parts)?;
    check_headers(parts)?;
    let bytes = to_bytes(body, LARGEST).await.map_err(|_| {
        xml(
            StatusCode::BAD_REQUEST,
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header.",
        )
    })?;
    let tag = format!("\"{}\"", &sha256(&bytes)[..32]);
    store(host, parts.uri.path(), bytes);
    Ok((StatusCode::OK, [(ETAG, tag)]).into_response())
}

fn store(host: &Host, path: &str, bytes: Bytes) {
    let effects = host.strike(Occasion::Upload, "");
    if effects.contains(&Effect::UploadLost) {
        return;
    }
    let kept = if effects.contains(&Effect::UploadCorrupt) {
        let mut damaged = bytes.to_vec();
        let middle = damaged.len() / 2;
        if let Some(byte) = damaged.get_mut(middle) {
            *byte ^= 0x55;
        }
        Bytes::from(damaged)
    } else {
        bytes
    };
    host.blobs().insert(path.to_owned(), kept);
}

#[expect(
    clippy::result_large_err,
    reason = "the error is the answer itself, and is moved once"
)]
fn check_signature(host: &Host, parts: &Parts) -> Result<(), Response> {
    if parts.headers.contains_key(AUTHORIZATION) {
        return Err(xml(
            StatusCode::BAD_REQUEST,
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string \
             parameter or the Authorization header should be specified",
        ));
    }
    let query = parts.uri.query().unwrap_or_default();
    let signature = host
        .signer
        .check(parts.method.as_str(), parts.uri.path(), query);
    match signature {
        Signature::Good => Ok(()),
        Signature::Expired => Err(xml(
            StatusCode::FORBIDDEN,
            "AccessDenied",
            "Request has expired",
        )),
        Signature::Wrong => Err(signature_mismatch()),
    }
}

/// Why a build can't fetch its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::sandbox) enum CannotFetch {
    #[error("the sandbox fetches from its own upload host only.")]
    Elsewhere,
    #[error("403, the URL has expired.")]
    Expired,
    #[error("403, the URL's signature is wrong.")]
    Forged,
    #[error("404, nothing was uploaded there.")]
    Nothing,
}

/// The object behind a URL, for a build.
pub(in crate::sandbox) fn fetch(host: &Host, url: &str) -> Result<Bytes, CannotFetch> {
    let rest = url
        .strip_prefix(&host.urls.upload)
        .ok_or(CannotFetch::Elsewhere)?;
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    match host.signer.check("GET", path, query) {
        Signature::Good => host.blobs().get(path).cloned().ok_or(CannotFetch::Nothing),
        Signature::Expired => Err(CannotFetch::Expired),
        Signature::Wrong => Err(CannotFetch::Forged),
    }
}

/// What the signature covers: no content type, and a length known from the start.
#[expect(
    clippy::result_large_err,
    reason = "the error is the answer itself, and is moved once"
)]
fn check_headers(parts: &Parts) -> Result<(), Response> {
    let content_type = parts.headers.get(CONTENT_TYPE);
    if content_type.is_some_and(|value| !value.is_empty()) {
        return Err(signature_mismatch());
    }
    if parts.headers.contains_key(TRANSFER_ENCODING) {
        return Err(xml(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "A header you provided implies functionality that is not implemented: Transfer-Encoding",
        ));
    }
    if !parts.headers.contains_key(CONTENT_LENGTH) {
        return Err(xml(
            StatusCode::LENGTH_REQUIRED,
            "MissingContentLength",
            "You must provide the Content-Length HTTP header.",
        ));
    }
    Ok(())
}

fn signature_mismatch() -> Response {
    xml(
        StatusCode::FORBIDDEN,
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing \
         method.",
    )
}
