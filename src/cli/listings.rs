//! What the commands take that show what there is on an app: its builds, its releases, its slugs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Rehearsal;

/// Which app.
#[derive(Debug, Args)]
pub struct AppArgs {
    /// The app, by name or id [default: that of the first stage]; with it no deploy.yaml is needed on Heroku
    #[arg(long, value_name = "APP")]
    pub app: Option<String>,
    /// The platform to rehearse on.
    #[command(flatten)]
    pub rehearsal: Rehearsal,
}

/// What a list takes.
#[derive(Debug, Args)]
pub struct List {
    /// How many, the newest first
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = 15, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub count: u16,
    /// Print one JSON document (`launchway schema builds` or `releases`)
    #[arg(long)]
    pub json: bool,
    /// Which app.
    #[command(flatten)]
    pub of: AppArgs,
}

/// What `builds` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Builds {
    /// What to do; without a word: `list`.
    #[command(subcommand)]
    pub action: Option<BuildsAction>,
    /// The list.
    #[command(flatten)]
    pub list: List,
}

/// What can be done with builds.
#[derive(Debug, Subcommand)]
pub enum BuildsAction {
    /// List the builds of an app, the newest first
    List(List),
    /// Show a build's whole log; a pending build is followed to its end
    Output {
        /// The build's id
        #[arg(value_name = "ID")]
        id: String,
        /// Which app.
        #[command(flatten)]
        of: AppArgs,
    },
    /// Cancel a pending build
    Cancel {
        /// The build's id
        #[arg(value_name = "ID")]
        id: String,
        /// Which app.
        #[command(flatten)]
        of: AppArgs,
    },
}

/// What `releases` takes.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Releases {
    /// What to do; without a word: `list`.
    #[command(subcommand)]
    pub action: Option<ReleasesAction>,
    /// The list.
    #[command(flatten)]
    pub list: List,
}

/// What can be done with releases.
#[derive(Debug, Subcommand)]
pub enum ReleasesAction {
    /// List the releases of an app, the newest first
    List(List),
    /// Show the whole log of a release's release phase
    Output {
        /// The release's version or id
        #[arg(value_name = "vN")]
        which: String,
        /// Which app.
        #[command(flatten)]
        of: AppArgs,
    },
}

/// What `slug` takes.
#[derive(Debug, Args)]
pub struct Slug {
    /// What to do.
    #[command(subcommand)]
    pub action: SlugAction,
}

/// What can be done with a slug.
#[derive(Debug, Subcommand)]
pub enum SlugAction {
    /// Show a slug: its commit, stack, process types, size and checksum
    Show {
        /// The slug's id, or the release or the build that has it [default: what is live]
        #[arg(value_name = "SLUG|vN|BUILD")]
        which: Option<String>,
        /// Print one JSON document (`launchway schema slug`)
        #[arg(long)]
        json: bool,
        /// Which app.
        #[command(flatten)]
        of: AppArgs,
    },
    /// Download the file of a slug and verify its checksum
    Download {
        /// The slug's id, or the release or the build that has it [default: what is live]
        #[arg(value_name = "SLUG|vN|BUILD")]
        which: Option<String>,
        /// Where to write it
        #[arg(short, long = "file", value_name = "FILE")]
        out: PathBuf,
        /// Which app.
        #[command(flatten)]
        of: AppArgs,
    },
}
