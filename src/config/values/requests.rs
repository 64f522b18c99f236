//! What an HTTP check sends: its method, its headers, its body.

use super::{
    super::{
        findings::Findings,
        node::{Entry, Node},
        read::Read,
    },
    answers::{entries, is_header_name},
    scalar::{line, schema, shown, text},
};

/// What a message of HTTP/1 is framed and routed by: the client's own affair (RFC 9110 §7.6.1, RFC 9112).
const OWN_HEADERS: [&str; 12] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// The method of a request, in capitals.
#[derive(Clone, Debug)]
pub(in crate::config) struct Method(pub(in crate::config) String);

schema!(Method, { "type": "string", "pattern": "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "examples": ["POST", "HEAD"] });

impl Read for Method {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let method = scalar.text.to_ascii_uppercase();
        let refused = ["CONNECT", "TRACE"].contains(&method.as_str());
        if refused || !is_header_name(&method) {
            let shown = shown(scalar, what);
            out.add(&node.span, format!("{what} can't be {shown}"))
                .help("expected a method such as `GET`, `HEAD` or `POST`");
            return None;
        }
        Some(Self(method))
    }
}

/// The headers of a request, in lower case.
#[derive(Clone, Debug)]
pub(in crate::config) struct SentHeaders(pub(in crate::config) Vec<(String, String)>);

schema!(SentHeaders, {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": { "type": "string" },
    "examples": [{ "content-type": "application/json" }]
});

impl Read for SentHeaders {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let mut sent: Vec<(String, String)> = Vec::new();
        for entry in entries(node, what, "a map of headers", out)? {
            let (name, value) = header(entry, what, out)?;
            if sent.iter().any(|(other, _)| *other == name) {
                out.add(&entry.span, format!("the header `{name}` is given twice"));
                return None;
            }
            sent.push((name, value));
        }
        Some(Self(sent))
    }
}

fn header(entry: &Entry, what: &str, out: &mut Findings<'_>) -> Option<(String, String)> {
    if !is_header_name(&entry.key) {
        out.add(
            &entry.span,
            format!("a key of {what} is not a header's name"),
        );
        return None;
    }
    let name = entry.key.to_ascii_lowercase();
    if OWN_HEADERS.contains(&name.as_str()) {
        out.add(&entry.span, format!("the header `{name}` can't be set"))
            .help("the connection is made for the address of the check, and the client sees to it");
        return None;
    }
    let value = line(&entry.value, &format!("`{}`", entry.key), out)?;
    Some((name, value.text.clone()))
}

/// The body of a request, on as many lines as it needs.
#[derive(Clone, Debug)]
pub(in crate::config) struct SentBody(pub(in crate::config) String);

schema!(SentBody, { "type": "string", "examples": ["{\"release\": \"${release}\"}"] });

impl Read for SentBody {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        text(node, what, out).map(|scalar| Self(scalar.text.clone()))
    }
}
