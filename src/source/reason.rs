//! The words for why an entry is in the archive or not.

use std::fmt;

use super::{select::Reason, survey::Entry, walk::LeftOut};

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("no rule speaks against it"),
            Self::Tracked => f.write_str("git tracks it"),
            Self::Include(rule) => write!(f, "included by {rule}"),
            Self::Exclude(rule) => write!(f, "excluded by {rule}"),
            Self::LaunchwayIgnore(rule) | Self::GitIgnore(rule) => write!(f, "ignored by {rule}"),
            Self::Special => f.write_str("it is neither a file, a directory nor a link"),
            Self::Repository => f.write_str("it is git's own"),
            Self::Own => f.write_str("launchway writes it, or reads the token from it"),
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
