//! The gate of every host: it records requests and applies faults.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, DATE};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Host;
use super::platform::Platform;
use super::sabotage;
use super::socket::Switch;
use crate::sandbox::log::{self, Origin};

/// The largest body that the API reads.
const LARGEST_BODY: usize = 1 << 20;

/// Stands before every route of one host.
pub(in crate::sandbox) async fn pass(
    State((platform, origin)): State<(Arc<dyn Platform>, Origin)>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
    next: Next,
) -> Response {
    let host = platform.host();
    let (parts, body) = request.into_parts();
    let Some((body, json)) = read_json(origin, parts.uri.path(), body).await else {
        return platform.refused(StatusCode::BAD_REQUEST, None);
    };
    let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
    let (at_once, _under_way) = host.comes(origin);
    let request = log::Request {
        origin,
        method: method.clone(),
        path: path.clone(),
        status: 0,
        body: json,
        authorized: parts.headers.contains_key(AUTHORIZATION),
        at_once,
    };
    let at = record(host, request);
    let effect = host.faults().strike_request(origin, &method, &path);
    let headers = parts.headers.clone();
    let request = Request::from_parts(parts, body);
    let answer = async {
        host.pass_holds(&method, &path).await;
        next.run(request).await
    };
    let sabotaged = sabotage::answer(&*platform, origin, &switch, effect, answer);
    let mut response = match host.cancel.run_until_cancelled(sabotaged).await {
        Some(Some(response)) => response,
        // The switch has broken the connection: whatever is answered here is never sent.
        Some(None) => return StatusCode::NO_CONTENT.into_response(),
        None => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    if let Some(entry) = host.requests().get_mut(at) {
        entry.status = response.status().as_u16();
    }
    if origin == Origin::Api {
        platform.mark(&headers, response.headers_mut());
        if let Some(date) = host.date().and_then(|date| date.parse().ok()) {
            response.headers_mut().insert(DATE, date);
        }
    }
    response
}

/// The body again, and what it says if it is the API's and JSON. The layers of images are large, and none of it.
async fn read_json(
    origin: Origin,
    path: &str,
    body: Body,
) -> Option<(Body, Option<serde_json::Value>)> {
    if origin != Origin::Api || path.starts_with("/v2/") {
        return Some((body, None));
    }
    let bytes = to_bytes(body, LARGEST_BODY).await.ok()?;
    let json = serde_json::from_slice(&bytes).ok();
    Some((Body::from(bytes), json))
}

fn record(host: &Host, request: log::Request) -> usize {
    let mut requests = host.requests();
    requests.push(request);
    requests.len() - 1
}
