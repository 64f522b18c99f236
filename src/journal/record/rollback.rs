//! An app's way back to an earlier release, as the record has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckRecord, ReleaseRecord};

/// An app's way back to an earlier release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RollbackRecord {
    /// The release that it goes back to; `None` if there is none.
    pub to: Option<ReleaseRecord>,
    /// The release that takes it there: a new one of the earlier code.
    pub release: Option<ReleaseRecord>,
    /// How it ended: `in_progress`, `not_started`, `succeeded`, `unverified`, `failed`, `left_alone`, `impossible`, `unknown`.
    pub outcome: RollbackOutcome,
    /// The checks on the earlier code, in the order of `deploy.yaml`.
    pub checks: Vec<CheckRecord>,
    /// Why it did not succeed.
    pub error: Option<String>,
}

/// How an app's way back ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollbackOutcome {
    /// The run ended in the middle of it.
    #[default]
    InProgress,
    /// It was to begin, and nothing was asked of the platform.
    NotStarted,
    /// It runs the earlier code again, and its checks passed.
    Succeeded,
    /// It runs the earlier code again; its checks failed or were not done.
    Unverified,
    /// The platform refused it, or its release phase failed: it runs what it ran.
    Failed,
    /// Somebody else released to it meanwhile.
    LeftAlone,
    /// There is no earlier release, or what that ran is gone.
    Impossible,
    /// The platform was lost sight of.
    Unknown,
}

impl RollbackRecord {
    /// One that has begun.
    pub(in crate::journal) fn begun(to: Option<ReleaseRecord>) -> Self {
        Self {
            to,
            release: None,
            outcome: RollbackOutcome::InProgress,
            checks: Vec::new(),
            error: None,
        }
    }

    /// Whether it has begun and has no end so far.
    pub fn is_open(&self) -> bool {
        self.outcome == RollbackOutcome::InProgress
    }

    pub(super) fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        for release in [&mut self.to, &mut self.release].into_iter().flatten() {
            release.each_text(change);
        }
        for check in &mut self.checks {
            check.each_text(change);
        }
        self.error.iter_mut().for_each(change);
    }
}
