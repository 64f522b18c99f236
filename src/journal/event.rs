//! What happened, as typed events: steps report these and print nothing; reporters turn them into text or JSON.
//!
//! The JSON form (`--output json`, one event a line) is `{"at": …, "elapsed_ms": …, "event": "build_started", …}`.
//! Text that came from the platform or from a check is carried as it is: making it safe to print is the reporters' work.

use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Evidence,
    record::{Record, ReleaseRecord, RequirementResult, RollbackOutcome},
};
use crate::model::{BuildStatus, PlatformKind, ReleaseRef, ReleaseStatus, TargetStatus};

/// Where a line of output comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputSource {
    /// The platform's build.
    Build,
    /// The release phase.
    Release,
    /// A `run:` check of `deploy.yaml`.
    Check,
    /// A `run:` hook of `notify`. It comes after the last event of a run: only people see it.
    Notify,
}

/// How an app of a stage gets its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "How")]
pub enum Strategy {
    /// The platform builds the workspace.
    Build,
    /// The release of the stage before is promoted through the pipeline.
    Promote,
    /// The built slug is released directly: there is no pipeline.
    Release,
    /// An earlier release of each app is released again.
    Rollback,
}

impl Strategy {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Promote => "promote",
            Self::Release => "release",
            Self::Rollback => "rollback",
        }
    }
}

/// Something that happened in a run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run began.
    RunStarted {
        /// launchway's version.
        launchway: String,
        /// The command: `deploy`, `promote`, `rollback`.
        command: String,
        /// The `deploy.yaml` in use.
        config: String,
        /// The platform.
        platform: PlatformKind,
        /// The API's address.
        api_url: String,
        /// The names of the stages that this run will go through, in order.
        stages: Vec<String>,
    },
    /// Something that a person should know, but that stops nothing.
    Warning {
        /// One sentence.
        message: String,
    },
    /// Something worth a line: what was found, what is skipped and why.
    Note {
        /// One sentence.
        message: String,
    },
    /// The workspace is packed.
    Packed {
        /// Entries in the archive: files, links and directories without content.
        files: u64,
        /// Bytes of the files in it.
        bytes: u64,
        /// Bytes of the compressed archive.
        archive_bytes: u64,
        /// SHA-256 of the compressed archive, lower-case hex.
        sha256: String,
        /// The version that the build will carry.
        version: String,
        /// The commit of the workspace, if it is known: for the record.
        #[serde(skip)]
        commit: Option<String>,
        /// SHA-256 of the archive before compression, lower-case hex: for the record.
        #[serde(skip)]
        tar_sha256: String,
        /// How long packing took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        took: Duration,
    },
    /// The upload began.
    UploadStarted {
        /// Its size in bytes.
        bytes: u64,
    },
    /// The upload went on. At most a few a second.
    UploadProgress {
        /// Bytes sent so far.
        sent: u64,
        /// Bytes in all.
        bytes: u64,
    },
    /// The upload was accepted.
    Uploaded {
        /// Its size in bytes.
        bytes: u64,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        took: Duration,
    },
    /// What was uploaded is overwritten: the build does not need it any more.
    SourceShredded,
    /// A stage began.
    StageStarted {
        /// The stage.
        stage: String,
        /// Its apps.
        apps: Vec<String>,
        /// How they get their release.
        how: Strategy,
    },
    /// A requirement of a stage was looked at.
    RequirementChecked {
        /// The stage.
        stage: String,
        /// Its key in `deploy.yaml`: `same_config_keys`, `window`.
        requirement: String,
        /// How it stands.
        result: RequirementResult,
        /// What was seen, as a phrase.
        seen: String,
        /// What does not hold, each with the apps that it is about.
        problems: Vec<String>,
    },
    /// Somebody is asked to approve a stage.
    ApprovalAsked {
        /// The stage.
        stage: String,
        /// Who: a host, or the person at the terminal.
        who: String,
    },
    /// Somebody approved a stage, or rejected it.
    ApprovalDecided {
        /// The stage.
        stage: String,
        /// Whether it was approved.
        approved: bool,
        /// By whom, if the answer said.
        by: Option<String>,
        /// Why, if the answer said.
        reason: Option<String>,
    },
    /// A build was created.
    BuildStarted {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The build's id.
        build: String,
        /// How it stands: for the record.
        #[serde(skip)]
        status: BuildStatus,
    },
    /// A line of output of a build, a release phase or a check, without its line end.
    Output {
        /// Where it comes from.
        source: OutputSource,
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// Whether the line needs the app's name in front: several apps print at the same time.
        several: bool,
        /// The text, foreign and unsafe to print as it is.
        line: String,
    },
    /// A build came to its end.
    BuildFinished {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The build's id.
        build: String,
        /// The platform's word: `succeeded`, `failed`.
        status: BuildStatus,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        took: Duration,
    },
    /// A release was made and may be running its release phase.
    ReleaseStarted {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The release.
        release: ReleaseRef,
        /// How it stands: for the record.
        #[serde(skip)]
        status: ReleaseStatus,
        /// Whether it has a release phase.
        phase: bool,
    },
    /// A release came to its end.
    ReleaseFinished {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The release.
        release: ReleaseRef,
        /// The platform's word: `succeeded`, `failed`, `expired`.
        status: ReleaseStatus,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        took: Duration,
    },
    /// A promotion was created.
    PromotionStarted {
        /// The stage that it goes to.
        stage: String,
        /// The promotion's id.
        promotion: String,
        /// The app whose release is promoted.
        from: String,
        /// That release.
        release: ReleaseRef,
        /// The apps that it goes to.
        targets: Vec<String>,
    },
    /// A target of a promotion came to its verdict.
    TargetFinished {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The platform's word: `succeeded`, `failed`.
        status: TargetStatus,
        /// The platform's message, if any.
        error: Option<String>,
    },
    /// A check began.
    CheckStarted {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The check, as people know it: `GET /health`, `npm run smoke`.
        check: String,
    },
    /// A check was tried and did not hold yet.
    CheckTried {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The check.
        check: String,
        /// Which try, from 1.
        attempt: u32,
        /// What was seen.
        seen: String,
    },
    /// A check came to its verdict.
    CheckFinished {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// The check.
        check: String,
        /// Which of its stage's it is, from 0: for the record.
        #[serde(skip)]
        at: usize,
        /// Whether it held.
        ok: bool,
        /// How many tries it took.
        attempts: u32,
        /// What was seen last.
        seen: String,
        /// How long it took.
        #[serde(rename = "took_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        took: Duration,
        /// The answer that tells most, if it was not as wanted.
        #[serde(skip_serializing_if = "Option::is_none")]
        evidence: Option<Evidence>,
    },
    /// An app is sent back to an earlier release.
    RollbackStarted {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// What it runs.
        from: ReleaseRef,
        /// What it goes back to.
        to: ReleaseRef,
    },
    /// Sending an app back came to its end, or did not begin.
    RollbackFinished {
        /// The stage.
        stage: String,
        /// The app.
        app: String,
        /// How it ended.
        outcome: RollbackOutcome,
        /// Why it did not succeed.
        why: Option<String>,
        /// The release that somebody else made meanwhile: for the record.
        #[serde(skip)]
        other: Option<ReleaseRecord>,
    },
    /// A wait began, or what is known of it changed. Shown as a live line on a terminal, and in a log once it is silent for long.
    Waiting {
        /// What is waited for, as a phrase: `the build of acme-staging`.
        what: String,
        /// How things stand with it, if that is known: `queued`.
        #[serde(skip_serializing_if = "Option::is_none")]
        standing: Option<String>,
        /// How long it may take in all, from its first event on.
        #[serde(rename = "deadline_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        deadline: Duration,
        /// What happens if it is not over by then: `it is cancelled`.
        then: String,
        /// Whether a log has a line of it at once.
        #[serde(skip)]
        aloud: bool,
    },
    /// A wait is over.
    WaitOver {
        /// The same phrase.
        what: String,
    },
    /// A request is repeated after a pause.
    Retrying {
        /// The request: `GET /apps/acme/builds/…`.
        request: String,
        /// Why.
        why: String,
        /// The pause before the next try.
        #[serde(rename = "pause_ms", serialize_with = "millis")]
        #[schemars(with = "u64")]
        pause: Duration,
        /// For how much longer it is tried, where time decides that.
        #[serde(skip)]
        left: Option<Duration>,
    },
    /// The run is over. The last event.
    RunFinished {
        /// The run record.
        record: Box<Record>,
    },
}

/// An event with its place in time.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stamped {
    /// When, RFC 3339 in UTC.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Since the run began.
    #[serde(rename = "elapsed_ms", serialize_with = "millis")]
    #[schemars(with = "u64")]
    pub elapsed: Duration,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

/// Serialises a duration as whole milliseconds.
pub(crate) fn millis<S: serde::Serializer>(d: &Duration, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_u64(u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}
