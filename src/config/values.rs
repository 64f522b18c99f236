//! The single values of `deploy.yaml`: how a duration, an app, a pattern is read, and what is said when it can't be.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use url::{Host, Url};

use super::{
    findings::Findings,
    node::{Kind, Meaning, Node, Scalar},
    read::{Given, Read, one_of, wrong_type},
    suggest,
};
use crate::model::PlatformKind;

/// The longest duration: nothing that a CI job waits for takes longer, and every clock can add it.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Implements `JsonSchema` for a value that is a text of some kind.
macro_rules! schema {
    ($type:ty, $schema:tt) => {
        impl JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

/// The scalar of a node that must be a text: not empty, and without quotes not something else.
fn text<'n>(node: &'n Node, what: &str, out: &mut Findings<'_>) -> Option<&'n Scalar> {
    let Kind::Scalar(scalar) = &node.kind else {
        wrong_type(node, what, "a text", out);
        return None;
    };
    match scalar.meaning() {
        Meaning::Text => {}
        Meaning::Null => {
            wrong_type(node, what, "a text", out);
            return None;
        }
        Meaning::Bool(_) | Meaning::Number => {
            let quoted = out.quote(&scalar.text);
            wrong_type(node, what, "a text", out).help(format!("put it in quotes: \"{quoted}\""));
            return None;
        }
    }
    if scalar.text.is_empty() {
        out.add(&node.span, format!("{what} is empty"));
        return None;
    }
    Some(scalar)
}

/// A text on one line, without control characters.
fn line<'n>(node: &'n Node, what: &str, out: &mut Findings<'_>) -> Option<&'n Scalar> {
    let scalar = text(node, what, out)?;
    if scalar.text.contains('\n') {
        out.add(&node.span, format!("{what} must be on one line"));
        return None;
    }
    if scalar.text.chars().any(char::is_control) {
        out.add(&node.span, format!("{what} holds a control character"));
        return None;
    }
    Some(scalar)
}

/// The value for a message, or a word for it if it came from a variable: those may be secrets.
fn shown(scalar: &Scalar, out: &Findings<'_>) -> String {
    if scalar.from_env {
        "the value of the variable".to_owned()
    } else {
        format!("`{}`", out.quote(&scalar.text))
    }
}

/// One of a few words.
fn word<'w>(node: &Node, what: &str, words: &[&'w str], out: &mut Findings<'_>) -> Option<&'w str> {
    let scalar = line(node, what, out)?;
    if let Some(word) = words.iter().find(|word| **word == scalar.text) {
        return Some(word);
    }
    let help = match suggest::nearest(&scalar.text, words) {
        Some(meant) if !scalar.from_env => format!("did you mean `{meant}`?"),
        _ => format!("expected {}", one_of(words)),
    };
    let shown = shown(scalar, out);
    out.add(&node.span, format!("{what} can't be {shown}"))
        .help(help);
    None
}

/// A whole number within bounds.
fn number(
    node: &Node,
    what: &str,
    range: std::ops::RangeInclusive<u32>,
    out: &mut Findings<'_>,
) -> Option<u32> {
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    match &node.kind {
        Kind::Scalar(scalar) if scalar.meaning() == Meaning::Number => {
            let value = scalar
                .text
                .parse()
                .ok()
                .filter(|value| range.contains(value));
            if value.is_none() {
                let shown = shown(scalar, out);
                out.add(&node.span, format!("{what} can't be {shown}"))
                    .help(format!("expected {expected}"));
            }
            value
        }
        Kind::Scalar(scalar) if scalar.text.parse::<u32>().is_ok() => {
            wrong_type(node, what, &expected, out).help("write it without quotes and variables");
            None
        }
        _ => {
            wrong_type(node, what, &expected, out);
            None
        }
    }
}

/// The version of the format, 1.
#[derive(Clone, Copy, Debug)]
pub(super) struct FormatVersion;
schema!(FormatVersion, { "const": 1 });

impl Read for FormatVersion {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Scalar(scalar) if scalar.meaning() == Meaning::Number => {
                if scalar.text == "1" {
                    return Some(Self);
                }
                out.add(&node.span, "this version of the format is not known")
                    .help("this launchway reads `version: 1`");
            }
            _ => wrong_type(node, what, "the number 1", out).help("write `version: 1`"),
        }
        None
    }
}

/// Any text.
#[derive(Clone, Debug)]
pub(super) struct Text(pub(super) String);
schema!(Text, { "type": "string" });

impl Read for Text {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        line(node, what, out).map(|scalar| Self(scalar.text.clone()))
    }
}

/// A directory.
#[derive(Clone, Debug)]
pub(super) struct Directory(pub(super) String);
schema!(Directory, { "type": "string", "examples": [".", "services/shop"] });

impl Read for Directory {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        line(node, what, out).map(|scalar| Self(scalar.text.clone()))
    }
}

/// A command for the shell.
#[derive(Clone, Debug)]
pub(super) struct Command(pub(super) String);
schema!(Command, { "type": "string", "examples": ["npm run smoke"] });

impl Read for Command {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = text(node, what, out)?;
        if scalar.text.trim().is_empty() {
            out.add(&node.span, format!("{what} is empty"));
            return None;
        }
        if scalar.text.contains('\0') {
            out.add(&node.span, format!("{what} holds a control character"));
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// A size, as `500MB`.
#[derive(Clone, Debug)]
pub(super) struct Size;
schema!(Size, { "type": "string", "examples": ["500MB"] });

impl Read for Size {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        line(node, what, out).map(|_| Self)
    }
}

/// A duration that is neither nothing nor endless.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period(pub(super) Duration);
schema!(Period, { "type": "string", "examples": ["90s", "20m", "1h30m"] });

impl Read for Period {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        const HELP: &str = "expected a duration such as `90s`, `20m` or `1h30m`";
        if let Kind::Scalar(scalar) = &node.kind
            && !scalar.text.is_empty()
            && scalar.text.chars().all(|c| c.is_ascii_digit())
        {
            let help = if scalar.from_env {
                HELP.to_owned()
            } else {
                format!("did you mean `{}s`?", out.quote(&scalar.text))
            };
            out.add(&node.span, format!("{what} needs a unit"))
                .help(help);
            return None;
        }
        let scalar = line(node, what, out)?;
        let period = scalar
            .text
            .parse::<jiff::SignedDuration>()
            .map(Duration::try_from);
        let Ok(period) = period else {
            let shown = shown(scalar, out);
            out.add(&node.span, format!("{what}: {shown} is not a duration"))
                .help(HELP);
            return None;
        };
        match period {
            Ok(period) if period > LONGEST => {
                out.add(&node.span, format!("{what} is too long"))
                    .help("at most seven days, `168h`");
                None
            }
            Ok(period) if period >= Duration::from_millis(1) => Some(Self(period)),
            _ => {
                out.add(&node.span, format!("{what} must be longer than nothing"))
                    .help(HELP);
                None
            }
        }
    }
}

/// A stage's name.
#[derive(Clone, Debug)]
pub(super) struct StageName(pub(super) String);
schema!(StageName, { "type": "string", "examples": ["staging", "production"] });

impl Read for StageName {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let holds = scalar.text.len() <= 64
            && scalar.text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && scalar
                .text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        if !holds {
            let shown = shown(scalar, out);
            out.add(&node.span, format!("{what}: {shown} is not a stage's name"))
                .help("letters, digits, `-`, `_` and `.`, at most 64");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// An app's name or id.
#[derive(Clone, Debug)]
pub(super) struct App(pub(super) String);
schema!(App, { "type": "string", "examples": ["acme-shop-staging"] });

impl Read for App {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        if !(is_name(&scalar.text) || is_uuid(&scalar.text)) {
            let shown = shown(scalar, out);
            out.add(
                &node.span,
                format!("{what}: {shown} is not an app's name or id"),
            )
            .help(
                "lower-case letters, digits and `-`, 3 to 30, from a letter to a letter or digit",
            );
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// `^[a-z][a-z0-9-]{1,28}[a-z0-9]$`
fn is_name(text: &str) -> bool {
    (3..=30).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !text.ends_with('-')
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.concat().chars().all(|c| c.is_ascii_hexdigit())
}

/// A pipeline's name or id.
#[derive(Clone, Debug)]
pub(super) struct Pipeline(pub(super) String);
schema!(Pipeline, { "type": "string", "examples": ["acme-shop"] });

impl Read for Pipeline {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        // Looser than an app: older pipelines have names that the platform would not take today.
        if scalar
            .text
            .chars()
            .any(|c| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '%'))
        {
            let shown = shown(scalar, out);
            out.add(
                &node.span,
                format!("{what}: {shown} is not a pipeline's name or id"),
            )
            .help("lower-case letters, digits and `-`");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// A pattern in gitignore form.
#[derive(Clone, Debug)]
pub(super) struct Pattern(pub(super) String);
schema!(Pattern, { "type": "string", "examples": ["docs/", "*.psd"] });

impl Read for Pattern {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let mut builder = ignore::gitignore::GitignoreBuilder::new("");
        if builder.add_line(None, &scalar.text).is_err() {
            let shown = shown(scalar, out);
            out.add(&node.span, format!("{what}: {shown} is not a pattern"))
                .help("expected a pattern as in `.gitignore`, such as `docs/` or `*.psd`");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// A buildpack's registry name or URL.
#[derive(Clone, Debug)]
pub(super) struct Buildpack(pub(super) String);
schema!(Buildpack, { "type": "string", "examples": ["heroku/nodejs"] });

impl Read for Buildpack {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        if scalar.text.contains(char::is_whitespace) {
            out.add(&node.span, format!("{what} holds a space"))
                .help("one item for each buildpack, such as `heroku/nodejs` or a URL");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// A path under an app's own address.
#[derive(Clone, Debug)]
pub(super) struct UrlPath(pub(super) String);
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
            .help("for another address than the app's own, use `http: {url: …}`");
            return None;
        }
        // `//host` would be another host.
        if !path.starts_with('/') || path.starts_with("//") || path.contains(['\\', ' ']) {
            let help = if scalar.from_env {
                "such as `/health`".to_owned()
            } else {
                format!(
                    "did you mean `/{}`?",
                    out.quote(path.trim_start_matches(['/', '\\', ' ']))
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
pub(super) struct CheckUrl(pub(super) Url);
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
pub(super) struct ApiUrl(pub(super) Url);
schema!(ApiUrl, { "type": "string", "examples": ["https://apps.example.com"] });

impl Read for ApiUrl {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let url = url(node, what, out)?;
        let loopback = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        if !(url.scheme() == "https" || url.scheme() == "http" && loopback) {
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

/// An HTTP status.
#[derive(Clone, Copy, Debug)]
pub(super) struct Status(pub(super) u16);
schema!(Status, { "type": "integer", "minimum": 100, "maximum": 599 });

impl Read for Status {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        number(node, what, 100..=599, out)
            .and_then(|status| status.try_into().ok())
            .map(Self)
    }
}

/// How many times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count(pub(super) u32);
schema!(Count, { "type": "integer", "minimum": 1, "maximum": 1000 });

impl Read for Count {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        number(node, what, 1..=1000, out).map(Self)
    }
}

/// A platform's name.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlatformName(pub(super) PlatformKind);
schema!(PlatformName, { "type": "string", "enum": ["heroku", "akkeris"] });

impl Read for PlatformName {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let kind = match word(node, what, &["heroku", "akkeris"], out)? {
            "akkeris" => PlatformKind::Akkeris,
            _ => PlatformKind::Heroku,
        };
        Some(Self(kind))
    }
}

/// What to do when a check fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnFailure {
    Stop,
    Rollback,
}
schema!(OnFailure, {
    "oneOf": [
        { "const": "stop", "description": "Leave what was released and stop." },
        { "const": "rollback", "description": "Not supported yet. Release what ran before on every app of the stage.", "x-not-supported-yet": true },
    ],
});

impl Read for OnFailure {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match word(node, what, &["stop", "rollback"], out)? {
            "rollback" => {
                out.add(&node.span, "`on_failure: rollback` is not supported yet")
                    .help("use `stop`, which leaves what was released");
                Some(Self::Rollback)
            }
            _ => Some(Self::Stop),
        }
    }
}

/// A list of at least one.
#[derive(Clone, Debug)]
pub(super) struct NonEmpty<T>(pub(super) Vec<Given<T>>);

impl<T: Read> Read for NonEmpty<T> {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let items = Vec::<Given<T>>::read(node, what, out)?;
        if items.is_empty() {
            out.add(&node.span, format!("{what} is empty"))
                .help("expected at least one item");
            return None;
        }
        Some(Self(items))
    }
}

impl<T: JsonSchema> JsonSchema for NonEmpty<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("NonEmpty_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let item = generator.subschema_for::<T>();
        json_schema!({ "type": "array", "items": item, "minItems": 1 })
    }
}
