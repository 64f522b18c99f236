//! A request to the API: what it says, and how it may be repeated.

use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, header};
use serde_json::Value;

use super::Phase;

/// More than any answer of the API has: a page of a list is at most a fifth of it.
const LARGEST_ANSWER: usize = 4 << 20;

/// What a request sends.
pub(super) enum Content<'a> {
    /// JSON.
    Json(&'a Value),
    /// Bytes of this media type.
    Bytes(&'static str, Bytes),
}

/// A request to the API.
pub struct Request<'a> {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Option<Content<'a>>,
    pub(super) headers: Vec<(header::HeaderName, String)>,
    pub(super) phase: Phase,
    pub(super) budget: Duration,
    pub(super) largest: usize,
    pub(super) doubts_denials: bool,
    pub(super) doubts_absence: bool,
}

impl<'a> Request<'a> {
    /// Reads something. `budget` bounds how long it is repeated.
    pub fn get(path: impl Into<String>, budget: Duration) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
            headers: Vec::new(),
            phase: Phase::Read,
            budget,
            largest: LARGEST_ANSWER,
            doubts_denials: false,
            doubts_absence: false,
        }
    }

    /// Creates something: repeated only while it was certainly not accepted.
    pub fn post(path: impl Into<String>, body: Option<&'a Value>, budget: Duration) -> Self {
        Self {
            method: Method::POST,
            body: body.map(Content::Json),
            phase: Phase::Create,
            ..Self::get(path, budget)
        }
    }

    /// Deletes something. Repeating it changes nothing more.
    pub fn delete(path: impl Into<String>, budget: Duration) -> Self {
        Self {
            method: Method::DELETE,
            ..Self::get(path, budget)
        }
    }

    /// Sends it with another method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sends these bytes, of this media type.
    #[must_use]
    pub fn bytes(mut self, kind: &'static str, bytes: &[u8]) -> Self {
        self.body = Some(Content::Bytes(kind, Bytes::copy_from_slice(bytes)));
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

    /// Marks the resource as known to exist: for a while a 404 is treated as the answer of a lagging replica.
    #[must_use]
    pub fn doubting_absence(mut self) -> Self {
        self.doubts_absence = true;
        self
    }

    /// Whether it changes something that is there, so that what became of each try matters.
    pub(super) fn changes(&self) -> bool {
        self.method != Method::GET && self.method != Method::POST
    }

    /// Says that repeating this request, though it is a POST, has no lasting effect.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.phase = Phase::Read;
        self
    }
}

/// What stands for itself in a segment of a path.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A segment of a path: a name or an id, percent-encoded where it is neither.
pub fn path_segment(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_segment_can_not_leave_its_place() {
        assert_eq!(path_segment("acme-shop_1.2~x"), "acme-shop_1.2~x");
        assert_eq!(
            path_segment("../../account?x=#y"),
            "..%2F..%2Faccount%3Fx%3D%23y"
        );
        assert_eq!(path_segment("ü"), "%C3%BC");
    }
}
