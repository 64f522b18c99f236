//! The one place that makes HTTP clients and sends requests.
//!
//! There are two kinds of clients. The API's carries the token, to the API's own origin only, and follows no redirect. The bare
//! one carries nothing of ours: it is for the upload host, the output host and HTTP checks.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant, SystemTime},
};

use reqwest::{Client, Method, StatusCode, header, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{
    error::{Error, Kind},
    retry::{self, Repeat, Tempo},
};
use crate::{
    event::{Event, Events},
    redact::Redactor,
};

/// How long making a connection may take, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
/// How long an API request may take from its first byte to the last byte of the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// How long the API may be silent within that. Its router gives up after 30 s and says so.
const API_SILENCE: Duration = Duration::from_secs(35);
/// How long a stream may be silent before it is opened anew. The platform sends a heartbeat every 10 s (heroku.md §3).
pub const STREAM_SILENCE: Duration = Duration::from_secs(75);
/// More than any answer of the API has.
const LARGEST_ANSWER: usize = 32 << 20;

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
}

/// A request to the API.
pub struct Request<'a> {
    method: Method,
    path: String,
    body: Option<&'a Value>,
    headers: Vec<(header::HeaderName, String)>,
    repeat: Repeat,
    patience: Duration,
    doubts_denials: bool,
    doubts_absence: bool,
}

/// An answer of the API that is no error.
pub struct Answer {
    /// The request, for messages.
    pub request: String,
    /// The status: 2xx or 300.
    pub status: StatusCode,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body; `Null` if it was empty.
    pub body: Value,
}

impl Answer {
    /// Reads the body as `T`.
    pub fn read<T: DeserializeOwned>(self) -> Result<T, Error> {
        serde_json::from_value(self.body)
            .map_err(|e| Error::new(Kind::Unreadable, self.request, e.to_string()))
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
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

    /// Makes a secret known to everything that prints.
    pub fn learn(&self, secret: &str) {
        self.redactor.learn(secret);
    }

    /// Sends a request to the API, repeated as its kind and its patience allow.
    pub async fn send(&self, request: Request<'_>) -> Result<Answer, Error> {
        self.send_until(request, Ok).await
    }

    /// Sends a request to the API and reads the body of its answer as `T`. An answer that can't be read is a failure like
    /// any other.
    pub async fn fetch<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        self.send_until(request, Answer::read).await
    }

    /// Sends a request to the API until `read` makes something of its answer.
    pub async fn send_until<T>(
        &self,
        request: Request<'_>,
        read: impl Fn(Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let began = Instant::now();
        let mut pauses = self.tempo.pauses();
        loop {
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
            let left = patience.saturating_sub(began.elapsed());
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
        let bytes = read_bounded(response, LARGEST_ANSWER)
            .await
            .map_err(|e| (with_id(from_reqwest(name.clone(), &e), &headers), None))?;
        judge(name, status, headers, &bytes)
    }
}

/// Turns what came back into an answer or an error.
fn judge(
    request: String,
    status: StatusCode,
    headers: header::HeaderMap,
    bytes: &[u8],
) -> Result<Answer, (Error, Option<Duration>)> {
    let parsed: Result<Value, _> = if bytes.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(bytes)
    };
    let id = parsed
        .as_ref()
        .ok()
        .and_then(|body| body.get("id")?.as_str())
        .filter(|_| !status.is_success());
    if let Some(kind) = retry::classify(status.as_u16(), id.unwrap_or_default()) {
        let message = error_message(parsed.as_ref().ok(), bytes, &headers, status);
        let asked = headers
            .get(header::RETRY_AFTER)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| retry::retry_after(v, SystemTime::now()));
        return Err((with_id(Error::new(kind, request, message), &headers), asked));
    }
    match parsed {
        Ok(body) => Ok(Answer {
            request,
            status,
            headers,
            body,
        }),
        Err(e) => {
            let message = format!("{status} with a body that is not JSON ({e})");
            let error = Error::new(Kind::Unreadable, request, message);
            Err((with_id(error, &headers), None))
        }
    }
}

fn with_id(mut error: Error, headers: &header::HeaderMap) -> Error {
    error.request_id = headers
        .get("request-id")
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned);
    error
}

/// Reads a body of at most `limit` bytes; what is beyond is left unread.
pub async fn read_bounded(
    mut response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, reqwest::Error> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = limit - bytes.len();
        bytes.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if bytes.len() == limit {
            break;
        }
    }
    Ok(bytes)
}

/// What an error's answer says, in one line of at most 300 characters: the platform's message, or what a page of HTML
/// or plain text begins with.
fn error_message(
    body: Option<&Value>,
    bytes: &[u8],
    headers: &header::HeaderMap,
    status: StatusCode,
) -> String {
    let said = body.and_then(|body| {
        // Two generations of the API: `message`, and `error` in some older answers.
        ["message", "error"]
            .iter()
            .find_map(|key| body.get(key)?.as_str())
    });
    if let Some(said) = said {
        return one_line(said);
    }
    if let Some(to) = headers
        .get(header::LOCATION)
        .filter(|_| status.is_redirection())
    {
        let host = to
            .to_str()
            .ok()
            .and_then(|to| Url::parse(to).ok())
            .and_then(|to| to.host_str().map(str::to_owned));
        return match host {
            Some(host) => format!(
                "a redirect to {host}, which is not followed: the token goes to the API only"
            ),
            None => "a redirect, which is not followed".to_owned(),
        };
    }
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let text = if text.trim_start().starts_with('<') {
        page_message(&text)
    } else {
        text.into_owned()
    };
    if text.trim().is_empty() {
        return status.canonical_reason().unwrap_or("no message").to_owned();
    }
    one_line(&text)
}

/// What a page of HTML says: the first line of what is preformatted (a stack trace, mostly), else its title.
fn page_message(page: &str) -> String {
    let within = |open: &str, close: &str| {
        let (_, rest) = page.split_once(open)?;
        let (text, _) = rest.split_once(close)?;
        Some(text)
    };
    if let Some(trace) = within("<pre>", "</pre>") {
        let first = trace.split("<br>").next().unwrap_or(trace);
        return ["&#39;:'", "&quot;:\"", "&lt;:<", "&gt;:>", "&amp;:&"]
            .iter()
            .filter_map(|pair| pair.split_once(':'))
            .fold(first.to_owned(), |text, (from, to)| text.replace(from, to));
    }
    match within("<title>", "</title>") {
        Some(title) => format!("a page of HTML: {title}"),
        None => "a page of HTML".to_owned(),
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(300) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}

/// What a failed request of `reqwest` means. Its own text carries the whole address, so only its causes are used.
pub fn from_reqwest(request: impl Into<String>, error: &reqwest::Error) -> Error {
    let cause = root_cause(error);
    let certificate = cause.contains("certificate") || cause.contains("invalid peer");
    let kind = if certificate {
        Kind::Certificate
    } else if error.is_connect() || error.is_builder() {
        Kind::Unreachable
    } else {
        Kind::Lost
    };
    let message = if error.is_timeout() && !error.is_connect() {
        "no answer in time".to_owned()
    } else if error.is_timeout() {
        format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
    } else {
        cause
    };
    Error::new(kind, request, message)
}

/// The innermost cause of an error: `Connection refused (os error 111)`.
fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    if std::ptr::addr_eq(cause, error) {
        // reqwest's own text would show the address.
        return "the request failed".to_owned();
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(status: u16, body: &str) -> String {
        let parsed = serde_json::from_str(body).ok();
        error_message(
            parsed.as_ref(),
            body.as_bytes(),
            &header::HeaderMap::new(),
            StatusCode::from_u16(status).unwrap(),
        )
    }

    #[test]
    fn an_errors_message_is_one_line_whatever_the_server_says() {
        let cases = [
            (
                422,
                r#"{"id":"invalid_params","message":"Name is\ntaken"}"#,
                "Name is taken",
            ),
            (
                400,
                r#"{"id":"missing_version","error":"Please specify"}"#,
                "Please specify",
            ),
            (
                503,
                "<!DOCTYPE html><html><head><title>Application Error</title>",
                "a page of HTML: Application Error",
            ),
            (503, "  <html>no title", "a page of HTML"),
            (
                400,
                "<!DOCTYPE html>\n<title>Error</title>\n<pre>SyntaxError: Expected &#39;}&#39;<br> &nbsp; at JSON.parse</pre>",
                "SyntaxError: Expected '}'",
            ),
            (401, "Unauthorized", "Unauthorized"),
            (502, "", "Bad Gateway"),
            (500, "[1]", "[1]"),
        ];
        for (status, body, expected) in cases {
            assert_eq!(message(status, body), expected);
        }
        assert!(message(500, &"x".repeat(5000)).len() < 320);
    }

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
