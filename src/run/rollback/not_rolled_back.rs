//! Why an app did not get back to its earlier release.

use crate::{
    exit::Exit,
    journal::record::{ReleaseRecord, RollbackOutcome},
    platform::types::{Release, ReleaseStatus},
};

/// Why an app did not get back.
pub(super) struct NotRolledBack {
    pub(super) outcome: RollbackOutcome,
    pub(super) why: String,
    /// What somebody else released.
    pub(super) other: Option<ReleaseRecord>,
    /// How a run ends whose failure this is, where the outcome alone does not say it: a token that may not, a platform that
    /// was never ready.
    pub(super) exit: Option<Exit>,
}

impl NotRolledBack {
    pub(super) fn new(outcome: RollbackOutcome, why: impl Into<String>) -> Self {
        Self {
            outcome,
            why: why.into(),
            other: None,
            exit: None,
        }
    }

    /// What somebody else released keeps an app from going back.
    pub(super) fn left(other: &Release) -> Self {
        let user = other.user.as_deref().unwrap_or("somebody");
        let verb = match other.status {
            ReleaseStatus::Pending => "is releasing",
            _ => "released",
        };
        Self {
            outcome: RollbackOutcome::LeftAlone,
            why: format!(
                "{user} {verb} {} meanwhile: {}",
                other.at, other.description
            ),
            other: (other.status != ReleaseStatus::Pending).then(|| other.record()),
            exit: None,
        }
    }

    pub(super) fn gone(to: &ReleaseRecord) -> Self {
        let why = format!("what v{} ran is gone: it expired", to.version);
        Self::new(RollbackOutcome::Impossible, why)
    }
}
