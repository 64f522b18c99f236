//! The client of an API: it sends the token, to the API's own origin only, follows no redirect, and repeats requests.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{Client, Method, RequestBuilder, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;

use super::{
    Error, Kind, Outside, Pacing, Phase, Request,
    answer::{Answer, IsOwnRefusal, bytes_to_read, date, judge, read_bounded, with_id},
    challenge, pacing,
    proxy::ProxyState,
    request::Content,
    retry,
};
use crate::journal::{Journal, event::Event};

/// How long an API request may take from its first byte to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the API may be silent within that. Its router gives up after 30 s and says so.
const SILENCE: Duration = Duration::from_secs(35);
/// The least number of tries for a request that may be repeated, even if they take longer than its retry budget.
const FEWEST_TRIES: u32 = 2;

/// An API: where it is, the token for it, and what its answers told.
pub struct Api {
    /// Keeps its connections.
    kept: Client,
    /// Makes a connection for each request.
    fresh: Client,
    /// The variable that names the proxy.
    proxy: Option<&'static str>,
    /// What the first request through it showed.
    proxy_state: tokio::sync::Mutex<ProxyState>,
    /// Tells the platform's own refusals from those of others.
    pub is_own_refusal: IsOwnRefusal,
    base: Url,
    token: Option<SecretString>,
    /// Whether the token is sent as a password without a user.
    basic: bool,
    journal: Journal,
    pacing: Pacing,
    /// What the platform last said of the account's rate limit.
    remaining: AtomicU32,
    /// Bounds how many reading requests are under way at the same time.
    places: Semaphore,
    /// How many requests were sent.
    sent: AtomicU64,
    /// Whether nothing more may be created.
    ending: AtomicBool,
    /// Whether the platform has accepted the token.
    accepted: AtomicBool,
    /// How many seconds the platform's clock is ahead of this machine's.
    ahead: AtomicI64,
    /// What apps are called, by their ids.
    names: Mutex<BTreeMap<String, String>>,
}

impl Api {
    /// Makes the clients of an API at `base`.
    pub fn new(
        base: Url,
        token: Option<SecretString>,
        outside: &Outside,
        pacing: Pacing,
        journal: Journal,
    ) -> Result<Self, String> {
        Ok(Self {
            kept: outside.kept(&base, SILENCE)?,
            fresh: outside.client_for(&base)?,
            proxy: outside.proxy_to(&base),
            proxy_state: tokio::sync::Mutex::default(),
            is_own_refusal: |_, _, _| true,
            base,
            token,
            basic: false,
            journal,
            pacing,
            remaining: AtomicU32::new(u32::MAX),
            places: Semaphore::new(pacing::AT_A_TIME as usize),
            sent: AtomicU64::new(0),
            ending: AtomicBool::new(false),
            accepted: AtomicBool::new(false),
            ahead: AtomicI64::new(0),
            names: Mutex::default(),
        })
    }

    /// Sends the token as the password of `Basic`, without a user.
    #[must_use]
    pub fn with_basic(mut self) -> Self {
        self.basic = true;
        self
    }

    /// Adds the token to a request to the API's own origin.
    pub(super) fn authorised(&self, builder: RequestBuilder) -> RequestBuilder {
        match &self.token {
            Some(token) if self.basic => builder.basic_auth("", Some(token.expose_secret())),
            Some(token) => builder.bearer_auth(token.expose_secret()),
            None => builder,
        }
    }

    /// Who gives out tokens, where an answer to a password says that it wants one.
    pub(super) fn token_server(&self, headers: &header::HeaderMap) -> Option<String> {
        challenge::token_server(headers).filter(|_| self.basic)
    }

    /// How often to look, and how long to wait.
    pub(super) fn pacing(&self) -> Pacing {
        self.pacing
    }

    /// The variable that names the proxy to the API, if one does.
    pub fn proxy_variable(&self) -> Option<&'static str> {
        self.proxy
    }

    /// Calls an app by its name in everything that is said of requests.
    pub fn call_app(&self, id: &str, name: &str) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(id.to_owned(), name.to_owned());
    }

    /// A request's name, for messages: apps by their names.
    fn name(&self, request: &Request<'_>) -> String {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        let called = |part: &str| names.get(part).cloned().unwrap_or_else(|| part.to_owned());
        let parts: Vec<String> = request.path.split('/').map(called).collect();
        format!("{} {}", request.method, parts.join("/"))
    }

    /// The time by the platform's clock, as its last answer had it: what is old is judged by the clock that dated it.
    pub fn now(&self) -> Timestamp {
        let ahead = jiff::SignedDuration::from_secs(self.ahead.load(Ordering::Relaxed));
        let here = Timestamp::now();
        here.checked_add(ahead).unwrap_or(here)
    }

    /// The API's address.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// How many requests were sent so far, repeated ones included.
    pub fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// The pause before the next look at something that has been under way for `elapsed`, as the pacing and the account's
    /// rate limit have it. `chance` is a random number in 0..1.
    pub fn poll_pause(&self, elapsed: Duration, chance: f64) -> Duration {
        let remaining = self.remaining.load(Ordering::Relaxed);
        let pause = self.pacing.poll_pause(elapsed, chance);
        pause.max(self.pacing.frugal_pause(remaining))
    }

    /// The run is being ended: from now on no request that creates something is sent, nor repeated. One that is on its way
    /// stays so.
    pub fn create_nothing_more(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Sends a request, repeated as its phase and its retry budget allow, and reads the body of its answer as `T`. An answer that can't be read is a failure like any other.
    pub async fn fetch<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        self.send_until(request, |answer| answer.read()).await
    }

    /// Sends a request until `read` makes something of its answer.
    pub async fn send_until<T>(
        &self,
        request: Request<'_>,
        read: impl Fn(Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let mut pauses = self.pacing.pauses();
        let mut tries = 0;
        let mut doubt = None;
        loop {
            if request.phase == Phase::Create && self.ending.load(Ordering::Relaxed) {
                let name = self.name(&request);
                let message = "it was not sent: the run is being ended";
                return Err(Error::new(Kind::Ending, name, message).during(request.phase));
            }
            tries += 1;
            let answer = self.once(&request).await;
            let read = answer.and_then(|answer| read(answer).map_err(|error| (error, None)));
            let (mut error, asked) = match read {
                Ok(read) => return Ok(read),
                Err((error, asked)) => (error.during(request.phase), asked),
            };
            if request.changes() && !error.certainly_not_accepted() {
                doubt = Some(error.clone());
            }
            let accepted = self.accepted.load(Ordering::Relaxed);
            if request.doubts_denials && accepted && retry::is_doubtful_denial(&error) {
                error.kind = Kind::Unchecked;
            }
            let doubtful = (request.doubts_denials && retry::is_doubtful_denial(&error))
                || (request.doubts_absence && retry::is_doubtful_absence(&error));
            let budget = if doubtful {
                self.pacing.budget_in_doubt().min(request.budget)
            } else if retry::may_repeat(&error) {
                request.budget
            } else {
                return Err(first_doubt(doubt, error));
            };
            // One failure is no outage, however long it took: a machine that slept, or a reader of our output that stopped
            // reading, looks like a server that does not answer.
            let left = if tries < FEWEST_TRIES {
                budget
            } else {
                budget.saturating_sub(began.elapsed())
            };
            let planned = pauses.next().unwrap_or(left);
            let asked = asked.map(|asked| self.pacing.of(asked.min(retry::LONGEST_RETRY_AFTER)));
            let Some(pause) = retry::pause(planned, asked, left) else {
                return Err(first_doubt(doubt, error));
            };
            self.journal.emit(Event::Retrying {
                request: error.request.clone(),
                why: error.reason(),
                pause,
                left: Some(left),
            });
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits for a place among the requests under way: many apps are asked about at the same time, and the platform, and the
    /// account's rate limit, are not ours alone. What creates something goes at once.
    async fn place(&self, request: &Request<'_>) -> Option<SemaphorePermit<'_>> {
        if request.phase != Phase::Read {
            return None;
        }
        let remaining = self.remaining.load(Ordering::Relaxed);
        let places = Pacing::places(remaining);
        self.places.acquire_many(places).await.ok()
    }

    /// One try. With an error comes what `Retry-After` asked for. Where there is a proxy the first request goes alone: a
    /// proxy that denies several at once may lock the account.
    async fn once(&self, request: &Request<'_>) -> Result<Answer, (Error, Option<Duration>)> {
        if self.proxy.is_none() {
            return self.exchange(request).await;
        }
        let mut state = self.proxy_state.lock().await;
        match &*state {
            ProxyState::Works => {
                drop(state);
                self.exchange(request).await
            }
            ProxyState::Denied(error) => Err((error.clone(), None)),
            ProxyState::Untried => {
                let answer = self.exchange(request).await;
                *state = match &answer {
                    Err((error, _)) if error.kind == Kind::ProxyDenied => {
                        ProxyState::Denied(error.clone())
                    }
                    _ => ProxyState::Works,
                };
                answer
            }
        }
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Answer, (Error, Option<Duration>)> {
        let _place = self.place(request).await;
        let began = Instant::now();
        let name = self.name(request);
        let mut url = self.base.clone();
        let (path, query) = match request.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.path.as_str(), None),
        };
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        // A kept connection may have been closed unnoticed: whether the request arrived would not be known.
        let (client, limit) = match request.phase {
            Phase::Create => (&self.fresh, SILENCE),
            Phase::Read | Phase::Upload => (&self.kept, REQUEST_TIMEOUT),
        };
        let mut builder = client
            .request(request.method.clone(), url)
            .timeout(self.pacing.timeout(limit));
        builder = self.authorised(builder);
        for (header, value) in &request.headers {
            builder = builder.header(header, value);
        }
        builder = match &request.body {
            Some(Content::Json(body)) => builder.json(body),
            Some(Content::Bytes(kind, bytes)) => builder
                .header(header::CONTENT_TYPE, *kind)
                .body(bytes.clone()),
            // Without a body no length is sent at all, and some servers insist on one.
            None if request.method == Method::POST => builder.header(header::CONTENT_LENGTH, "0"),
            None => builder,
        };
        self.sent.fetch_add(1, Ordering::Relaxed);
        let response = builder
            .send()
            .await
            .map_err(|e| (Error::from_reqwest(name.clone(), &e), None))?;
        let status = response.status();
        let headers = response.headers().clone();
        let remaining = headers
            .get("ratelimit-remaining")
            .and_then(|v| v.to_str().ok());
        if let Some(remaining) = remaining.and_then(|v| v.parse().ok()) {
            self.remaining.store(remaining, Ordering::Relaxed);
        }
        if status.is_success() {
            self.accepted.store(true, Ordering::Relaxed);
            let date = date(&headers).and_then(|date| Timestamp::try_from(date).ok());
            if let Some(date) = date {
                let ahead = date.duration_since(Timestamp::now()).as_secs();
                self.ahead.store(ahead, Ordering::Relaxed);
            }
        }
        tracing::debug!(request = %name, status = status.as_u16(), took = ?began.elapsed(), "answered");
        let bytes = read_bounded(response, bytes_to_read(status, request.largest))
            .await
            .map_err(|e| {
                (
                    with_id(Error::from_reqwest(name.clone(), &e), &headers),
                    None,
                )
            })?;
        let server = self.token_server(&headers);
        judge(
            name,
            status,
            headers,
            bytes,
            request.largest,
            self.is_own_refusal,
        )
        .map_err(|(error, asked)| (challenge::told(error, server.as_deref()), asked))
    }
}

/// What a request that was repeated ends with: where an earlier try may have been carried out, that the last one certainly
/// was not proves nothing. That it is not there any more is for the caller to judge.
fn first_doubt(doubt: Option<Error>, last: Error) -> Error {
    doubt
        .filter(|_| last.certainly_not_accepted() && last.kind != Kind::NotFound)
        .unwrap_or(last)
}

#[cfg(test)]
mod tests;
