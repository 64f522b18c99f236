//! What can go wrong with a request, in the terms that a run decides by: could it have been accepted, may it be
//! repeated, whose fault is it.

use std::fmt;

/// What kind of failure a request ended in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// No connection could be made: name, address, proxy or TLS. The request was certainly not accepted.
    Unreachable,
    /// The server's certificate is not valid. Final, and certainly not accepted.
    Certificate,
    /// The connection was lost, or timed out, after the request may have been sent.
    Lost,
    /// The server answered 5xx, 408 or 425.
    Busy {
        /// The status.
        status: u16,
    },
    /// The server answered 429.
    RateLimited,
    /// The server answered 401 or 403: the token is wrong or may not do this.
    Denied {
        /// The status.
        status: u16,
        /// The platform's error id: `unauthorized`, `two_factor`, `forbidden`, …
        id: String,
    },
    /// The server answered 404 or 410.
    NotFound,
    /// The server answered another 3xx or 4xx.
    Rejected {
        /// The status.
        status: u16,
        /// The platform's error id: `invalid_params`, `conflict`, …
        id: String,
    },
    /// The server answered 2xx with something that is not what the API promises.
    Unreadable,
    /// The platform took the request but will not act on it: what it left behind stays as it is.
    Abandoned,
    /// The platform has no such thing.
    Unsupported,
    /// The run is being ended: the request was not sent.
    Ending,
    /// A local problem: the archive could not be read while it was sent.
    Local,
}

/// A request that failed.
#[derive(Clone, Debug)]
pub struct Error {
    /// What kind of failure.
    pub kind: Kind,
    /// The request: `POST /apps/acme/builds`.
    pub request: String,
    /// What the platform or the network said: one line, foreign text.
    pub message: String,
    /// The platform's id of the request, to give to its support.
    pub request_id: Option<String>,
}

impl Error {
    /// An error without a request id.
    pub fn new(kind: Kind, request: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            request: request.into(),
            message: message.into(),
            request_id: None,
        }
    }

    /// Whether the same request may well succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            Kind::Unreachable
                | Kind::Lost
                | Kind::Busy { .. }
                | Kind::RateLimited
                | Kind::Unreadable
        )
    }

    /// Whether the server certainly did not act on the request.
    pub fn certainly_not_accepted(&self) -> bool {
        matches!(
            self.kind,
            Kind::Unreachable
                | Kind::Certificate
                | Kind::RateLimited
                | Kind::Denied { .. }
                | Kind::NotFound
                | Kind::Rejected { .. }
                | Kind::Abandoned
                | Kind::Unsupported
                | Kind::Ending
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            request, message, ..
        } = self;
        match &self.kind {
            Kind::Unreachable => write!(f, "{request}: cannot connect: {message}"),
            Kind::Certificate => write!(
                f,
                "{request}: the server's certificate is not valid: {message}"
            ),
            Kind::Lost => write!(f, "{request}: the connection was lost: {message}"),
            Kind::Busy { status } => write!(f, "{request} answered {status}: {message}"),
            Kind::RateLimited => write!(f, "{request} answered 429: {message}"),
            Kind::Denied { status, id } | Kind::Rejected { status, id } if !id.is_empty() => {
                write!(f, "{request} answered {status} {id}: {message}")
            }
            Kind::Denied { status, .. } | Kind::Rejected { status, .. } => {
                write!(f, "{request} answered {status}: {message}")
            }
            Kind::NotFound => write!(f, "{request} answered 404: {message}"),
            Kind::Unreadable => write!(f, "{request}: the answer can't be understood: {message}"),
            Kind::Abandoned | Kind::Unsupported | Kind::Ending | Kind::Local => {
                write!(f, "{request}: {message}")
            }
        }?;
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
