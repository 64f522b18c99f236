//! Paths and URLs.

use url::Url;

use super::{
    super::{findings::Findings, mask, node::Node, read::Read},
    scalar::{line, schema},
};
use crate::http::is_loopback;

/// A path under an app's own address.
#[derive(Clone, Debug)]
pub(in crate::config) struct UrlPath(pub(in crate::config) String);

schema!(UrlPath, { "type": "string", "examples": ["/health"] });

impl Read for UrlPath {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let path = &scalar.text;
        if path.contains("://") {
            out.add(
                &node.span,
                format!("{what} must be a path that begins with `/`"),
            )
            .help("for an address other than the app's own, use `http: {url: …}`");
            return None;
        }
        // `//host` would be another host.
        if !path.starts_with('/') || path.starts_with("//") || path.contains(['\\', ' ']) {
            let help = if scalar.from_env {
                "such as `/health`".to_owned()
            } else {
                format!(
                    "did you mean `/{}`?",
                    mask::quote(path.trim_start_matches(['/', '\\', ' ']))
                )
            };
            out.add(
                &node.span,
                format!("{what} must be a path that begins with one `/` and has no spaces"),
            )
            .help(help);
            return None;
        }
        Some(Self(path.clone()))
    }
}

/// An address to check.
#[derive(Clone, Debug)]
pub(in crate::config) struct CheckUrl(pub(in crate::config) Url);

schema!(CheckUrl, { "type": "string", "examples": ["https://shop.example.com/health"] });

impl Read for CheckUrl {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let url = url(node, what, out)?;
        if !matches!(url.scheme(), "http" | "https") {
            out.add(
                &node.span,
                format!("{what} must begin with `https://` or `http://`"),
            );
            return None;
        }
        Some(Self(url))
    }
}

/// The address of a platform's API.
#[derive(Clone, Debug)]
pub(in crate::config) struct ApiUrl(pub(in crate::config) Url);

schema!(ApiUrl, { "type": "string", "examples": ["https://apps.example.com"] });

impl Read for ApiUrl {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let url = url(node, what, out)?;
        if !(url.scheme() == "https" || url.scheme() == "http" && is_loopback(&url)) {
            out.add(&node.span, format!("{what} must begin with `https://`"))
                .help("`http://` is for this machine only (`localhost`, `127.0.0.1`): the token would travel in the clear");
            return None;
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            out.add(&node.span, format!("{what} must be an address alone"))
                .help("no user, password, query or fragment; the token comes from the environment");
            return None;
        }
        Some(Self(url))
    }
}

fn url(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Url> {
    let scalar = line(node, what, out)?;
    let url = Url::parse(&scalar.text).ok().filter(Url::has_host);
    if url.is_none() {
        out.add(&node.span, format!("{what} is not a URL"))
            .help("expected one such as `https://apps.example.com`");
    }
    url
}
