//! The one place that makes HTTP clients and sends requests.
//!
//! There are two kinds of clients. The API's carries the token, to the API's own origin only, and follows no redirect. The bare
//! one carries nothing of ours: it is for the upload host, the output host and HTTP checks.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{Client, Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use super::{
    Error, Kind, Pacing, Phase, Request,
    address::{Guard, is_loopback},
    answer::{Answer, Recognise, bytes_to_read, date, from_reqwest, judge, read_bounded, with_id},
    client::{Roots, client, roots_for},
    proxy::{self, Gate},
    retry,
};
use crate::{
    env::Env,
    journal::{Journal, event::Event},
    redact::Redactor,
};

/// How long an API request may take from its first byte to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the API may be silent within that. Its router gives up after 30 s and says so.
const API_SILENCE: Duration = Duration::from_secs(35);
/// How long a stream may be silent before it is opened anew. The platform sends a heartbeat every 10 s (heroku.md §3).
pub const STREAM_SILENCE: Duration = Duration::from_secs(75);
/// A request that may be repeated is tried so often, even if that takes longer than its retry budget.
const FEWEST_TRIES: u32 = 2;

/// The clients, and what every request needs.
pub struct Http {
    api: Client,
    bare: Client,
    fresh: Client,
    guard: Guard,
    local: bool,
    /// The CA certificates, or what is wrong with those that the environment names.
    roots: Result<Roots, String>,
    /// The variable that names the proxy.
    proxy: Option<&'static str>,
    /// What the first request through it showed.
    gate: tokio::sync::Mutex<Gate>,
    /// Tells the platform's own refusals from those of others.
    own: Recognise,
    base: Url,
    token: Option<SecretString>,
    events: Journal,
    pacing: Pacing,
    redactor: Redactor,
    /// What the platform last said of the account's rate limit.
    remaining: AtomicU32,
    /// Whether nothing more is to be created.
    ending: AtomicBool,
    /// Whether the platform has accepted the token.
    accepted: AtomicBool,
    /// How many seconds the platform's clock is ahead of this machine's.
    ahead: AtomicI64,
    /// What apps are called, by their ids.
    names: Mutex<BTreeMap<String, String>>,
}

impl Http {
    /// Makes the clients for an API at `base`.
    pub fn new(
        base: Url,
        env: &Env,
        token: Option<SecretString>,
        pacing: Pacing,
        events: Journal,
        redactor: Redactor,
    ) -> Result<Self, String> {
        let local = is_loopback(&base);
        let found = Roots::find(env);
        let roots = roots_for(&base, &found)?;
        if let Some(fault) = proxy::fault(env).filter(|_| !local) {
            return Err(fault);
        }
        if let Some(token) = &token {
            redactor.learn(token.expose_secret());
        }
        let guard = Guard::new(local);
        Ok(Self {
            api: client(local, roots.clone(), pacing, Some(API_SILENCE), None)?,
            bare: client(
                local,
                roots.clone(),
                pacing,
                Some(STREAM_SILENCE),
                Some(&guard),
            )?,
            // A read timeout would count from the first byte of an upload: that has a watch of its own.
            fresh: client(local, roots, pacing, None, Some(&guard))?,
            guard,
            local,
            roots: found,
            proxy: proxy::variable(env).filter(|_| !local),
            gate: tokio::sync::Mutex::default(),
            own: |_, _, _| true,
            base,
            token,
            events,
            pacing,
            redactor,
            remaining: AtomicU32::new(u32::MAX),
            ending: AtomicBool::new(false),
            accepted: AtomicBool::new(false),
            ahead: AtomicI64::new(0),
            names: Mutex::default(),
        })
    }

    /// Tells the platform's own refusals by this.
    #[must_use]
    pub fn recognising(mut self, own: Recognise) -> Self {
        self.own = own;
        self
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

    /// The client that carries nothing of ours, for an address that the platform named, if it may be asked.
    pub fn bare(&self, name: &str, url: &Url) -> Result<&Client, Error> {
        self.admit(name, url)?;
        Ok(&self.bare)
    }

    /// A client that carries nothing of ours, for an address that is not the platform's. It makes a connection for each
    /// request, and has no time-out but for the connection.
    pub fn client_for(&self, url: &Url) -> Result<Client, String> {
        let local = is_loopback(url);
        if local == self.local && url.scheme() == self.base.scheme() {
            return Ok(self.fresh.clone());
        }
        client(local, roots_for(url, &self.roots)?, self.pacing, None, None)
    }

    /// The same for an app's own address, which the platform named.
    pub fn client_for_app(&self, url: &Url) -> Result<Client, String> {
        self.guard.admit_bare(url).map_err(refused)?;
        let local = is_loopback(url);
        if local == self.local && url.scheme() == self.base.scheme() {
            return Ok(self.fresh.clone());
        }
        let roots = roots_for(url, &self.roots)?;
        client(local, roots, self.pacing, None, Some(&self.guard))
    }

    /// The same for an address that another server named: a registry, the host of an archive. What holds of those that a
    /// platform names holds of it, too: only a server on this machine may name what is near.
    pub fn client_named_by(&self, by: &Url, url: &Url) -> Result<Client, String> {
        let guard = Guard::new(is_loopback(by));
        guard
            .admit(url)
            .map_err(|why| format!("it names an address, but nothing is sent there: {why}"))?;
        let roots = roots_for(url, &self.roots)?;
        client(is_loopback(url), roots, self.pacing, None, Some(&guard))
    }

    /// The client that makes a connection for each request, for an address that the platform named, if it may be asked. It
    /// carries nothing of ours either, and has no time-out but for the connection.
    pub fn fresh(&self, name: &str, url: &Url) -> Result<&Client, Error> {
        self.admit(name, url)?;
        Ok(&self.fresh)
    }

    fn admit(&self, name: &str, url: &Url) -> Result<(), Error> {
        self.guard
            .admit(url)
            .map_err(|why| Error::new(Kind::Unsupported, name, refused(why)))
    }

    /// How quick to look again.
    pub fn pacing(&self) -> Pacing {
        self.pacing
    }

    /// The pause before the next look at something that has been under way for `elapsed`, as the pacing and the account's
    /// rate limit have it. `chance` is a random number in 0..1.
    pub fn poll_pause(&self, elapsed: Duration, chance: f64) -> Duration {
        let frugal = retry::frugal_pause(self.remaining.load(Ordering::Relaxed));
        self.pacing
            .poll_pause(elapsed, chance)
            .max(self.pacing.of(frugal))
    }

    /// Where things are reported.
    pub fn events(&self) -> &Journal {
        &self.events
    }

    /// The run is being ended: from now on no request that creates something is sent, nor repeated. One that is on its way
    /// stays so.
    pub fn create_nothing_more(&self) {
        self.ending.store(true, Ordering::Relaxed);
    }

    /// Makes a secret of this run known to everything that prints, and to the CI system.
    pub fn learn(&self, secret: &str) {
        self.redactor.announce(secret);
    }

    /// Sends a request to the API, repeated as its phase and its retry budget allow, and reads the body of its answer as `T`.
    /// An answer that can't be read is a failure like any other.
    pub async fn fetch<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        self.send_until(request, |answer| answer.read()).await
    }

    /// Sends a request to the API until `read` makes something of its answer.
    pub async fn send_until<T>(
        &self,
        request: Request<'_>,
        read: impl Fn(Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let mut pauses = self.pacing.pauses();
        let mut tries = 0;
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
                return Err(error);
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
                return Err(error);
            };
            self.events.emit(Event::Retrying {
                request: error.request.clone(),
                why: error.reason(),
                pause,
            });
            tokio::time::sleep(pause).await;
        }
    }

    /// One try. With an error comes what `Retry-After` asked for. Where there is a proxy the first request goes alone: a
    /// proxy that denies several at once may lock the account.
    async fn once(&self, request: &Request<'_>) -> Result<Answer, (Error, Option<Duration>)> {
        if self.proxy.is_none() {
            return self.exchange(request).await;
        }
        let mut gate = self.gate.lock().await;
        match &*gate {
            Gate::Open => {
                drop(gate);
                self.exchange(request).await
            }
            Gate::Denied(error) => Err((error.clone(), None)),
            Gate::Untried => {
                let answer = self.exchange(request).await;
                *gate = match &answer {
                    Err((error, _)) if error.kind == Kind::ProxyDenied => {
                        Gate::Denied(error.clone())
                    }
                    _ => Gate::Open,
                };
                answer
            }
        }
    }

    async fn exchange(&self, request: &Request<'_>) -> Result<Answer, (Error, Option<Duration>)> {
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
            Phase::Create => (&self.fresh, API_SILENCE),
            Phase::Read | Phase::Upload => (&self.api, REQUEST_TIMEOUT),
        };
        let mut builder = client
            .request(request.method.clone(), url)
            .timeout(self.pacing.timeout(limit));
        if let Some(token) = &self.token {
            builder = builder.bearer_auth(token.expose_secret());
        }
        for (header, value) in &request.headers {
            builder = builder.header(header, value);
        }
        builder = match request.body {
            Some(body) => builder.json(body),
            // Without a body no length is sent at all, and some servers insist on one.
            None if request.method == Method::POST => builder.header(header::CONTENT_LENGTH, "0"),
            None => builder,
        };
        let response = builder
            .send()
            .await
            .map_err(|e| (from_reqwest(name.clone(), &e), None))?;
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
            .map_err(|e| (with_id(from_reqwest(name.clone(), &e), &headers), None))?;
        judge(name, status, headers, bytes, request.largest, self.own)
    }
}

/// An address that the platform named, and where nothing is sent.
fn refused(why: &str) -> String {
    format!("the platform names this address, but nothing is sent there: {why}")
}

#[cfg(test)]
mod tests;
