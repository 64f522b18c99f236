//! The stream host: the output of builds and release phases, from any offset, as text or as server-sent events.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::Host;
use super::answer::xml;
use super::ids::Signature;
use super::output::Output;
use super::socket::{Plan, Switch};
use super::sse;
use crate::sandbox::fault::{Effect, Occasion};

/// How long it takes until a piece is surely sent.
const SENDING: Duration = Duration::from_millis(20);

/// Every path of the stream host.
pub(in crate::sandbox) fn router(host: Arc<Host>) -> Router {
    Router::new().fallback(serve).with_state(host)
}

async fn serve(
    State(host): State<Arc<Host>>,
    ConnectInfo(switch): ConnectInfo<Switch>,
    request: Request,
) -> Response {
    let path = request.uri().path();
    let query = request.uri().query().unwrap_or_default();
    if host.signer.check("GET", path, query) != Signature::Good {
        let message = "Request has expired or its signature is wrong";
        return xml(StatusCode::FORBIDDEN, "AccessDenied", message);
    }
    let output = host.outputs.get(path);
    let there = |output: &Arc<Output>| {
        output.look(0).started && host.strike(Occasion::Channel, &output.app).is_empty()
    };
    let Some(output) = output.filter(there) else {
        return (StatusCode::NOT_FOUND, "Channel is not registered.\n").into_response();
    };
    let effects = host.strike(Occasion::Stream, &output.app);
    let events = wants_events(request.headers()) && !effects.contains(&Effect::StreamText);
    let offset = if effects.contains(&Effect::StreamReplay) {
        0
    } else {
        offset(request.headers(), events)
    };
    let look = output.look(offset);
    if look.closed && look.bytes.is_empty() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let changed = output.watch();
    let reader = Reader {
        output,
        changed,
        host,
        switch,
        offset,
        events,
        effects,
        ended: false,
    };
    let content_type = if events {
        "text/event-stream"
    } else {
        "text/plain; charset=utf-8"
    };
    let body = Body::from_stream(unfold(reader, Reader::next));
    ([(CONTENT_TYPE, content_type)], body).into_response()
}

fn wants_events(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/event-stream"))
}

/// Where a reader wants to start: `Range: N-` for text, `Last-Event-Id: N` for events. Anything else, `bytes=N-` too,
/// starts from the beginning, as on the real host.
fn offset(headers: &HeaderMap, events: bool) -> usize {
    let name = if events { "last-event-id" } else { "range" };
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.split('-').next())
        .and_then(|text| text.trim().parse().ok())
        .unwrap_or(0)
}

/// One reader of an output.
struct Reader {
    output: Arc<Output>,
    changed: watch::Receiver<()>,
    host: Arc<Host>,
    switch: Switch,
    offset: usize,
    events: bool,
    effects: Vec<Effect>,
    ended: bool,
}

impl Reader {
    /// The next piece of the body.
    async fn next(mut self) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        if self.ended {
            return None;
        }
        let cancel = self.host.cancel.clone();
        loop {
            self.changed.borrow_and_update();
            let look = self.output.look(self.offset);
            let silent = self.effects.contains(&Effect::StreamSilent);
            if !silent && !look.bytes.is_empty() {
                return self.send(look.bytes, look.planned).await;
            }
            if look.closed && !silent {
                return None;
            }
            let pause = self.host.pace.heartbeat;
            let change = timeout(pause, self.changed.changed());
            match cancel.run_until_cancelled(change).await {
                // The sandbox ends: an orderly end of the stream.
                None | Some(Ok(Err(_))) => return None,
                Some(Ok(Ok(()))) => {}
                Some(Err(_)) if silent => {}
                Some(Err(_)) => {
                    let beat: &[u8] = if self.events { b":keepalive\n" } else { b"\0" };
                    return Some((Ok(Bytes::from_static(beat)), self));
                }
            }
        }
    }

    /// Sends some bytes, or as many of them as the faults let through.
    async fn send(
        mut self,
        mut bytes: Bytes,
        planned: usize,
    ) -> Option<(Result<Bytes, std::io::Error>, Self)> {
        for effect in &self.effects {
            let (percent, reset) = match effect {
                Effect::StreamCut(percent) => (*percent, false),
                Effect::StreamReset(percent) => (*percent, true),
                _ => continue,
            };
            let end = planned * usize::from(percent) / 100;
            if self.offset + bytes.len() < end {
                continue;
            }
            bytes.truncate(end.saturating_sub(self.offset));
            if reset && bytes.is_empty() {
                // What was sent before has to be on its way, or it is lost with the connection.
                sleep(SENDING).await;
                self.switch.set(Plan::Reset);
                self.ended = true;
                let error = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
                return Some((Err(error), self));
            }
            if bytes.is_empty() {
                return None;
            }
            self.ended = !reset;
        }
        let start = self.offset;
        self.offset += bytes.len();
        let piece = if self.events {
            sse::event(&bytes, start + bytes.len())
        } else {
            bytes
        };
        Some((Ok(piece), self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hosts_own_form_of_a_range_is_read() {
        let read = |name: &'static str, text: &str, events: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(name, text.parse().unwrap());
            offset(&headers, events)
        };
        assert_eq!(read("range", "123-", false), 123);
        assert_eq!(read("range", "bytes=123-", false), 0);
        assert_eq!(read("last-event-id", "7", true), 7);
        assert_eq!(read("range", "123-", true), 0);
    }
}
