//! The result of a request: an answer, or an error classified by [`Kind`].

use std::time::{Duration, SystemTime};

use reqwest::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Value, error::Category};
use url::Url;

use super::{Error, Kind, error::PROXY_DENIED, retry};
use crate::units;

/// The longest refusal that is read: its message is in the first few lines.
const LARGEST_REFUSAL: usize = 64 << 10;

/// An answer of the API that is no error.
pub struct Answer {
    /// The request, for messages.
    pub request: String,
    /// The status: 2xx or 300.
    pub status: StatusCode,
    /// The headers.
    pub headers: header::HeaderMap,
    /// The body, not read yet.
    body: Vec<u8>,
}

impl Answer {
    /// Reads the body straight into `T`: a tree of the whole JSON takes a hundred times the memory of its text. An empty
    /// body reads as `null`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let body: &[u8] = if self.body.is_empty() {
            b"null"
        } else {
            &self.body
        };
        serde_json::from_slice(body).map_err(|e| {
            let message = match e.classify() {
                Category::Data => e.to_string(),
                _ if is_page(body) => format!("{} with {}", self.status, page_message(body)),
                _ => format!("{} with a body that is not JSON ({e})", self.status),
            };
            let error = Error::new(Kind::Unreadable, self.request.clone(), message);
            with_id(error, &self.headers)
        })
    }

    /// The body as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.body
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// How much of a body is read: of an answer what the request allows for, and one byte more to tell that it is too long; of
/// a refusal enough for its message.
pub(super) fn bytes_to_read(status: StatusCode, largest: usize) -> usize {
    if retry::classify(status.as_u16(), "").is_some() {
        LARGEST_REFUSAL
    } else {
        largest.saturating_add(1)
    }
}

/// Whether a redirect or a 4xx is the platform's own answer, by its status, headers and body.
pub type IsOwnRefusal = fn(u16, &header::HeaderMap, &[u8]) -> bool;

/// Turns what came back into an answer or an error. `largest` is the size that the request allows for; `is_own` tells the
/// platform's refusals from those of a proxy, a firewall or a login page on the way to it.
pub(super) fn judge(
    request: String,
    status: StatusCode,
    headers: header::HeaderMap,
    body: Vec<u8>,
    largest: usize,
    is_own: IsOwnRefusal,
) -> Result<Answer, (Error, Option<Duration>)> {
    if retry::classify(status.as_u16(), "").is_none() {
        if body.len() > largest {
            let limit = units::bytes(largest as u64);
            let message =
                format!("{status} with more than {limit}: no answer of the API is that long");
            let error = Error::new(Kind::Unreadable, request, message);
            return Err((with_id(error, &headers), None));
        }
        return Ok(Answer {
            request,
            status,
            headers,
            body,
        });
    }
    let parsed: Option<Value> = serde_json::from_slice(&body).ok();
    let id = parsed.as_ref().and_then(|body| {
        let of_registry = || body.get("errors")?.get(0)?.get("code");
        body.get("id").or_else(of_registry)?.as_str()
    });
    let code = status.as_u16();
    let kind = match retry::classify(code, id.unwrap_or_default()) {
        Some(Kind::Denied { .. } | Kind::NotFound | Kind::Rejected { .. })
            if !is_own(code, &headers, &body) =>
        {
            Kind::Foreign { status: code }
        }
        kind => kind.unwrap_or(Kind::Unreadable),
    };
    let message = error_message(parsed.as_ref(), &body, &headers, status);
    let asked = headers
        .get(header::RETRY_AFTER)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| retry::retry_after(v, date(&headers).unwrap_or_else(SystemTime::now)));
    let message = match kind {
        Kind::ProxyDenied => PROXY_DENIED.to_owned(),
        _ => message,
    };
    let mut error = with_id(Error::new(kind, request, message), &headers);
    error.status = Some(code);
    Err((error, asked))
}

/// When the server sent an answer, by its own clock.
pub(super) fn date(headers: &header::HeaderMap) -> Option<SystemTime> {
    let date = headers.get(header::DATE)?.to_str().ok()?;
    let date = jiff::fmt::rfc2822::parse(date).ok()?;
    Some(SystemTime::from(date.timestamp()))
}

pub(super) fn with_id(mut error: Error, headers: &header::HeaderMap) -> Error {
    error.request_id = headers
        .get("request-id")
        .and_then(|v| v.to_str().ok())
        .map(Into::into);
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
pub fn error_message(
    body: Option<&Value>,
    bytes: &[u8],
    headers: &header::HeaderMap,
    status: StatusCode,
) -> String {
    let said = body.and_then(|body| {
        // Two generations of the API: `message`, and `error` in some older answers; and what registries say.
        let own = ["message", "error"]
            .iter()
            .find_map(|key| body.get(key)?.as_str());
        own.or_else(|| body.get("errors")?.get(0)?.get("message")?.as_str())
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
    let text = if is_page(bytes) {
        page_message(bytes)
    } else {
        String::from_utf8_lossy(beginning(bytes)).into_owned()
    };
    if text.trim().is_empty() {
        return status.canonical_reason().unwrap_or("no message").to_owned();
    }
    one_line(&text)
}

/// The part of a body that is looked at for a message.
fn beginning(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(4096)]
}

fn is_page(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<")
}

/// What a page of HTML says: the first line of what is preformatted (a stack trace, mostly), else its title.
fn page_message(bytes: &[u8]) -> String {
    let page = String::from_utf8_lossy(beginning(bytes));
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
        Some(title) => one_line(&format!("a page of HTML: {title}")),
        None => "a page of HTML".to_owned(),
    }
}

/// What a body says, if it is a page of HTML.
pub fn page(body: &[u8]) -> Option<String> {
    is_page(body).then(|| one_line(&page_message(body)))
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(300) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
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

    fn judged(status: u16, body: &[u8], largest: usize) -> Result<Answer, Error> {
        let status = StatusCode::from_u16(status).unwrap();
        let body = body[..body.len().min(bytes_to_read(status, largest))].to_vec();
        judge(
            "GET /x".to_owned(),
            status,
            header::HeaderMap::new(),
            body,
            largest,
            |_, _, _| true,
        )
        .map_err(|(error, _)| error)
    }

    #[test]
    fn a_body_is_read_up_to_what_its_request_allows_for() {
        assert_eq!(
            judged(200, b"[1,2]", 5).unwrap().read::<Vec<u8>>().unwrap(),
            [1, 2]
        );
        let error = judged(200, b"[1,2] ", 5).err().unwrap();
        assert_eq!(error.kind, Kind::Unreadable);
        assert!(error.message.contains("more than 5 B"), "{error}");
        // A refusal stays one, however long it is.
        let page = [
            b"<title>Down</title>".as_slice(),
            &vec![b' '; LARGEST_REFUSAL],
        ]
        .concat();
        let error = judged(503, &page, 5).err().unwrap();
        assert_eq!(error.message, "a page of HTML: Down");
    }

    #[test]
    fn an_answer_that_can_not_be_read_says_why() {
        let why = |body: &[u8]| {
            judged(200, body, 99)
                .unwrap()
                .read::<Vec<u8>>()
                .unwrap_err()
                .message
        };
        assert_eq!(
            why(b"<title>Sign in</title>"),
            "200 OK with a page of HTML: Sign in"
        );
        assert!(why(b"[1").contains("not JSON"), "{}", why(b"[1"));
        assert!(why(b"{}").contains("invalid type"), "{}", why(b"{}"));
        assert!(why(b"").contains("invalid type"), "{}", why(b""));
    }

    #[test]
    fn a_refusal_that_is_not_the_platforms_is_foreign() {
        let kind = |status: u16| {
            let status = StatusCode::from_u16(status).unwrap();
            let headers = header::HeaderMap::new();
            judge(String::new(), status, headers, Vec::new(), 9, |_, _, _| {
                false
            })
            .map_err(|(error, _)| error.kind)
            .err()
        };
        for status in [301, 302, 307, 400, 401, 402, 403, 404, 409, 410, 418, 422] {
            assert_eq!(kind(status), Some(Kind::Foreign { status }));
        }
        for status in [200, 204, 408, 425, 429, 500, 503, 511] {
            assert_eq!(kind(status), retry::classify(status, ""), "{status}");
        }
        assert_eq!(kind(407), Some(Kind::ProxyDenied));
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
            (
                404,
                r#"{"errors":[{"code":"NAME_UNKNOWN","message":"there is no such app"}]}"#,
                "there is no such app",
            ),
        ];
        for (status, body, expected) in cases {
            assert_eq!(message(status, body), expected);
        }
        assert!(message(500, &"x".repeat(5000)).len() < 320);
    }
}
