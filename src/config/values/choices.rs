//! Words out of a few.

use super::{
    super::{findings::Findings, node::Node, read::Read},
    scalar::{schema, word},
};
use crate::model::PlatformKind;

/// A platform's name.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct PlatformName(pub(in crate::config) PlatformKind);

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
pub(in crate::config) enum OnFailure {
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
