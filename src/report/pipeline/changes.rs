//! What `pipeline apply` and `pipeline delete` change.

use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Document, Origin};
use crate::{
    journal::record::PipelineRecord,
    report::{
        sanitize::text,
        style::{Style, Tone},
    },
};

/// What `pipeline apply` changed.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway pipeline apply")]
pub struct Applied {
    /// The version of this shape.
    pub schema_version: u32,
    /// Where this was.
    #[serde(flatten)]
    pub origin: Origin,
    /// The pipeline's name.
    pub pipeline: String,
    /// The changes, in order; none if the pipeline is what is declared.
    pub changes: Vec<Change>,
    /// What differs and is left alone.
    pub notes: Vec<String>,
}

/// A change of a pipeline.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Change {
    /// What kind of change.
    pub change: ChangeKind,
    /// The app, if it is about one.
    pub app: Option<String>,
    /// What was before: the stage, the other pipeline, the status checks.
    pub from: Option<String>,
    /// What is to be: the stage, the status checks.
    pub to: Option<String>,
    /// Whether it was made.
    pub done: bool,
}

/// What kind of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The pipeline is created.
    CreatePipeline,
    /// An app is coupled to it.
    Couple,
    /// An app is taken out of another pipeline and coupled to this one.
    Move,
    /// An app is taken out of it.
    Uncouple,
    /// An app moves to another stage.
    ChangeStage,
    /// The required status checks of an app are replaced.
    RequireStatusChecks,
}

/// What `pipeline delete` deleted.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(title = "launchway pipeline delete")]
pub struct Deleted {
    /// The version of this shape.
    pub schema_version: u32,
    /// Where this was.
    #[serde(flatten)]
    pub origin: Origin,
    /// The pipeline.
    pub pipeline: PipelineRecord,
    /// How many apps were in it; they go on as they are.
    pub uncoupled: usize,
}

impl Change {
    fn words(&self, pipeline: &str) -> (char, String) {
        let app = text(self.app.as_deref().unwrap_or_default());
        let from = text(self.from.as_deref().unwrap_or_default());
        let to = text(self.to.as_deref().unwrap_or_default());
        match self.change {
            ChangeKind::CreatePipeline => ('+', format!("create the pipeline {pipeline}")),
            ChangeKind::Couple => ('+', format!("couple {app} as {to}")),
            ChangeKind::Move => (
                '~',
                format!("take {app} out of the pipeline {from}, and couple it as {to}"),
            ),
            ChangeKind::Uncouple => ('-', format!("uncouple {app}, which is in {from}")),
            ChangeKind::ChangeStage => ('~', format!("move {app} from {from} to {to}")),
            ChangeKind::RequireStatusChecks => (
                '~',
                format!("require for {app} the status checks [{to}], not [{from}]"),
            ),
        }
    }
}

impl Document for Applied {
    fn text(&self, style: &Style) -> String {
        let pipeline = text(&self.pipeline);
        let mut out = String::new();
        if self.changes.is_empty() {
            let _ = writeln!(out, "{pipeline} is what deploy.yaml says: nothing to do");
        }
        for change in &self.changes {
            let (sign, words) = change.words(&pipeline);
            let (tone, done) = if change.done {
                (Tone::Good, ": done")
            } else {
                (Tone::Plain, "")
            };
            let line = format!("{sign} {words}{done}");
            let _ = writeln!(out, "{}", style.paint(tone, &line));
        }
        for note in &self.notes {
            let _ = writeln!(out, "note: {}", text(note));
        }
        out
    }
}

impl Document for Deleted {
    fn text(&self, _: &Style) -> String {
        format!(
            "deleted the pipeline {} ({}); apps that were in it: {}\n",
            text(&self.pipeline.name),
            text(&self.pipeline.id),
            self.uncoupled
        )
    }
}
