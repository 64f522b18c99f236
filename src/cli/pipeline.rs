//! What the `pipeline` commands take.

use clap::{Args, Subcommand};

use super::{Rehearsal, platform};
use crate::model::PlatformKind;

/// What `pipeline` takes.
#[derive(Debug, Args)]
pub struct Pipeline {
    /// The command.
    #[command(subcommand)]
    pub command: PipelineCommand,
}

/// What can be done with pipelines.
#[derive(Debug, Subcommand)]
pub enum PipelineCommand {
    /// List the pipelines that the token may see
    List(ReadArgs),
    /// Show a pipeline: its stages and apps, what is live, required status checks, owner
    Show(Show),
    /// Show the stages that the platform's pipelines have, in order
    Stages(ReadArgs),
    /// Akkeris: list the status checks that were ever reported on releases of a pipeline
    Statuses(Named),
    /// Make the pipeline and its couplings what deploy.yaml says, after showing the difference
    Apply(Apply),
    /// Delete a pipeline; its apps stay as they are
    Delete(Delete),
}

/// What every command takes that only asks.
#[derive(Debug, Args)]
pub struct ReadArgs {
    /// Which platform to ask; deploy.yaml is not read then [default: the one in deploy.yaml, else heroku]
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    pub platform: Option<PlatformKind>,
    /// Print one JSON document (`launchway schema pipeline-COMMAND`)
    #[arg(long)]
    pub json: bool,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// What `pipeline statuses` takes.
#[derive(Debug, Args)]
pub struct Named {
    /// The pipeline's name or id [default: the one in deploy.yaml]
    #[arg(value_name = "NAME|ID")]
    pub pipeline: Option<String>,
    /// What every command takes.
    #[command(flatten)]
    pub asked: ReadArgs,
}

/// What `pipeline apply` takes.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Apply {
    /// Do not ask; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
    /// Uncouple apps that are not in deploy.yaml
    #[arg(long)]
    pub prune: bool,
    /// Take apps out of other pipelines
    #[arg(long = "move")]
    pub move_apps: bool,
    /// Print one JSON document (`launchway schema pipeline-apply`)
    #[arg(long)]
    pub json: bool,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// What `pipeline delete` takes.
#[derive(Debug, Args)]
pub struct Delete {
    /// The pipeline's name or id [default: the one in deploy.yaml]
    #[arg(value_name = "NAME|ID")]
    pub pipeline: Option<String>,
    /// The pipeline's name again, to confirm
    #[arg(long, value_name = "NAME")]
    pub yes: Option<String>,
    /// What every command takes.
    #[command(flatten)]
    pub asked: ReadArgs,
}

/// What `pipeline show` takes.
#[derive(Debug, Args)]
pub struct Show {
    /// The pipeline's name or id [default: the one in deploy.yaml]
    #[arg(value_name = "NAME|ID", conflicts_with_all = ["app", "addon"])]
    pub pipeline: Option<String>,
    /// Show the pipeline that this app is in
    #[arg(long, value_name = "APP", conflicts_with = "addon")]
    pub app: Option<String>,
    /// Heroku: show the pipeline that this add-on's app is in, as far as the token of an add-on partner sees it
    #[arg(long, value_name = "UUID")]
    pub addon: Option<String>,
    /// What every command takes.
    #[command(flatten)]
    pub asked: ReadArgs,
}
