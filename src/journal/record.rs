//! The run record: one JSON object that says what a run did and how it ended (`--record FILE`, and the last line of
//! `--output json`). Its shape is a promise: `schema_version` changes when a field changes its meaning or goes away.

mod app;
mod rollback;

use std::{borrow::Cow, num::NonZeroUsize};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::checks::CheckRecord;
use super::{
    event::{Stamped, Strategy},
    fold::{self, time},
};
use crate::{exit::Exit, model::AppKey, redact::Redactor};

pub use app::{AppOutcome, AppRecord, BuildRecord, ReleaseRecord};
pub use rollback::{RollbackOutcome, RollbackRecord};

/// The version of the record's shape.
pub const SCHEMA_VERSION: u32 = 1;

/// What a run did and how it ended.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "launchway run record")]
pub struct Record {
    /// The version of this shape.
    pub schema_version: u32,
    /// launchway's version.
    pub launchway: String,
    /// The command: `deploy`, `promote`, `rollback`.
    pub command: String,
    /// How it ended, in one word: see `launchway explain`.
    pub outcome: String,
    /// The process's exit code.
    pub exit_code: u8,
    /// What happened if it did not succeed, in one sentence.
    pub message: Option<String>,
    /// When the run began, RFC 3339 in UTC.
    pub started_at: String,
    /// When the run ended, RFC 3339 in UTC.
    pub finished_at: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The platform: `heroku`, `akkeris`.
    pub platform: String,
    /// The API's address.
    pub api_url: String,
    /// The pipeline, if the run used one.
    pub pipeline: Option<PipelineRecord>,
    /// What was packed, if the run packed something.
    pub source: Option<SourceRecord>,
    /// The stages that were requested, in order.
    pub stages: Vec<StageRecord>,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PipelineRecord {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What was packed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceRecord {
    /// The version that the build carries; unique to the content.
    pub version: String,
    /// The commit of the workspace, if it is known.
    pub commit: Option<String>,
    /// SHA-256 of the compressed archive, lower-case hex.
    pub sha256: String,
    /// SHA-256 of the archive before compression, lower-case hex.
    pub tar_sha256: String,
    /// Entries in the archive.
    pub files: u64,
    /// Bytes of the files in it.
    pub bytes: u64,
    /// Bytes of the compressed archive.
    pub archive_bytes: u64,
}

/// A stage of the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StageRecord {
    /// Its name.
    pub stage: String,
    /// How its apps get their release: `build`, `promote`, `release`, `rollback`.
    #[schemars(with = "String")]
    pub how: Strategy,
    /// The promotion's id, where there is one; with waves the last one's.
    pub promotion: Option<String>,
    /// How many of its apps had the release after each wave; empty if all got it at once.
    pub waves: Vec<usize>,
    /// How many of its apps were at work at the same time at most, if `deploy.yaml` said so.
    #[serde(default)]
    pub max_parallel: Option<NonZeroUsize>,
    /// What it required, as it stood right before the stage was changed; empty if the run did not come to that.
    pub requirements: Vec<RequirementRecord>,
    /// Who was asked to approve it, and what came of that, if somebody was asked.
    pub approval: Option<ApprovalRecord>,
    /// Its apps.
    pub apps: Vec<AppRecord>,
}

/// Who was asked to approve a stage, and what came of that.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalRecord {
    /// Who was asked: a host, or `the person at the terminal`.
    #[serde(default)]
    pub asked: String,
    /// When the question was asked, RFC 3339 in UTC.
    #[serde(default)]
    pub asked_at: Option<String>,
    /// Whether it was approved; `false` also where no answer came.
    pub approved: bool,
    /// By whom, if the answer said.
    pub by: Option<String>,
    /// Why, if the answer said.
    pub reason: Option<String>,
    /// When the answer came, RFC 3339 in UTC; `null` if none came.
    pub at: Option<String>,
}

/// A requirement of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequirementRecord {
    /// Its key in `deploy.yaml`: `same_config_keys`, `window`.
    pub requirement: String,
    /// How it stands: `met`, `unmet`, `pending`, `ignored`.
    pub result: RequirementResult,
    /// What was seen, as a phrase.
    pub seen: String,
    /// What does not hold, each with the apps that it is about.
    pub problems: Vec<String>,
}

/// How a requirement stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RequirementResult {
    /// It holds.
    Met,
    /// It does not hold: the stage is not touched.
    Unmet,
    /// It is decided later: the run waits for it, or the platform looks at it when it promotes.
    Pending,
    /// It does not hold, and that was overridden.
    Ignored,
}

impl Record {
    /// The record of a run that has just begun: it says so if nothing is heard of the run again.
    pub fn begun(command: &str, at: Timestamp) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            launchway: env!("CARGO_PKG_VERSION").to_owned(),
            command: command.to_owned(),
            outcome: Exit::Internal.word().to_owned(),
            exit_code: Exit::Internal.code(),
            message: None,
            started_at: time(at),
            finished_at: String::new(),
            seconds: 0.0,
            platform: String::new(),
            api_url: String::new(),
            pipeline: None,
            source: None,
            stages: Vec::new(),
        }
    }

    /// Takes in an event.
    pub fn apply(&mut self, event: &Stamped) {
        fold::event(self, &event.event, event.at);
    }

    /// The apps of all stages, in order.
    pub fn apps(&self) -> impl Iterator<Item = &AppRecord> {
        self.stages.iter().flat_map(|stage| &stage.apps)
    }

    /// What is known of an app.
    pub fn app(&self, key: &AppKey) -> Option<&AppRecord> {
        let stage = self.stages.iter().find(|stage| stage.stage == key.stage)?;
        stage.apps.iter().find(|app| app.app == key.app)
    }

    pub(super) fn app_mut(&mut self, key: &AppKey) -> Option<&mut AppRecord> {
        let mut stages = self.stages.iter_mut();
        let stage = stages.find(|stage| stage.stage == key.stage)?;
        stage.apps.iter_mut().find(|app| app.app == key.app)
    }

    /// The same without secrets.
    #[must_use]
    pub fn clean(&self, redactor: &Redactor) -> Self {
        let mut clean = self.clone();
        clean.each_text(&mut |text| {
            if let Cow::Owned(cleaned) = redactor.clean(text) {
                *text = cleaned;
            }
        });
        clean
    }

    /// Does something with every text that is not launchway's own.
    fn each_text(&mut self, change: &mut dyn FnMut(&mut String)) {
        change(&mut self.api_url);
        self.message.iter_mut().for_each(&mut *change);
        if let Some(PipelineRecord { id, name }) = &mut self.pipeline {
            [id, name].into_iter().for_each(&mut *change);
        }
        if let Some(source) = &mut self.source {
            [
                &mut source.version,
                &mut source.sha256,
                &mut source.tar_sha256,
            ]
            .into_iter()
            .chain(&mut source.commit)
            .for_each(&mut *change);
        }
        for stage in &mut self.stages {
            change(&mut stage.stage);
            stage.promotion.iter_mut().for_each(&mut *change);
            if let Some(approval) = &mut stage.approval {
                let ApprovalRecord {
                    asked, by, reason, ..
                } = approval;
                change(asked);
                by.iter_mut().chain(reason).for_each(&mut *change);
            }
            for requirement in &mut stage.requirements {
                change(&mut requirement.seen);
                requirement.problems.iter_mut().for_each(&mut *change);
            }
            for app in &mut stage.apps {
                app.each_text(change);
            }
        }
    }
}

#[cfg(test)]
mod tests;
