//! What the commands take that only ask: `plan` and `status`.

use std::path::PathBuf;

use clap::Args;

use super::Rehearsal;

/// What `plan` takes.
#[derive(Debug, Default, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub struct Plan {
    /// Stop after this stage [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub to: Option<String>,
    /// Contact nothing: needs neither token nor network
    #[arg(long, conflicts_with = "sandbox")]
    pub offline: bool,
    /// Exit with 3 if there is something to do
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Plan as if the source were not live already
    #[arg(long)]
    pub force: bool,
    /// Plan as if every `window` that a stage requires were open
    #[arg(long)]
    pub ignore_window: bool,
    /// Save the plan to this file, for `deploy --plan`
    #[arg(long, value_name = "FILE", conflicts_with = "offline")]
    pub save: Option<PathBuf>,
    /// Print every host that a run talks to and why, one per line
    #[arg(long, conflicts_with_all = ["save", "force", "detailed_exitcode"])]
    pub hosts: bool,
    /// Print the apps of the stages behind the first one as a CI system's matrix: a job each, which promotes to its app.
    /// Needs neither token nor network
    #[arg(
        long,
        value_name = "SYSTEM",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "auto",
        conflicts_with_all = ["hosts", "save", "force", "detailed_exitcode", "sandbox"]
    )]
    pub matrix: Option<Matrix>,
    /// Only this stage of the matrix
    #[arg(long, value_name = "STAGE", requires = "matrix", conflicts_with = "to")]
    pub stage: Option<String>,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// The CI system that a matrix is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Matrix {
    /// GitLab with `--output gitlab` and in its jobs, else GitHub Actions.
    Auto,
    /// GitHub Actions: a value for `strategy.matrix`.
    Github,
    /// GitLab: a child pipeline.
    Gitlab,
}

/// What `status` takes.
#[derive(Debug, Args)]
pub struct Status {
    /// Refresh until interrupted; on a terminal only
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
    /// Print one JSON document (`launchway schema status`)
    #[arg(long)]
    pub json: bool,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}
