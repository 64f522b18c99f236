//! What the record says of an app: its build, its releases, its checks, and how it ended.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{CheckRecord, RollbackRecord};
use crate::model::{BuildStatus, ReleaseRef, ReleaseStatus};

/// What happened to an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AppRecord {
    /// Its name.
    pub app: String,
    /// The platform's id, once it is known.
    pub id: Option<String>,
    /// What this run did to it: `not_started`, `in_progress`, `succeeded`, `unverified`, `failed`, `unknown`, `already_live`,
    /// `rolled_back`, `rollback_failed`.
    pub outcome: AppOutcome,
    /// The build that this run made.
    pub build: Option<BuildRecord>,
    /// The build before it that the platform failed on purpose, with a notice that the next one works.
    pub notice_build: Option<BuildRecord>,
    /// The release of the wanted code: what this run made, or found there. A rollback's is in `rollback`.
    pub release: Option<ReleaseRecord>,
    /// The images of that release, where images were released: by process type, each one's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub images: BTreeMap<String, String>,
    /// Whether `release` was there already: an earlier run or another job made it, so this run does not send it back.
    #[serde(default)]
    pub adopted: bool,
    /// The release that was live before, if this run was to replace it.
    pub replaced: Option<ReleaseRecord>,
    /// The release that somebody else made on top of this run's.
    pub superseded_by: Option<ReleaseRecord>,
    /// The newer release of the same code that it ran at the end: a config var, an add-on or another job of the same source made it.
    pub released_again: Option<ReleaseRecord>,
    /// Its way back to an earlier release, if there was one.
    #[serde(default)]
    pub rollback: Option<RollbackRecord>,
    /// The checks, in the order of `deploy.yaml`.
    pub checks: Vec<CheckRecord>,
    /// The app's own address, as the platform gives it.
    pub web_url: Option<String>,
    /// When work on it began, RFC 3339 in UTC.
    pub started_at: Option<String>,
    /// When its verdict was there, RFC 3339 in UTC.
    pub finished_at: Option<String>,
    /// How long it took, in seconds.
    pub seconds: Option<f64>,
    /// Why it did not succeed.
    pub error: Option<String>,
}

/// What a run did to an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppOutcome {
    /// Nothing: the run did not come to it.
    #[default]
    NotStarted,
    /// Something, and the run ended in the middle of it.
    InProgress,
    /// It runs the new release, and its checks passed.
    Succeeded,
    /// It runs the new release; the run ended before its checks did.
    Unverified,
    /// Its build, release, promotion or a check failed.
    Failed,
    /// The platform was lost sight of.
    Unknown,
    /// It ran this source before.
    AlreadyLive,
    /// It runs an earlier release again, and its checks passed.
    RolledBack,
    /// It was to go back to an earlier release, and that did not succeed, or not for certain.
    RollbackFailed,
}

/// A build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BuildRecord {
    /// The platform's id.
    pub id: String,
    /// The platform's word: `pending`, `succeeded`, `failed`.
    pub status: BuildStatus,
}

/// A release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseRecord {
    /// The platform's id: what `launchway promote --release` takes in the next job.
    pub id: String,
    /// Its version within its app, without the `v`.
    pub version: u64,
    /// The platform's word: `pending`, `succeeded`, `failed`, `expired`.
    pub status: ReleaseStatus,
}

impl AppRecord {
    pub(super) fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.app);
        let texts = [&mut self.id, &mut self.web_url, &mut self.error];
        texts.into_iter().flatten().for_each(&mut *change);
        let builds = [&mut self.build, &mut self.notice_build];
        for BuildRecord { id, status } in builds.into_iter().flatten() {
            change(id);
            if let BuildStatus::Other(word) = status {
                change(word);
            }
        }
        let releases = [
            &mut self.release,
            &mut self.replaced,
            &mut self.superseded_by,
            &mut self.released_again,
        ];
        for release in releases.into_iter().flatten() {
            release.each_text(change);
        }
        for check in &mut self.checks {
            check.each_text(change);
        }
        if let Some(rollback) = &mut self.rollback {
            rollback.each_text(change);
        }
    }

    /// Whether something is under way on it.
    pub fn is_under_way(&self) -> bool {
        match self.rollback.as_ref().filter(|rollback| rollback.is_open()) {
            Some(rollback) => rollback.release.as_ref().is_some_and(|release| {
                !matches!(
                    release.status,
                    ReleaseStatus::Succeeded | ReleaseStatus::Failed
                )
            }),
            None => self.outcome == AppOutcome::InProgress && !self.runs_new(),
        }
    }

    /// Whether it is known to run its new release.
    pub fn runs_new(&self) -> bool {
        let status = self.release.as_ref().map(|release| &release.status);
        status == Some(&ReleaseStatus::Succeeded)
    }
}

impl ReleaseRecord {
    /// A release and how it stands.
    pub fn new(at: &ReleaseRef, status: &ReleaseStatus) -> Self {
        Self {
            id: at.id.clone(),
            version: at.version,
            status: status.clone(),
        }
    }

    pub(super) fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.id);
        if let ReleaseStatus::Other(word) = &mut self.status {
            change(word);
        }
    }

    /// Whether it is live, or was until another release came.
    pub fn succeeded(&self) -> bool {
        self.status == ReleaseStatus::Succeeded
    }
}
