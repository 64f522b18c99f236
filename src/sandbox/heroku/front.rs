//! The front door: the API asks for version and token, and counts the calls.

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::Refusal;
use super::{Heroku, Shared};
use crate::sandbox::host::basic;

/// Lets a request in, or says why not.
pub(super) async fn admit(
    State(platform): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    match check(&platform, request.uri().path(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => *refusal,
    }
}

fn check(platform: &Heroku, path: &str, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let refuse = |refusal: Refusal| Err(Box::new(refusal.into_response()));
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    match version(text(ACCEPT).unwrap_or_default()) {
        Version::Three => {}
        Version::None => return Err(Box::new(Refusal::missing_version())),
        Version::Other => {
            return refuse(Refusal::new(
                StatusCode::NOT_ACCEPTABLE,
                "not_acceptable",
                "The sandbox speaks version 3 of the API only.",
            ));
        }
    }
    let free = path == "/account/rate-limits";
    if platform.take_calls(if free { 0.0 } else { 1.0 }).0 < 1.0 && !free {
        return refuse(Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limit",
            "Your account reached the API rate limit. Please wait a few minutes before making new requests.",
        ));
    }
    let token = text(AUTHORIZATION).and_then(basic::token);
    if token.as_deref() != Some(platform.host.token.as_str()) {
        return refuse(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "Invalid credentials provided.",
        ));
    }
    Ok(())
}

#[derive(Debug, PartialEq, Eq)]
enum Version {
    Three,
    Other,
    None,
}

/// The version that an `Accept` header asks for; the real clients append variants such as `3.sdk`.
fn version(accept: &str) -> Version {
    accept
        .split(',')
        .find_map(|kind| {
            let mut parts = kind.split(';').map(str::trim);
            if !parts.next()?.starts_with("application/vnd.heroku+") {
                return None;
            }
            let version = parts.find_map(|part| part.strip_prefix("version="))?;
            let three = version == "3" || version.starts_with("3.");
            Some(if three {
                Version::Three
            } else {
                Version::Other
            })
        })
        .unwrap_or(Version::None)
}

/// Adds the headers that every answer of the API has.
pub(super) fn mark(platform: &Heroku, asked: &HeaderMap, headers: &mut HeaderMap) {
    let own = platform.world().ids.next();
    let chain = match asked
        .get("request-id")
        .and_then(|value| value.to_str().ok())
    {
        Some(theirs) if theirs.len() < 4096 => format!("{theirs},{own}"),
        _ => own,
    };
    let left = platform.take_calls(0.0).0;
    for (name, text) in [
        ("request-id", chain),
        ("ratelimit-remaining", format!("{left:.0}")),
        ("ratelimit-multiplier", "1".to_owned()),
        ("oauth-scope", "global".to_owned()),
        ("vary", "Authorization,Accept-Encoding".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variants_that_real_clients_send_are_version_three() {
        for accept in [
            "application/vnd.heroku+json; version=3",
            "application/vnd.heroku+json;version=3",
            "application/vnd.heroku+json; version=3.sdk",
            "application/vnd.heroku+json; version=3.cancel-build",
            "text/html, application/vnd.heroku+json; version=3",
        ] {
            assert_eq!(version(accept), Version::Three, "{accept}");
        }
    }

    #[test]
    fn anything_else_is_not() {
        for accept in ["", "*/*", "application/json", "application/vnd.heroku+json"] {
            assert_eq!(version(accept), Version::None, "{accept}");
        }
        assert_eq!(
            version("application/vnd.heroku+json; version=2"),
            Version::Other
        );
    }
}
