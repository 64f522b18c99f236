//! A slug that was made elsewhere, and what runs in it.

use super::{
    super::{findings::Findings, node::Node, read::Read},
    answers::entries,
    names::is_uuid,
    scalar::{line, schema, shown},
};

/// A slug: a file, or the id of one that is on the platform.
#[derive(Clone, Debug)]
pub(in crate::config) enum Slug {
    /// The path, as the file has it.
    File(String),
    /// The id.
    Id(String),
}

schema!(Slug, { "type": "string", "examples": ["out/slug.tgz", "01234567-89ab-cdef-0123-456789abcdef"] });

impl Read for Slug {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let text = &line(node, what, out)?.text;
        Some(if is_uuid(text) {
            Self::Id(text.to_ascii_lowercase())
        } else {
            Self::File(text.clone())
        })
    }
}

/// The commands of process types, by their names.
#[derive(Clone, Debug)]
pub(in crate::config) struct ProcessTypes(pub(in crate::config) Vec<(String, String)>);

// The platform's pattern of a name is the one in its schema.
schema!(ProcessTypes, {
    "type": "object",
    "minProperties": 1,
    "propertyNames": { "pattern": "^[-\\w]{1,128}$" },
    "additionalProperties": { "type": "string" },
    "examples": [{ "web": "node server.js" }]
});

impl Read for ProcessTypes {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let mut types: Vec<(String, String)> = Vec::new();
        for entry in entries(node, what, "a map of process types", out)? {
            let name = &entry.key;
            if !is_process_type(name) {
                out.add(
                    &entry.span,
                    format!("a key of {what} is not a process type"),
                )
                .help("letters, digits, `-` and `_`, at most 128: `web`, `worker`, `release`");
                return None;
            }
            if types.iter().any(|(other, _)| other == name) {
                let message = format!("the process type `{name}` is given twice");
                out.add(&entry.span, message);
                return None;
            }
            let command = line(&entry.value, &format!("`{name}`"), out)?;
            if command.text.trim().is_empty() {
                let shown = shown(command, name);
                out.add(
                    &entry.value.span,
                    format!("`{name}` is no command: {shown}"),
                );
                return None;
            }
            types.push((name.clone(), command.text.clone()));
        }
        Some(Self(types))
    }
}

pub(super) fn is_process_type(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}
