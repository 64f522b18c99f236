//! Status checks on releases.

use super::{
    super::{findings::Findings, node::Node, read::Read},
    scalar::{line, schema, shown},
};

/// What a status check is known by.
#[derive(Clone, Debug)]
pub(in crate::config) struct CheckContext(pub(in crate::config) String);

schema!(CheckContext, { "type": "string", "pattern": "^[./\\\\+A-Za-z0-9-]{6,31}$", "examples": ["tests/smoke"] });

impl Read for CheckContext {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        let fits = (6..=31).contains(&scalar.text.len())
            && scalar
                .text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || r"./\+-".contains(c));
        if !fits {
            let shown = shown(scalar, what);
            out.add(
                &node.span,
                format!("{what}: {shown} is not a status check's context"),
            )
            .help("6 to 31 letters, digits, `.`, `/`, `+` and `-`, such as `tests/smoke`");
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}

/// What people call a status check.
#[derive(Clone, Debug)]
pub(in crate::config) struct CheckName(pub(in crate::config) String);

schema!(CheckName, { "type": "string", "minLength": 4, "maxLength": 255, "examples": ["Smoke tests"] });

impl Read for CheckName {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let scalar = line(node, what, out)?;
        if !(4..=255).contains(&scalar.text.chars().count()) {
            out.add(&node.span, format!("{what} must have 4 to 255 characters"));
            return None;
        }
        Some(Self(scalar.text.clone()))
    }
}
