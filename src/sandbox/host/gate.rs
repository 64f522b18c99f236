//! The way in and out of every host: requests are recorded, faults strike, and the API asks for version and token.

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, AUTHORIZATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::basic;
use super::platform::{Platform, Shared};
use super::sabotage;
use super::socket::Switch;
use crate::sandbox::heroku::answer::Refusal;
use crate::sandbox::log::{self, Origin};
use crate::sandbox::spec::Surface;

/// The largest body that the API reads.
const LARGEST_BODY: usize = 1 << 20;

/// Stands before every route of one host.
pub(in crate::sandbox) async fn pass(
    State((platform, origin)): State<(Shared, Origin)>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some((body, json)) = read_json(origin, body).await else {
        return Refusal::bad("The request's body could not be read.").into_response();
    };
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let at = record(&platform, origin, &method, &path, json, &parts.headers);
    let effect = platform.faults().strike_request(origin, &method, &path);
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, body);
    let answer = async {
        platform.pass_holds(&method, &path).await;
        match admit(&platform, origin, &path, &headers) {
            Ok(()) => next.run(request).await,
            Err(response) => *response,
        }
    };
    let sabotaged = sabotage::answer(&platform, origin, &switch, effect, answer);
    let mut response = match platform.cancel.run_until_cancelled(sabotaged).await {
        Some(Some(response)) => response,
        // The switch has broken the connection: whatever is answered here is never sent.
        Some(None) => return StatusCode::NO_CONTENT.into_response(),
        None => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    if let Some(entry) = platform.requests().get_mut(at) {
        entry.status = response.status().as_u16();
    }
    if origin == Origin::Api && platform.surface == Surface::Heroku {
        mark(&platform, &headers, response.headers_mut());
    }
    response
}

/// The body again, and what it says if it is the API's and JSON.
async fn read_json(origin: Origin, body: Body) -> Option<(Body, Option<serde_json::Value>)> {
    if origin != Origin::Api {
        return Some((body, None));
    }
    let bytes = to_bytes(body, LARGEST_BODY).await.ok()?;
    let json = serde_json::from_slice(&bytes).ok();
    Some((Body::from(bytes), json))
}

fn record(
    platform: &Platform,
    origin: Origin,
    method: &str,
    path: &str,
    body: Option<serde_json::Value>,
    headers: &HeaderMap,
) -> usize {
    let mut requests = platform.requests();
    requests.push(log::Request {
        origin,
        method: method.to_owned(),
        path: path.to_owned(),
        status: 0,
        body,
        authorized: headers.contains_key(AUTHORIZATION),
    });
    requests.len() - 1
}

/// Lets a request in, or says why not.
fn admit(
    platform: &Platform,
    origin: Origin,
    path: &str,
    headers: &HeaderMap,
) -> Result<(), Box<Response>> {
    if origin != Origin::Api || platform.surface == Surface::Akkeris {
        // The second surface has a front door of its own.
        return Ok(());
    }
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
    if token.as_deref() != Some(platform.token.as_str()) {
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
fn mark(platform: &Platform, asked: &HeaderMap, headers: &mut HeaderMap) {
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
