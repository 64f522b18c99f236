//! What the record may be told.

use std::collections::BTreeMap;

use crate::{
    journal::record::{
        AppOutcome, BuildRecord, CheckRecord, PipelineRecord, ReleaseRecord, RequirementRecord,
        RollbackOutcome, SourceRecord, StageRecord,
    },
    model::{AppKey, PlatformKind, ReleaseStatus},
};

/// A fact in the record: from an event, or noted by a step when there is nothing to report yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// Something was, or may have been, changed on the platform.
    Changed,
    /// What is built, where nothing was packed.
    Source(SourceRecord),
    /// The platform, and its API's address.
    Platform(PlatformKind, String),
    /// The id of the promotion to a stage.
    Promotion(String, String),
    /// What the run will go through.
    Planned {
        /// The pipeline, if the run uses one.
        pipeline: Option<PipelineRecord>,
        /// The stages.
        stages: Vec<StageRecord>,
    },
    /// Who is asked to approve the stage of this name.
    ApprovalAsked(String, String),
    /// Whether the stage of this name was approved; by whom, and why.
    Approval(String, bool, Option<String>, Option<String>),
    /// How a requirement of the stage of this name stands.
    Requirement(String, RequirementRecord),
    /// What an app of this name runs, in whatever stage, before this run replaces it.
    Replaces(String, Option<ReleaseRecord>),
    /// Something about an app.
    App(AppKey, AppFact),
}

/// What the record shows of an app.
#[derive(Clone, Debug, PartialEq)]
pub enum AppFact {
    /// Work on it began.
    Began,
    /// How its build stands.
    Build(BuildRecord),
    /// The platform failed this build of it on purpose: another is made.
    NoticeBuild(BuildRecord),
    /// How its release stands.
    Release(ReleaseRecord),
    /// How the target of the promotion stands that makes this release.
    Target(String, ReleaseStatus),
    /// The images of its release, by process type.
    Images(BTreeMap<String, String>),
    /// Its release was there already: another run made it.
    Adopted,
    /// It is on its way back to this release.
    GoesBack(ReleaseRecord),
    /// Its way back came to this end, for this reason; somebody else made this release meanwhile.
    WentBack(RollbackOutcome, Option<String>, Option<ReleaseRecord>),
    /// It runs this release, which is of the wanted source, already.
    AlreadyLive(ReleaseRecord),
    /// It runs this release by now, which is of the same code.
    ReleasedAgain(ReleaseRecord),
    /// It runs this release by now, which is of other code.
    Superseded(ReleaseRecord),
    /// How a check went.
    Checked(CheckRecord),
    /// Its verdict.
    Ended(AppOutcome, Option<String>),
    /// It passed all its checks.
    Verified,
    /// All work on it is done: its time is measured to here.
    Finished,
}
