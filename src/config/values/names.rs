//! Names and other texts: of apps, stages, pipelines, buildpacks; directories, patterns, commands.

use super::{
    super::{findings::Findings, node::Node, read::Read},
    scalar::{line, schema, shown, text},
};
use crate::gitignore;

/// Any text.
#[derive(Clone, Debug)]
pub(in crate::config) struct Text(pub(in crate::config) String);

schema!(Text, { "type": "string" });

impl Read for Text {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        line(node, what, out).map(|scalar| Self(scalar.text.clone()))
    }
}

/// A directory.
#[derive(Clone, Debug)]
pub(in crate::config) struct Directory(pub(in crate::config) String);

schema!(Directory, { "type": "string", "examples": [".", "services/shop"] });

impl Read for Directory {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        line(node, what, out).map(|scalar| Self(scalar.text.clone()))
    }
}

/// A command for the shell.
#[derive(Clone, Debug)]
pub(in crate::config) struct Command(pub(in crate::config) String);

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

/// A stage's name.
#[derive(Clone, Debug)]
pub(in crate::config) struct StageName(pub(in crate::config) String);

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
            let shown = shown(scalar, what);
            out.add(&node.span, format!("{what}: {shown} is not a stage's name"))
                .help("letters, digits, `-`, `_` and `.`, at most 64");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// An app's name or id.
#[derive(Clone, Debug)]
pub(in crate::config) struct App(pub(in crate::config) String);

schema!(App, { "type": "string", "examples": ["acme-shop-staging"] });

impl Read for App {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        if !is_app(&scalar.text) {
            let shown = shown(scalar, what);
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

/// Whether a text is an app's name or id.
pub(in crate::config) fn is_app(text: &str) -> bool {
    is_name(text) || is_uuid(text)
}

/// Whether a text is a pipeline's name or id. Looser than an app: older pipelines have names that the platform would not
/// take today.
pub(in crate::config) fn is_pipeline(text: &str) -> bool {
    let wrong = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '%');
    !text.contains(wrong)
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

pub(super) fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.concat().chars().all(|c| c.is_ascii_hexdigit())
}

/// A pipeline's name or id.
#[derive(Clone, Debug)]
pub(in crate::config) struct Pipeline(pub(in crate::config) String);

schema!(Pipeline, { "type": "string", "examples": ["acme-shop"] });

impl Read for Pipeline {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        if !is_pipeline(&scalar.text) {
            let shown = shown(scalar, what);
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
pub(in crate::config) struct Pattern(pub(in crate::config) String);

schema!(Pattern, { "type": "string", "examples": ["docs/", "*.psd"] });

impl Read for Pattern {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        if let Err(why) = gitignore::check(&scalar.text) {
            let shown = shown(scalar, what);
            let what = format!("{what}: {shown} is not a pattern that can match: {why}");
            out.add(&node.span, what)
                .help("expected a pattern as in `.gitignore`, such as `docs/` or `*.psd`");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// A buildpack's registry name or URL.
#[derive(Clone, Debug)]
pub(in crate::config) struct Buildpack(pub(in crate::config) String);

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
