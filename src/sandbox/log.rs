//! The requests that the sandbox received, for tests to inspect.

use serde_json::Value;

/// One request that the sandbox got.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Which of the sandbox's hosts was asked.
    pub origin: Origin,
    /// The method, in capitals.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The status that was answered; 0 if the connection was dropped or held instead.
    pub status: u16,
    /// The request's body if it was JSON.
    pub body: Option<Value>,
    /// Whether an `Authorization` header came with it.
    pub authorized: bool,
    /// How many requests to its host were under way when it came, itself included.
    pub at_once: usize,
}

/// One of the sandbox's hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The API.
    Api,
    /// The store that sources are uploaded to.
    Upload,
    /// The output of builds and release phases.
    Stream,
    /// The apps themselves.
    Web,
}
