//! What the commands take that release something: `deploy`, `promote` and `rollback`.

use std::path::PathBuf;

use clap::Args;

use super::Rehearsal;

/// What `deploy` takes.
#[derive(Debug, Args)]
pub struct Deploy {
    /// Stop after this stage [default: the last]
    #[arg(long, value_name = "STAGE")]
    pub to: Option<String>,
    /// Only show what would be done, as `plan` does
    #[arg(long)]
    pub dry_run: bool,
    /// Build and release even if this source is live already
    #[arg(long)]
    pub force: bool,
    /// Refuse unless everything is as it was when `plan --save FILE` wrote this file
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub plan: Option<PathBuf>,
    /// Change stages although the `window` that they require is closed; the record says so
    #[arg(long)]
    pub ignore_window: bool,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// What `promote` takes.
#[derive(Debug, Args)]
pub struct Promote {
    /// The stage to promote to
    #[arg(long, value_name = "STAGE")]
    pub to: String,
    /// The release to promote, from the first app of the previous stage [default: the live one]
    #[arg(long, value_name = "vN|ID")]
    pub release: Option<String>,
    /// Change stages although the `window` that they require is closed; the record says so
    #[arg(long)]
    pub ignore_window: bool,
    /// Only these apps of the stage, separated by commas [default: all]
    #[arg(long, value_name = "APP", value_delimiter = ',')]
    pub app: Vec<String>,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// What `rollback` takes.
#[derive(Debug, Args)]
pub struct Rollback {
    /// The stage whose apps go back
    #[arg(long, value_name = "STAGE")]
    pub stage: String,
    /// The release to go back to; for one app [default: the newest earlier one that succeeded and has other code]
    #[arg(long, value_name = "vN|ID")]
    pub to_release: Option<String>,
    /// Only this app of the stage [default: all of them]
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}
