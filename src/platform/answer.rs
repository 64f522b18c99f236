//! What came back: an answer, or an error in the terms of [`Kind`], with what the platform says in one line.

use std::time::{Duration, SystemTime};

use reqwest::{StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::{
    error::{Error, Kind},
    http::CONNECT_TIMEOUT,
    retry,
};

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

/// Turns what came back into an answer or an error.
pub(super) fn judge(
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

pub(super) fn with_id(mut error: Error, headers: &header::HeaderMap) -> Error {
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
pub fn error_message(
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
pub(super) fn root_cause(error: &dyn std::error::Error) -> String {
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
}
