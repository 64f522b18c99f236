//! What can go wrong with a request, classified by what a run needs to know: could it have been accepted, may it be
//! retried, whose fault is it.

use std::{fmt, time::Duration};

/// How long making a connection may take, TLS included.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

pub(super) const PROXY_DENIED: &str = "the proxy answered 407: it wants a user and a password";

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
    /// The platform's rate limit is reached: 429, or 403 with the id `rate_limit`.
    RateLimited,
    /// A 401 for a token that this run has seen accepted: whatever checks tokens has an outage. Certainly not accepted.
    Unchecked,
    /// A proxy wants a user and a password: 407. Final, and certainly not accepted.
    ProxyDenied,
    /// A redirect or a 4xx that is not the platform's own: a proxy, a firewall or a login page answered in its place.
    /// Whether the platform saw the request is not known.
    Foreign {
        /// The status.
        status: u16,
    },
    /// The server answered 401, 402 or 403: the token is wrong, or its account may not do this.
    Denied {
        /// The status.
        status: u16,
        /// The platform's error id: `unauthorized`, `two_factor`, `forbidden`, …
        id: String,
    },
    /// The server answered 401 and wants a token that another server gives out for the password: that one does not get it.
    WantsToken,
    /// The server answered 404 or 410.
    NotFound,
    /// The platform answered another 3xx or 4xx.
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

/// What a request does: whether it may be repeated depends on it, and what its failure means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It reads, or changes something in a way that a second one would not add to.
    Read,
    /// It creates something; a second one would create another.
    Create,
    /// It sends the source to the upload host, which is not the platform.
    Upload,
}

/// A request that failed.
#[derive(Clone, Debug)]
pub struct Error {
    /// What kind of failure.
    pub kind: Kind,
    /// What the request was to do.
    pub phase: Phase,
    /// The request: `POST /apps/acme/builds`.
    pub request: String,
    /// What the platform or the network said: one line, foreign text.
    pub message: String,
    /// The answer's status, if there was an answer.
    pub status: Option<u16>,
    /// The platform's id of the request, to give to its support.
    pub request_id: Option<Box<str>>,
}

impl Error {
    /// An error of a request that reads, without a request id.
    pub fn new(kind: Kind, request: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            phase: Phase::Read,
            request: request.into(),
            message: message.into(),
            status: None,
            request_id: None,
        }
    }

    /// What a failed request of `reqwest` means. Its own text carries the whole address, so only its causes are used.
    pub fn from_reqwest(request: impl Into<String>, error: &reqwest::Error) -> Self {
        let cause = root_cause(error);
        let certificate = cause.contains("certificate") || cause.contains("invalid peer");
        let kind = if certificate {
            Kind::Certificate
        } else if cause.ends_with("proxy authorization required") {
            Kind::ProxyDenied
        } else if error.is_connect() || error.is_builder() {
            Kind::Unreachable
        } else {
            Kind::Lost
        };
        let message = if kind == Kind::ProxyDenied {
            PROXY_DENIED.to_owned()
        } else if cause == "tunnel error: unsuccessful" {
            // What the client says where the answer to CONNECT is neither 2xx nor 407.
            "the proxy did not let the connection through".to_owned()
        } else if cause.contains("UnknownIssuer") {
            format!(
                "{cause}: none of the CA certificates here vouches for it; if a proxy or a private CA issued it, set \
                 SSL_CERT_FILE to a PEM file with that CA"
            )
        } else if error.is_timeout() && !error.is_connect() {
            "no answer in time".to_owned()
        } else if error.is_timeout() {
            format!("no connection within {} s", CONNECT_TIMEOUT.as_secs())
        } else {
            cause
        };
        Self::new(kind, request, message)
    }

    /// The same error of a request that does something else.
    #[must_use]
    pub fn during(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    /// Whether the same request may well succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self.kind,
            Kind::Unreachable
                | Kind::Lost
                | Kind::Busy { .. }
                | Kind::RateLimited
                | Kind::Unchecked
                | Kind::Foreign { .. }
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
                | Kind::Unchecked
                | Kind::ProxyDenied
                | Kind::Denied { .. }
                | Kind::WantsToken
                | Kind::NotFound
                | Kind::Rejected { .. }
                | Kind::Abandoned
                | Kind::Unsupported
                | Kind::Ending
        )
    }
}

impl Error {
    /// What happened, without the request: `answered 503: Could not complete the action.`
    pub fn reason(&self) -> String {
        let message = &self.message;
        let answered = |status: u16| format!("answered {}", self.status.unwrap_or(status));
        let text = match &self.kind {
            Kind::Unreachable => format!("cannot connect: {message}"),
            Kind::Certificate => format!("the server's certificate is not valid: {message}"),
            Kind::Lost => format!("the connection was lost: {message}"),
            Kind::Unreadable => format!("the answer can't be understood: {message}"),
            Kind::Busy { status } => format!("{}: {message}", answered(*status)),
            Kind::RateLimited => format!("{}: {message}", answered(429)),
            Kind::WantsToken => format!("{}: {message}", answered(401)),
            Kind::NotFound => format!("{}: {message}", answered(404)),
            Kind::Unchecked => format!(
                "{} to a token that it accepted before: {message}",
                answered(401)
            ),
            Kind::Foreign { status } => {
                format!("answered {status}, but not as the platform does: {message}")
            }
            Kind::Denied { status, id } | Kind::Rejected { status, id } if !id.is_empty() => {
                format!("answered {status} {id}: {message}")
            }
            Kind::Denied { status, .. } | Kind::Rejected { status, .. } => {
                format!("answered {status}: {message}")
            }
            Kind::ProxyDenied
            | Kind::Abandoned
            | Kind::Unsupported
            | Kind::Ending
            | Kind::Local => message.clone(),
        };
        match &self.request_id {
            Some(id) => format!("{text} (request id {id})"),
            None => text,
        }
    }

    /// Whether the reason is worded as an answer, and so continues after the request's name.
    fn is_answer(&self) -> bool {
        matches!(
            self.kind,
            Kind::Busy { .. }
                | Kind::RateLimited
                | Kind::NotFound
                | Kind::Unchecked
                | Kind::Foreign { .. }
                | Kind::Denied { .. }
                | Kind::WantsToken
                | Kind::Rejected { .. }
        )
    }
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let colon = if self.is_answer() { "" } else { ":" };
        write!(f, "{}{colon} {}", self.request, self.reason())
    }
}

impl std::error::Error for Error {}
