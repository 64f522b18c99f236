//! The run record: one JSON object that says what a run did and how it ended (`--record FILE`, and the last line of
//! `--output json`). Its shape is a promise: `schema_version` changes when a field changes its meaning or goes away.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// The command: `deploy`, `promote`.
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PipelineRecord {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What was packed.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StageRecord {
    /// Its name.
    pub stage: String,
    /// How its apps get their release: `build`, `promote`, `release`.
    pub how: String,
    /// The promotion's id, where there is one.
    pub promotion: Option<String>,
    /// Its apps.
    pub apps: Vec<AppRecord>,
}

/// What happened to an app.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct AppRecord {
    /// Its name.
    pub app: String,
    /// The platform's id, once it is known.
    pub id: Option<String>,
    /// What this run did to it: `not_started`, `in_progress`, `succeeded`, `unverified`, `failed`, `unknown`, `already_live`.
    pub outcome: AppOutcome,
    /// The build that this run made.
    pub build: Option<BuildRecord>,
    /// The release that this run made.
    pub release: Option<ReleaseRecord>,
    /// The release that was live before, if this run was to replace it.
    pub replaced: Option<ReleaseRecord>,
    /// The release that somebody else made on top of this run's.
    pub superseded_by: Option<ReleaseRecord>,
    /// The newer release of the same code that it ran at the end: a config var, an add-on or another job of the same source made it.
    pub released_again: Option<ReleaseRecord>,
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
}

/// A build.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BuildRecord {
    /// The platform's id.
    pub id: String,
    /// The platform's word: `pending`, `succeeded`, `failed`.
    pub status: String,
}

/// A release.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReleaseRecord {
    /// The platform's id: what `launchway promote --release` takes in the next job.
    pub id: String,
    /// Its version within its app, without the `v`.
    pub version: u64,
    /// The platform's word: `pending`, `succeeded`, `failed`, `expired`.
    pub status: String,
}

/// A check.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CheckRecord {
    /// The check as people know it: `GET /health`, `npm run smoke`.
    pub check: String,
    /// Whether it held.
    pub ok: bool,
    /// How many tries it took.
    pub attempts: u32,
    /// What was seen last.
    pub seen: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}
