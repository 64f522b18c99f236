//! Words out of a few.

use super::{
    super::{findings::Findings, node::Node, read::Read},
    scalar::{schema, word},
};
use crate::model::{PLATFORMS, PlatformKind};

/// A platform's name.
#[derive(Clone, Copy, Debug)]
pub(in crate::config) struct PlatformName(pub(in crate::config) PlatformKind);

schema!(PlatformName, { "type": "string", "enum": PLATFORMS.each_ref().map(|about| about.name) });

impl Read for PlatformName {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        let names = PLATFORMS.each_ref().map(|about| about.name);
        PlatformKind::named(word(node, what, &names, out)?).map(Self)
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

/// A choice of the config that is read from one of a few words, the first of which is the default.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ $name:ident { $($word:literal => $variant:ident, $help:literal;)+ }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug)]
        pub(in crate::config) struct $name(pub(in crate::config) super::super::$name);

        schema!($name, { "oneOf": [$({ "const": $word, "description": $help }),+] });

        impl Read for $name {
            fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
                let word = word(node, what, &[$($word),+], out)?;
                [$(($word, super::super::$name::$variant)),+]
                    .into_iter()
                    .find(|(name, _)| *name == word)
                    .map(|(_, choice)| Self(choice))
            }
        }
    };
}

choice! {
    /// What to do with links that leave the workspace.
    Symlinks {
        "refuse" => Refuse, "Stop and list them.";
        "keep" => Keep, "Pack them as they are.";
    }
}

choice! {
    /// What to do with files that look like secrets.
    Secrets {
        "warn" => Warn, "Pack them, with a warning each.";
        "deny" => Deny, "Stop and list them.";
    }
}

choice! {
    /// How hard to compress.
    Compression {
        "fast" => Fast, "As quickly as possible.";
        "balanced" => Balanced, "The size of `gzip -6` in a fraction of its time.";
        "small" => Small, "As small as gzip can be.";
    }
}
