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
    /// The run's exit code where the outcome alone does not give it: the token may not do this, or the platform was
    /// never ready.
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

    /// The app is left alone because somebody else released to it.
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
