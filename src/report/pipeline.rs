//! Pipelines as the `pipeline` commands show them: one JSON document each, or text. The documents' shapes are a promise:
//! `schema_version` changes when a field changes its meaning or goes away.

mod changes;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

use super::style::Style;
use crate::journal::record::PipelineRecord;
pub use changes::{Applied, Change, ChangeKind, Deleted};

/// The version of the documents' shapes.
pub const SCHEMA_VERSION: u32 = 1;

/// A document of a `pipeline` command.
pub trait Document: Serialize {
    /// What people read. Foreign text in it is harmless.
    fn text(&self, style: &Style) -> String;
}

/// Where a document comes from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Origin {
    /// The platform: `heroku`, `akkeris`.
    pub platform: String,
    /// The API's address.
    pub api_url: String,
}

/// A pipeline.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Pipeline {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What somebody wrote about it, where the platform has that.
    pub description: Option<String>,
    /// The owner, if the platform says.
    pub owner: Option<Owner>,
    /// The generation of the platform that it is on, if the platform says: `cedar`, `fir`.
    pub generation: Option<String>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: Option<String>,
}

/// The owner of a pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Owner {
    /// The platform's id.
    pub id: String,
    /// `team` or `user`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

/// The pipelines that the token may see.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway pipeline list")]
pub struct List {
    /// The version of this shape.
    pub schema_version: u32,
    /// Where this comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The pipelines, by name.
    pub pipelines: Vec<Pipeline>,
}

/// A pipeline, its stages and its apps.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway pipeline show")]
pub struct Show {
    /// The version of this shape.
    pub schema_version: u32,
    /// When this was so, by the platform's clock: RFC 3339 in UTC.
    pub at: String,
    /// Where this comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// The stages that have apps, in the platform's order.
    pub stages: Vec<Stage>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// A stage of a pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Stage {
    /// Its name.
    pub stage: String,
    /// Its apps, by name.
    pub apps: Vec<App>,
}

/// An app in a pipeline.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct App {
    /// Its name; its id if the platform does not say the name.
    pub app: String,
    /// The platform's id.
    pub id: String,
    /// The id of its coupling.
    pub coupling: String,
    /// The status checks that must be green on a release before it is promoted to the app; `null` where the platform has none.
    pub required_status_checks: Option<Vec<String>>,
    /// The app's own address, as the platform gives it.
    pub web_url: Option<String>,
    /// Whether it is in maintenance mode; `null` if the app could not be read.
    pub maintenance: Option<bool>,
    /// The release that it runs; `null` if it runs none, or could not be read.
    pub release: Option<Release>,
    /// The version of the source that it runs, if the platform says.
    pub source_version: Option<String>,
    /// The commit that it runs, if that is known.
    pub commit: Option<String>,
    /// Why it could not be read.
    pub error: Option<String>,
}

/// The release that an app runs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Release {
    /// The platform's id: what `launchway promote --release` takes.
    pub id: String,
    /// Its version within its app, without the `v`.
    pub version: u64,
    /// What the platform says of it: `Deploy 1a2b3c4`; `null` if it does not say.
    pub description: Option<String>,
    /// Who made it, if the platform says.
    pub by: Option<String>,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: Option<String>,
    /// How long ago that was, in seconds.
    pub age_seconds: Option<u64>,
}

/// The stages of the platform's pipelines.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway pipeline stages")]
pub struct Stages {
    /// The version of this shape.
    pub schema_version: u32,
    /// Where this comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// Whether a promotion may go past a stage.
    pub may_skip: bool,
    /// The stages, in order.
    pub stages: Vec<NextStage>,
}

/// A stage, and what comes after it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct NextStage {
    /// The stage.
    pub stage: String,
    /// The one after it; `null` for the last.
    pub next: Option<String>,
}

/// The status checks that were ever reported on releases of a pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway pipeline statuses")]
pub struct Statuses {
    /// The version of this shape.
    pub schema_version: u32,
    /// Where this comes from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The pipeline.
    pub pipeline: PipelineRecord,
    /// The status checks, by context.
    pub statuses: Vec<Status>,
}

/// A status check.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Status {
    /// What `require: {status_checks: […]}` names it by.
    pub context: String,
    /// What people call it.
    pub name: Option<String>,
}
