//! The one place that makes HTTP clients and sends requests.
//!
//! There are two kinds of clients. The API's carries the token, to the API's own origin only, and follows no redirect. The bare
//! one carries nothing of ours: it is for the upload host, the output host and HTTP checks.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    time::{Duration, Instant},
};

use reqwest::{Client, Method, header, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{
    answer::{Answer, bytes_to_read, from_reqwest, judge, read_bounded, root_cause, with_id},
    error::{Error, Kind},
    retry::{self, Repeat, Tempo},
};
use crate::{
    event::{Event, Events},
    redact::Redactor,
};

/// How long making a connection may take, TLS included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an API request may take from its first byte to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the API may be silent within that. Its router gives up after 30 s and says so.
const API_SILENCE: Duration = Duration::from_secs(35);
/// How long a stream may be silent before it is opened anew. The platform sends a heartbeat every 10 s (heroku.md §3).
pub const STREAM_SILENCE: Duration = Duration::from_secs(75);
/// A request that may be repeated is tried so often, even if that takes longer than its patience.
const FEWEST_TRIES: u32 = 2;
/// More than any answer of the API has: a page of a list is at most a fifth of it.
const LARGEST_ANSWER: usize = 4 << 20;

/// The clients, and what every request needs.
pub struct Http {
    api: Client,
    bare: Client,
    uploads: Client,
    local: bool,
    base: Url,
    token: Option<SecretString>,
    events: Events,
    tempo: Tempo,
    redactor: Redactor,
    /// What the platform last said of the account's rate limit.
    remaining: AtomicU32,
    /// Whether nothing more is to be created.
    ending: AtomicBool,
}

/// A request to the API.
pub struct Request<'a> {
    method: Method,
    path: String,
    body: Option<&'a Value>,
    headers: Vec<(header::HeaderName, String)>,
    repeat: Repeat,
    patience: Duration,
    largest: usize,
    doubts_denials: bool,
    doubts_absence: bool,
}

impl<'a> Request<'a> {
    /// Reads something. `patience` bounds how long it is repeated.
    pub fn get(path: impl Into<String>, patience: Duration) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
            headers: Vec::new(),
            repeat: Repeat::Safe,
            patience,
            largest: LARGEST_ANSWER,
            doubts_denials: false,
            doubts_absence: false,
        }
    }

    /// Creates something: repeated only while it was certainly not accepted.
    pub fn post(path: impl Into<String>, body: Option<&'a Value>, patience: Duration) -> Self {
        Self {
            method: Method::POST,
            body,
            repeat: Repeat::Creates,
            ..Self::get(path, patience)
        }
    }

    /// Deletes something. Repeating it changes nothing more.
    pub fn delete(path: impl Into<String>, patience: Duration) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(path, patience)
        }
    }

    /// Sends it with another method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Says that the answer may be longer than others: a list that comes without pages, a log.
    #[must_use]
    pub fn largest(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// Says that a 401 may be an outage of what checks the token: the request is sent again a few times.
    #[must_use]
    pub fn doubting_denials(mut self) -> Self {
        self.doubts_denials = true;
        self
    }

    /// Says that what is asked for is known to be there: for a while a 404 is taken for the answer of a replica that lags.
    #[must_use]
    pub fn doubting_absence(mut self) -> Self {
        self.doubts_absence = true;
        self
    }

    /// Says that repeating this request, though it is a POST, has no lasting effect.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeat = Repeat::Safe;
        self
    }
}

/// A part of a path: a name or an id, percent-encoded where it is neither.
pub fn part(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

/// Whether an address is on this machine: where plain HTTP is allowed, and proxies and CA files are not needed.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Makes a client that follows no redirects. A local one works without proxies, which would capture loopback, and
/// without CA files.
fn client(local: bool, tempo: Tempo, silence: Option<Duration>) -> Result<Client, String> {
    let mut builder = Client::builder()
        .user_agent(concat!("launchway/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(tempo.timeout(CONNECT_TIMEOUT));
    if let Some(silence) = silence {
        builder = builder.read_timeout(tempo.timeout(silence));
    }
    if local {
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build().map_err(|e| {
        format!(
            "cannot set up TLS: {}; install the package `ca-certificates` or set SSL_CERT_FILE to a file with CA certificates",
            root_cause(&e)
        )
    })
}

impl Http {
    /// Makes the clients for an API at `base`.
    pub fn new(
        base: Url,
        token: Option<SecretString>,
        tempo: Tempo,
        events: Events,
        redactor: Redactor,
    ) -> Result<Self, String> {
        let local = is_loopback(&base);
        if let Some(token) = &token {
            redactor.learn(token.expose_secret());
        }
        Ok(Self {
            api: client(local, tempo, Some(API_SILENCE))?,
            bare: client(local, tempo, Some(STREAM_SILENCE))?,
            // A read timeout would count from the first byte of the upload: it has a watch of its own.
            uploads: client(local, tempo, None)?,
            local,
            base,
            token,
            events,
            tempo,
            redactor,
            remaining: AtomicU32::new(u32::MAX),
            ending: AtomicBool::new(false),
        })
    }

    /// The API's address.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// The client that carries nothing of ours.
    pub fn bare(&self) -> &Client {
        &self.bare
    }

    /// A client that carries nothing of ours, for an address that is not the platform's.
    pub fn client_for(&self, url: &Url) -> Result<Client, String> {
        let local = is_loopback(url);
        if local == self.local {
            Ok(self.bare.clone())
        } else {
            client(local, self.tempo, Some(STREAM_SILENCE))
        }
    }

    /// The client for uploads: it carries nothing of ours either, and has no time-out but for the connection.
    pub fn uploads(&self) -> &Client {
        &self.uploads
    }

    /// How quick to look again.
    pub fn tempo(&self) -> Tempo {
        self.tempo
    }

    /// The pause before the next look at something that has been under way for `elapsed`, as the tempo and the account's
    /// rate limit have it. `chance` is a random number in 0..1.
    pub fn poll_pause(&self, elapsed: Duration, chance: f64) -> Duration {
        let frugal = retry::frugal_pause(self.remaining.load(Ordering::Relaxed));
        self.tempo
            .poll_pause(elapsed, chance)
            .max(self.tempo.of(frugal))
    }

    /// Where things are reported.
    pub fn events(&self) -> &Events {
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

    /// Sends a request to the API, repeated as its kind and its patience allow, and reads the body of its answer as `T`.
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
        let mut pauses = self.tempo.pauses();
        let mut tries = 0;
        loop {
            if request.repeat == Repeat::Creates && self.ending.load(Ordering::Relaxed) {
                let name = format!("{} {}", request.method, request.path);
                let message = "it was not sent: the run is being ended";
                return Err(Error::new(Kind::Ending, name, message));
            }
            tries += 1;
            let answer = self.once(&request).await;
            let read = answer.and_then(|answer| read(answer).map_err(|error| (error, None)));
            let (error, asked) = match read {
                Ok(read) => return Ok(read),
                Err(failed) => failed,
            };
            let doubtful = (request.doubts_denials && retry::is_doubtful_denial(&error))
                || (request.doubts_absence && retry::is_doubtful_absence(&error));
            let patience = if doubtful {
                self.tempo.patience_in_doubt().min(request.patience)
            } else if retry::may_repeat(request.repeat, &error) {
                request.patience
            } else {
                return Err(error);
            };
            // One failure is no outage, however long it took: a machine that slept, or a reader of our output that stopped
            // reading, looks like a server that does not answer.
            let left = if tries < FEWEST_TRIES {
                patience
            } else {
                patience.saturating_sub(began.elapsed())
            };
            let planned = pauses.next().unwrap_or(left);
            let asked = asked.map(|asked| self.tempo.of(asked.min(retry::LONGEST_RETRY_AFTER)));
            let Some(pause) = retry::pause(planned, asked, left) else {
                return Err(error);
            };
            self.events.emit(Event::Retrying {
                request: error.request.clone(),
                why: error.to_string(),
                pause,
            });
            tokio::time::sleep(pause).await;
        }
    }

    /// One try. With an error comes what `Retry-After` asked for.
    async fn once(&self, request: &Request<'_>) -> Result<Answer, (Error, Option<Duration>)> {
        let began = Instant::now();
        let name = format!("{} {}", request.method, request.path);
        let mut url = self.base.clone();
        let (path, query) = match request.path.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (request.path.as_str(), None),
        };
        url.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        url.set_query(query);
        let mut builder = self
            .api
            .request(request.method.clone(), url)
            .timeout(self.tempo.timeout(REQUEST_TIMEOUT));
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
        tracing::debug!(request = %name, status = status.as_u16(), took = ?began.elapsed(), "answered");
        let bytes = read_bounded(response, bytes_to_read(status, request.largest))
            .await
            .map_err(|e| (with_id(from_reqwest(name.clone(), &e), &headers), None))?;
        judge(name, status, headers, bytes, request.largest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_this_machine_only() {
        for (url, expected) in [
            ("http://127.0.0.1:1", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:80/", true),
            ("http://localhost:3", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
            ("https://api.heroku.com", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }

    #[test]
    fn a_part_of_a_path_can_not_leave_its_place() {
        assert_eq!(part("acme-shop_1.2~x"), "acme-shop_1.2~x");
        assert_eq!(part("../../account?x=#y"), "..%2F..%2Faccount%3Fx%3D%23y");
        assert_eq!(part("ü"), "%C3%BC");
    }
}
