//! A build's or a release's output: a stream at a pre-signed address.
//!
//! The server keeps the stream from its start, so a broken one is reopened, from the place reached where the server can do that
//! (`resume`). Its end means nothing: the server also ends it cleanly on its own time-outs (heroku.md §3).

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{RequestBuilder, Response, StatusCode, header};

use crate::{
    http::{
        Error, Kind, STREAM_SILENCE, SecretUrl,
        resume::{Delivered, OffsetsShifted, TextReplay},
        sse::{SseDecoder, SseEvent},
    },
    platform::{
        Services,
        output::{Output, Piece},
    },
};

/// The most redirects that are followed on the way to the output.
const MOST_REDIRECTS: usize = 5;
const EVENTS: &str = "text/event-stream";

/// Whether a page came in place of the output: that of a proxy or a login, for the output host has none.
fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// A place in a stream.
pub(super) struct Stream<'a> {
    services: &'a Services,
    url: SecretUrl,
    delivered: Delivered,
    /// Whether events are asked for: until they turn out to be of no use.
    events: bool,
    /// Whether texts are asked for from a place: until its offsets turn out to have shifted.
    ranges: bool,
    open: Option<Box<Connection>>,
}

/// An open stream.
struct Connection {
    response: Response,
    form: Form,
}

/// The form in which a stream comes, with what is known of it so far.
enum Form {
    Events {
        decoder: SseDecoder,
        /// The offset behind the last event.
        reached: Option<u64>,
    },
    Text(TextReplay),
}

/// What there is at an address.
enum Opened {
    Stream(Box<Connection>),
    /// Nothing yet, or nothing any more.
    Nothing,
    /// Nothing after the place reached, and nothing will be.
    Complete,
    /// It is not offered as events.
    OtherForm,
}

impl<'a> Stream<'a> {
    /// The output at this address, from its start.
    pub(super) fn new(services: &'a Services, url: SecretUrl) -> Self {
        Self {
            services,
            url,
            delivered: Delivered::default(),
            events: true,
            ranges: true,
            open: None,
        }
    }

    fn name(&self) -> String {
        format!("GET {}", self.url)
    }

    /// How long the stream may be silent.
    fn silence(&self) -> Duration {
        self.services.pacing.timeout(STREAM_SILENCE)
    }

    async fn open(&mut self) -> Result<Opened, Error> {
        match self.ask().await? {
            // Whether a text goes on where events would have gone on is not known: it is asked for in its own way.
            Opened::OtherForm => {
                self.events = false;
                self.ask().await
            }
            opened => Ok(opened),
        }
    }

    async fn ask(&self) -> Result<Opened, Error> {
        let text_start = if self.ranges {
            self.delivered.range_start()
        } else {
            0
        };
        let mut url = self.url.expose().clone();
        for _ in 0..=MOST_REDIRECTS {
            let client = self.services.outside.for_stream(&self.name(), &url)?;
            let request = self.asking(client.get(url.clone()), text_start);
            let response = request
                .send()
                .await
                .map_err(|e| Error::from_reqwest(self.name(), &e))?;
            let status = response.status();
            let target = response
                .headers()
                .get(header::LOCATION)
                .filter(|_| status.is_redirection())
                .and_then(|to| to.to_str().ok())
                .and_then(|to| url.join(to).ok());
            if let Some(target) = target {
                url = target;
                continue;
            }
            return self.judge(response, text_start);
        }
        let kind = Kind::Rejected {
            status: 310,
            id: String::new(),
        };
        Err(Error::new(kind, self.name(), "too many redirects"))
    }

    /// The headers that say where to go on.
    fn asking(&self, request: RequestBuilder, text_start: u64) -> RequestBuilder {
        if self.events {
            // Alone: the server looks for exactly this.
            let request = request.header(header::ACCEPT, EVENTS);
            return match self.delivered.offset() {
                0 => request,
                offset => request.header("last-event-id", offset),
            };
        }
        let request = request.header(header::ACCEPT, "text/plain");
        match text_start {
            0 => request,
            // Without `bytes=`, which the server does not know: it would replay from the start (heroku.md §3).
            start => request.header(header::RANGE, format!("{start}-")),
        }
    }

    fn judge(&self, response: Response, text_start: u64) -> Result<Opened, Error> {
        let status = response.status();
        let kind = match status {
            // Until the dyno starts, and when the output is gone.
            StatusCode::NOT_FOUND => return Ok(Opened::Nothing),
            StatusCode::NO_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE => {
                return Ok(Opened::Complete);
            }
            StatusCode::NOT_ACCEPTABLE if self.events => return Ok(Opened::OtherForm),
            _ if is_page(&response) => Kind::Foreign {
                status: status.as_u16(),
            },
            _ if status.is_success() => {
                return Ok(match self.form(&response, text_start) {
                    Some(form) => Opened::Stream(Box::new(Connection { response, form })),
                    None => Opened::OtherForm,
                });
            }
            _ => match status.as_u16() {
                code @ (408 | 425 | 500..=599) => Kind::Busy { status: code },
                429 => Kind::RateLimited,
                code => Kind::Rejected {
                    status: code,
                    id: String::new(),
                },
            },
        };
        Err(Error::new(kind, self.name(), "the output can't be read"))
    }

    /// The form in which an answer comes; `None` if it is of no use: a text that was not asked for as one.
    fn form(&self, response: &Response, text_start: u64) -> Option<Form> {
        let kind = response.headers().get(header::CONTENT_TYPE);
        let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !self.events {
            return Some(Form::Text(TextReplay::new(&self.delivered, text_start)));
        }
        kind.starts_with(EVENTS).then(|| Form::Events {
            decoder: SseDecoder::default(),
            reached: None,
        })
    }

    /// What is new in a chunk. If that is unclear, the stream must be reopened, in another form.
    fn read(&mut self, form: &mut Form, chunk: &[u8]) -> (Vec<u8>, bool) {
        match form {
            Form::Text(replay) => match replay.push(&mut self.delivered, chunk) {
                Ok(new) => (new, true),
                Err(OffsetsShifted) => {
                    self.ranges = false;
                    (Vec::new(), false)
                }
            },
            Form::Events { decoder, reached } => {
                let mut new = Vec::new();
                let usable = match decoder.push(chunk) {
                    Ok(events) => events.into_iter().all(|event| {
                        let bytes = self.place(reached, &event);
                        let placed = bytes.is_some();
                        new.extend(bytes.unwrap_or_default());
                        placed
                    }),
                    Err(_) => false,
                };
                self.events = usable;
                (new, usable)
            }
        }
    }

    /// What is new in an event; `None` if the ids of this server are no offsets: the events do not join.
    fn place(&mut self, reached: &mut Option<u64>, event: &SseEvent) -> Option<Vec<u8>> {
        let length = event.bytes.len() as u64;
        // Without ids a server can't have been told where to go on: it replays.
        let end = event.end.unwrap_or(reached.unwrap_or(0) + length);
        let start = end.checked_sub(length)?;
        let fits = match *reached {
            Some(reached) => start == reached,
            // The first bytes of all are those at 0.
            None => self.delivered.offset() > 0 || start == 0,
        };
        *reached = Some(end);
        fits.then(|| self.delivered.take_until(end, &event.bytes))
    }
}

#[async_trait(?Send)]
impl Output for Stream<'_> {
    fn moved(&mut self, to: SecretUrl) {
        self.url = to;
        self.open = None;
    }

    async fn next(&mut self) -> Result<Piece, Error> {
        // The caller may stop waiting: the connection keeps its place meanwhile.
        let silence = self.silence();
        if self.open.is_none() {
            match tokio::time::timeout(silence, self.open()).await {
                Err(_) => return Err(self.silent()),
                Ok(opened) => match opened? {
                    Opened::Stream(connection) => self.open = Some(connection),
                    Opened::Nothing | Opened::OtherForm => return Ok(Piece::NotYet),
                    Opened::Complete => return Ok(Piece::Complete),
                },
            }
        }
        let chunk = match &mut self.open {
            Some(connection) => tokio::time::timeout(silence, connection.response.chunk()).await,
            None => Ok(Ok(None)),
        };
        let Some(mut connection) = self.open.take() else {
            return Ok(Piece::End);
        };
        let chunk = chunk
            .map_err(|_| self.silent())?
            .map_err(|e| Error::from_reqwest(self.name(), &e))?;
        let Some(chunk) = chunk else {
            return Ok(Piece::End);
        };
        let (new, usable) = self.read(&mut connection.form, &chunk);
        self.open = usable.then_some(connection);
        Ok(Piece::Bytes(new))
    }
}

impl Stream<'_> {
    /// Nothing came for longer than the time between heartbeats: the connection is dead.
    fn silent(&self) -> Error {
        Error::new(Kind::Lost, self.name(), "it is silent")
    }
}
