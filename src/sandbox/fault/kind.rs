//! Kinds of requests: what `http=` faults are limited to.

use crate::sandbox::log::Origin;

/// Which requests a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) struct Matcher {
    /// The method, in capitals; `None` is every one.
    pub(in crate::sandbox) method: Option<String>,
    /// The kind or the place.
    pub(in crate::sandbox) target: Target,
}

/// The kind or the place that a fault is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Target {
    /// Every request on every host.
    Any,
    /// Every request to one host.
    Host(Origin),
    /// One kind of request to the API.
    Kind(&'static str),
    /// Paths on one host that begin like this; `*` stands for one segment, and `$` for the end.
    Path(Origin, String),
}

/// The kinds of requests to the API.
pub(super) const KINDS: [&str; 12] = [
    "account",
    "apps",
    "config-vars",
    "sources",
    "builds",
    "slugs",
    "releases",
    "pipelines",
    "couplings",
    "promotions",
    "targets",
    "filters",
];

impl Matcher {
    /// Reads `[METHOD ]KIND`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (method, word) = match text.split_once(' ') {
            Some((method, word)) => (Some(method), word.trim()),
            None => (None, text),
        };
        let method = match method {
            None | Some("*") => None,
            Some(word) if word.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                Some(word.to_ascii_uppercase())
            }
            Some(_) => return None,
        };
        let target = match word {
            "any" | "*" => Target::Any,
            "api" => Target::Host(Origin::Api),
            "upload" => Target::Host(Origin::Upload),
            "stream" => Target::Host(Origin::Stream),
            "web" => Target::Host(Origin::Web),
            path if path.starts_with('/') => Target::Path(Origin::Api, path.to_owned()),
            kind => Target::Kind(find(kind)?),
        };
        Some(Self { method, target })
    }

    /// Whether a request is one of those.
    pub(super) fn matches(&self, origin: Origin, method: &str, path: &str) -> bool {
        if self.method.as_deref().is_some_and(|own| own != method) {
            return false;
        }
        match &self.target {
            Target::Any => true,
            Target::Host(host) => *host == origin,
            Target::Kind(kind) => origin == Origin::Api && classify(path) == Some(kind),
            Target::Path(host, prefix) => *host == origin && begins(path, prefix),
        }
    }
}

/// A kind by its name, in the singular too.
fn find(word: &str) -> Option<&'static str> {
    KINDS
        .iter()
        .copied()
        .find(|kind| *kind == word || kind.strip_suffix('s') == Some(word))
}

/// The kind of a request to the API, by its path.
fn classify(path: &str) -> Option<&'static str> {
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let kind = match segments.as_slice() {
        ["account", ..] => "account",
        ["filters", ..] => "filters",
        ["sources"] | ["apps", _, "sources"] => "sources",
        ["apps"] | ["apps", _] => "apps",
        ["apps", _, "builds" | "build-cache", ..] => "builds",
        ["apps", _, "slugs", ..] => "slugs",
        [.., "config-vars"] => "config-vars",
        ["apps", _, "releases", ..] => "releases",
        ["pipeline-couplings", ..] | [.., "pipeline-couplings"] => "couplings",
        [.., "promotion-targets"] => "targets",
        ["pipeline-promotions", ..] => "promotions",
        ["pipelines", ..] => "pipelines",
        _ => return None,
    };
    Some(kind)
}

/// Whether a path begins with a pattern, segment by segment.
fn begins(path: &str, pattern: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut segments = path.trim_matches('/').split('/');
    let begins = pattern
        .trim_matches('/')
        .split('/')
        .filter(|segment| !segment.is_empty())
        .all(|wanted| {
            segments
                .next()
                .is_some_and(|found| wanted == "*" || wanted == found)
        });
    begins && !(whole && segments.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_has_its_kind() {
        for (path, kind) in [
            ("/account/rate-limits", Some("account")),
            ("/apps/shop", Some("apps")),
            ("/apps/shop/config-vars", Some("config-vars")),
            ("/apps/shop/releases/3/config-vars", Some("config-vars")),
            ("/apps/shop/builds/1", Some("builds")),
            ("/apps/shop/pipeline-couplings", Some("couplings")),
            ("/pipelines/1/pipeline-couplings", Some("couplings")),
            ("/pipelines/1", Some("pipelines")),
            ("/pipeline-promotions/1/promotion-targets", Some("targets")),
            ("/pipeline-promotions", Some("promotions")),
            ("/nothing", None),
        ] {
            assert_eq!(classify(path), kind, "{path}");
        }
    }

    #[test]
    fn methods_kinds_and_paths_match() {
        let matches = |text: &str, method: &str, path: &str| {
            Matcher::parse(text)
                .unwrap()
                .matches(Origin::Api, method, path)
        };
        assert!(matches("GET build", "GET", "/apps/shop/builds/1"));
        assert!(!matches("GET build", "POST", "/apps/shop/builds"));
        assert!(matches("/apps/*/builds", "POST", "/apps/shop/builds"));
        assert!(!matches("/apps/*/builds", "POST", "/apps/shop/releases"));
        assert!(matches("/apps/*/builds$", "POST", "/apps/shop/builds"));
        assert!(!matches("/apps/*/builds$", "GET", "/apps/shop/builds/1"));
        assert!(matches("any", "PATCH", "/x"));
        assert!(!matches("upload", "PUT", "/x"));
        assert_eq!(Matcher::parse("shoes"), None);
    }
}
