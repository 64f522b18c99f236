//! Why an entry is in the archive or not, and the words for it.

use std::fmt;
use std::sync::Arc;

use super::{index::Tracked, survey::Entry, walk::LeftOut};
use crate::gitignore::Rule;

/// Why an entry is in the archive or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing speaks against it.
    Default,
    /// git tracks it.
    Tracked,
    /// A pattern of `include`.
    Include(Arc<Rule>),
    /// A pattern of `exclude`.
    Exclude(Arc<Rule>),
    /// A rule of a `.launchwayignore`.
    LaunchwayIgnore(Arc<Rule>),
    /// A rule of a `.gitignore` or of `.git/info/exclude`.
    GitIgnore(Arc<Rule>),
    /// It is git's own.
    Repository,
    /// It is another version control system's own.
    OtherRepository,
    /// What leads to it is a link or a file, and no directory.
    Behind(Arc<str>),
    /// It is a file of launchway's own.
    Own,
    /// It is neither a file nor a link.
    Special,
}

/// What is decided about an entry.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) packed: bool,
    pub(super) tracked: Option<Tracked>,
    pub(super) reason: Reason,
}

impl Decision {
    pub(super) fn new(packed: bool, tracked: Option<Tracked>, reason: Reason) -> Self {
        Self {
            packed,
            tracked,
            reason,
        }
    }

    pub(super) fn out(tracked: Option<Tracked>, reason: Reason) -> Self {
        Self::new(false, tracked, reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("no rule excludes it"),
            Self::Tracked => f.write_str("git tracks it"),
            Self::Include(rule) => write!(f, "included by {rule}"),
            Self::Exclude(rule) => write!(f, "excluded by {rule}"),
            Self::LaunchwayIgnore(rule) | Self::GitIgnore(rule) => write!(f, "ignored by {rule}"),
            Self::Special => f.write_str("it is neither a file, a directory nor a link"),
            Self::Repository => f.write_str("it belongs to git"),
            Self::OtherRepository => f.write_str("it belongs to another version control system"),
            Self::Behind(path) => write!(
                f,
                "{path} is not a directory, and nothing is packed through a link"
            ),
            Self::Own => f.write_str(
                "launchway or its output is written to it, or the token is read from it",
            ),
        }
    }
}

impl Entry {
    /// Whether a person would ask why it is in: a rule speaks for it, and not just nothing against it.
    pub fn is_surprising(&self) -> bool {
        matches!(self.reason, Reason::Include(_))
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = String::from_utf8_lossy(&self.path);
        write!(f, "{path}  (left out: {})", self.reason)
    }
}
