//! The command line. Parsing only; meaning is in `commands`.

mod asking;
mod changing;
mod init;
pub mod listings;
pub mod pipeline;
pub mod words;

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};
use url::Url;

pub use asking::{Matrix, Plan, Status};
pub use changing::{Deploy, Promote, Rollback};
pub use init::Init;

use crate::{
    model::{PLATFORMS, PlatformKind, TOKEN_VARIABLE, names},
    report::{ColourChoice, Output},
    sandbox::{Fault, Generation},
};

/// Deploys a workspace from a CI job through staging to production on Heroku, with an exit code you can trust.
#[derive(Debug, Parser)]
#[command(
    name = "launchway",
    version,
    max_term_width = 110,
    propagate_version = true
)]
#[command(
    after_help = "Exit codes: 0 ok, 10 build failed, 11 release failed, 12 promotion failed, 13 verification failed, \
    14 rolled back, 15 rollback failed, 16 refused, 20 unknown, 65 config, 66 workspace, 69 unavailable, 75 try again, 77 denied; `launchway explain` has them all."
)]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The default path of `deploy.yaml`.
pub const CONFIG: &str = "deploy.yaml";

/// What applies to every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The file that says what to deploy
    #[arg(
        short,
        long,
        global = true,
        value_name = "FILE",
        default_value = CONFIG
    )]
    pub config: PathBuf,
    /// Print more: every retry, every attempt at a check; `-vv` adds launchway's own diagnostics
    #[arg(short, long, global = true, conflicts_with = "quiet", action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Print less: only warnings, failures and the final table
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColourChoice,
    /// The format of the output; `json` puts one event per line on stdout
    #[arg(long, global = true, value_name = "KIND", default_value = "auto")]
    pub output: Output,
    /// How long the log may be silent before it says what the run is waiting for
    #[arg(long, global = true, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    pub keep_alive: Duration,
    /// The API's address [default: the platform's own]
    #[arg(long, global = true, value_name = "URL")]
    pub api_url: Option<Url>,
    /// A file with the token (`-` is stdin).
    #[arg(long, global = true, value_name = "FILE", help = key_file_help())]
    pub api_key_file: Option<PathBuf>,
    /// How long the whole run may take: 90s, 20m, 1h30m [default: on GitLab, what is left of the job's time]
    #[arg(long, global = true, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// The files that a run leaves. Last: what comes behind them would be under their heading.
    #[command(flatten)]
    pub files: Files,
}

impl Global {
    /// The files that are no part of a workspace even if they lie in it.
    pub fn own_files(&self) -> Vec<PathBuf> {
        let Files {
            record,
            html,
            junit,
            dotenv,
            annotations,
        } = &self.files;
        let token = &self.api_key_file;
        [record, html, junit, dotenv, annotations, token]
            .into_iter()
            .flatten()
            .cloned()
            .collect()
    }
}

/// The files that a run leaves.
#[derive(Debug, Args)]
#[command(next_help_heading = "Reports of deploy, promote and rollback")]
pub struct Files {
    /// Write the run record, one JSON object, to this file (`-` is stdout)
    #[arg(long, global = true, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Write a page for browsers: timeline, stages, checks, logs
    #[arg(long, global = true, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a JUnit report: a case for each app and each check
    #[arg(long, global = true, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write a dotenv report, for GitLab's `artifacts:reports:dotenv`
    #[arg(long, global = true, value_name = "FILE")]
    pub dotenv: Option<PathBuf>,
    /// Write links for GitLab's `artifacts:reports:annotations`
    #[arg(long, global = true, value_name = "FILE")]
    pub annotations: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Build the workspace and carry it through the stages
    Deploy(Deploy),
    /// Show what `deploy` would do and why, without changing anything
    Plan(Plan),
    /// Promote what is live in the previous stage
    Promote(Promote),
    /// Release the previous good release of a stage's apps again, and verify it
    Rollback(Rollback),
    /// Show what is live in each stage: release, commit, age, by whom, state, drift
    Status(Status),
    /// Show pipelines and change them: list, show, stages, statuses, apply, delete
    Pipeline(pipeline::Pipeline),
    /// List the builds of an app, show the log of one, cancel one that is pending
    Builds(listings::Builds),
    /// List the releases of an app, show the log of one
    Releases(listings::Releases),
    /// Show or download the slug of a build or a release
    Slug(listings::Slug),
    /// Write the archive of the workspace, or list what would be in it
    Pack(Pack),
    /// Serve an embedded platform on a loopback port, for rehearsals
    Sandbox(Sandbox),
    /// Write a first deploy.yaml from what the workspace and the platform say
    Init(Init),
    /// Print the JSON Schema of deploy.yaml, of the run record, of the lines of `--output json` or of a command's `--json`
    Schema(Schema),
    /// Say what an exit code means
    Explain {
        /// A code or a word; without one, all of them
        code: Option<String>,
    },
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, for `man`
    Manual,
}

/// Where to rehearse.
#[derive(Clone, Debug, Default, Args)]
pub struct Rehearsal {
    /// Run against the embedded platform instead of the real one: needs no token
    #[arg(long)]
    pub sandbox: bool,
    /// Make the sandbox fail in this way; repeatable (`launchway sandbox --help` has the grammar)
    #[arg(long, value_name = "FAULT", requires = "sandbox")]
    pub fault: Vec<Fault>,
}

/// What `pack` takes.
#[derive(Debug, Args)]
pub struct Pack {
    /// Where to write the archive
    #[arg(short, long = "file", value_name = "FILE", conflicts_with_all = ["list", "explain"], required_unless_present_any = ["list", "explain"])]
    pub out: Option<PathBuf>,
    /// List what would be in it: mode, size, path; with `-v` also what is left out, and why
    #[arg(long)]
    pub list: bool,
    /// Say why a path is in or out
    #[arg(long, value_name = "PATH", conflicts_with = "list")]
    pub explain: Option<PathBuf>,
}

/// What `sandbox` takes.
#[derive(Debug, Args)]
#[command(after_help = crate::sandbox::grammar())]
pub struct Sandbox {
    /// Which platform's API to serve [default: the platform in deploy.yaml]
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    pub platform: Option<PlatformKind>,
    /// Heroku: the generation of its apps, cedar or fir [default: cedar]
    #[arg(
        long,
        value_name = "GENERATION",
        default_value = "cedar",
        hide_default_value = true
    )]
    pub generation: Generation,
    /// The API's port [default: a free one]
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
    /// The token that clients must present [default: a random one]
    #[arg(long, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Make it fail in this way; repeatable
    #[arg(long, value_name = "FAULT")]
    pub fault: Vec<Fault>,
}

/// What `schema` takes.
#[derive(Debug, Args)]
pub struct Schema {
    /// Which schema to print
    #[arg(value_name = "WHAT", default_value = "deploy")]
    pub of: SchemaOf,
}

/// What a schema is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SchemaOf {
    /// deploy.yaml.
    Deploy,
    /// The run record.
    Record,
    /// A line of `--output json`.
    Event,
    /// What `status --json` prints.
    Status,
    /// What `pipeline list --json` prints.
    PipelineList,
    /// What `pipeline show --json` prints.
    PipelineShow,
    /// What `pipeline stages --json` prints.
    PipelineStages,
    /// What `pipeline statuses --json` prints.
    PipelineStatuses,
    /// What `pipeline apply --json` prints.
    PipelineApply,
    /// What `pipeline delete --json` prints.
    PipelineDelete,
    /// What `builds --json` prints.
    Builds,
    /// What `releases --json` prints.
    Releases,
    /// What `slug show --json` prints.
    Slug,
}

/// What `--api-key-file` is, and where the token comes from without it.
fn key_file_help() -> String {
    let own: Vec<String> = PLATFORMS
        .iter()
        .map(|about| format!("`{}`", about.token_variable))
        .collect();
    let own = own.join(" or ");
    format!("A file with the token (`-` is stdin) [default: `{TOKEN_VARIABLE}`, {own}, `.netrc`]")
}

/// Reads a platform's name.
fn platform(text: &str) -> Result<PlatformKind, String> {
    PlatformKind::named(text).ok_or_else(|| format!("expected {}", names(|_| true)))
}

/// Reads a duration: `90s`, `20m`, `1h30m`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "expected a duration like 90s, 20m or 1h30m".to_owned();
    let signed: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    let duration = Duration::try_from(signed).map_err(|_| wrong())?;
    if duration.is_zero() {
        return Err("must be longer than zero".to_owned());
    }
    Ok(duration)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_of_the_sandbox_is_whole_at_any_usual_width() {
        for width in [80, 100, 120] {
            let mut command = Cli::command().term_width(width);
            command.build();
            let sandbox = command.find_subcommand_mut("sandbox").unwrap();
            let help = sandbox.render_long_help().to_string();
            let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
            for line in crate::sandbox::grammar().lines() {
                assert!(lines.contains(&line), "{width}: {line}");
            }
            assert!(lines.iter().all(|line| line.len() <= width), "{width}");
            let at = |text: &str| lines.iter().position(|line| line.contains(text));
            assert!(at("--timeout") < at("Reports of deploy, promote and rollback:"));
        }
    }

    #[test]
    fn every_platform_and_its_token_can_be_named() {
        let help = Cli::command().render_long_help().to_string();
        for about in &PLATFORMS {
            assert!(help.contains(about.token_variable), "{}", about.name);
            assert_eq!(platform(about.name), Ok(about.kind));
        }
        let wrong = platform("heroic").unwrap_err();
        assert!(
            PLATFORMS.iter().all(|about| wrong.contains(about.name)),
            "{wrong}"
        );
    }

    #[test]
    fn v_counts() {
        for (arguments, expected) in [
            (&["plan"][..], Some(0)),
            (&["-v", "plan"], Some(1)),
            (&["plan", "-vv"], Some(2)),
            (&["plan", "--verbose", "-v"], Some(2)),
            (&["plan", "-vq"], None),
        ] {
            let read = Cli::try_parse_from([&["launchway"], arguments].concat());
            assert_eq!(
                read.ok().map(|cli| cli.global.verbose),
                expected,
                "{arguments:?}"
            );
        }
    }

    #[test]
    fn a_duration_needs_a_unit() {
        assert_eq!(duration("1h30m"), Ok(Duration::from_mins(90)));
        for wrong in ["90", "", "0s", "-5m", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
