//! `deploy.yaml`: read, interpolated, validated whole. What comes out is complete: defaults are filled in and no string but
//! a command for the shell holds a `${VAR}` any more.

pub mod approval;
mod checks;
mod findings;
mod http_status;
mod interpolate;
mod load;
mod mask;
pub mod names;
mod node;
pub mod notify;
mod parse;
pub mod pattern;
pub mod placeholder;
mod platforms;
mod problem;
mod raw;
mod read;
mod request;
mod requirements;
pub mod schema;
mod secrets;
pub mod starter;
mod tree;
mod validate;
mod values;
mod waves;
pub mod window;

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use secrecy::SecretString;
use url::Url;

pub use self::{
    load::{LoadError, for_app, load, of_platform, open_at_once},
    problem::{Problem, Problems},
};
pub use crate::model::{Compression, Maintenance, OnFailure, OnNotice, Secrets, Symlinks};
use crate::{env::Env, image::Reference, model::PlatformKind};
pub use http_status::{StatusRange, Statuses};
pub use request::Request;
pub use waves::{Wave, ends};
pub use window::Window;

/// A valid `deploy.yaml`.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file that it was read from, as the user gave it.
    pub path: PathBuf,
    /// The platform.
    pub platform: PlatformKind,
    /// The API's address, if `deploy.yaml` gives one.
    pub api_url: Option<Url>,
    /// The pipeline's name or id; without one the built slug is released on the next stage's apps.
    pub pipeline: Option<String>,
    /// What to pack.
    pub source: Source,
    /// How to build it.
    pub build: Build,
    /// The stages in order, at least one. The first has exactly one app.
    pub stages: Vec<Stage>,
    /// The status check that the run reports about each release that it makes.
    pub report_status: Option<ReportStatus>,
    /// What is told how the run ended.
    pub notify: Vec<notify::Hook>,
    /// SHA-256 of its text, variables not filled in: lower-case hex.
    pub sha256: String,
    /// The environment's variables that were filled in.
    pub variables: Vec<Variable>,
}

/// The directory of a file.
pub fn home_of(path: &Path) -> &Path {
    path.parent()
        .filter(|directory| !directory.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A variable of the environment in `deploy.yaml`.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column, from 1.
    pub column: usize,
    /// Whether a check sends its value: it may be a secret.
    pub sent: bool,
}

impl Config {
    /// The directory of `deploy.yaml`: where commands run, and what `source.dir` is seen from.
    pub fn home(&self) -> &Path {
        home_of(&self.path)
    }

    /// The problem if the value of a variable that was filled in holds a secret, as `finds` sees it. The platform's token
    /// may be known only after the file was read.
    pub fn secret_in_variable(
        &self,
        env: &Env,
        finds: impl Fn(&str) -> bool,
    ) -> Option<(&Variable, String, &'static str)> {
        let mut variables = self.variables.iter();
        let found = variables.find(|variable| env.get(&variable.name).is_some_and(&finds))?;
        let message = interpolate::holds_the_token(&found.name);
        Some((found, message, interpolate::NO_TOKEN_HERE))
    }
}

/// A status check that the run reports.
#[derive(Clone, Debug)]
pub struct ReportStatus {
    /// What it is known by.
    pub context: String,
    /// What people call it.
    pub name: String,
}

/// What to pack.
#[derive(Clone, Debug)]
pub struct Source {
    /// The root of the archive: `source.dir` resolved against the directory of `deploy.yaml`.
    pub dir: PathBuf,
    /// Patterns in gitignore form, on top of `.gitignore` and `.launchwayignore`.
    pub exclude: Vec<String>,
    /// Patterns in gitignore form; they win over every ignore file.
    pub include: Vec<String>,
    /// The version as `deploy.yaml` gives it.
    pub version: Option<String>,
    /// Whether an older commit is refused where a newer one is live.
    pub newest_wins: bool,
    /// Whether what was uploaded is overwritten once the build is over.
    pub shred: bool,
    /// What to do with links that leave the workspace.
    pub symlinks: Symlinks,
    /// What to do with files that look like secrets.
    pub secrets: Secrets,
    /// The largest archive in bytes, if `deploy.yaml` says.
    pub max_size: Option<u64>,
    /// How hard to compress.
    pub compression: Compression,
    /// How the archive gets to where the platform fetches it.
    pub delivery: Delivery,
}

/// How an archive gets to where the platform fetches it.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// In the platform's own way.
    Platform,
    /// Through an upload host of the user's: a pair of pre-signed addresses.
    Upload {
        /// Where it is put.
        put: SecretString,
        /// Where the platform gets it.
        get: SecretString,
    },
    /// It is there already. `${version}` in the address stands for the source's version.
    Hosted(SecretString),
}

impl Delivery {
    /// What stands for the source's version in the address of a hosted archive.
    pub const VERSION: &str = values::VERSION;
}

/// How to build.
#[derive(Clone, Debug)]
pub struct Build {
    /// Names or URLs; empty means that the platform decides.
    pub buildpacks: Vec<String>,
    /// How long a build may take.
    pub timeout: Duration,
    /// What to do when the platform fails a build on purpose.
    pub on_notice: OnNotice,
    /// An image that is built already, instead of the source.
    pub image: Option<Image>,
    /// A slug that was made elsewhere, instead of the source.
    pub slug: Option<Slug>,
    /// Images that are released instead of the source, by process type. Relative paths are from the directory of `deploy.yaml`.
    /// Empty: none are.
    pub images: BTreeMap<String, Reference>,
}

/// A slug that was made elsewhere.
#[derive(Clone, Debug)]
pub enum Slug {
    /// It is on the platform: its id.
    Id(String),
    /// It is in a file.
    File {
        /// The gzipped tarball, resolved against the directory of `deploy.yaml`.
        path: PathBuf,
        /// The commands of its process types, by name.
        process_types: BTreeMap<String, String>,
    },
}

/// An image in a registry.
#[derive(Clone, Debug)]
pub struct Image {
    /// `docker://registry/name:tag`, with the registry's credentials perhaps.
    pub url: SecretString,
}

/// What must hold before anything in a stage is changed.
#[derive(Clone, Debug, Default)]
pub struct Require {
    /// Whether the platform is to refuse if config vars or add-ons of a target differ from those of the source app, where it
    /// can.
    pub same_config: bool,
    /// Whether the run compares the names of config vars itself: all but these, in which `*` stands for any text.
    pub config_keys_but: Option<Vec<String>>,
    /// Whether the stacks must be the same.
    pub same_stack: bool,
    /// Whether the buildpacks must be the same.
    pub same_buildpacks: bool,
    /// What the maintenance mode of the apps must be.
    pub maintenance: Option<Maintenance>,
    /// When the stage may be changed; at any time if there are none.
    pub windows: Vec<Window>,
    /// Contexts of status checks that must be green on the release.
    pub status_checks: Vec<String>,
}

/// A stage.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its name; with a pipeline, one of the platform's stages.
    pub name: String,
    /// Its apps, by name or id, at least one.
    pub apps: Vec<String>,
    /// How many of its apps in `deploy.yaml` this run leaves alone.
    pub left_out: usize,
    /// What must hold before anything in it is changed.
    pub require: Require,
    /// Who must approve before anything in it is changed.
    pub approval: Option<approval::Approval>,
    /// How many of its apps get the release before those are verified; empty if all get it at once.
    pub waves: Vec<Wave>,
    /// How many of its apps may be at work at the same time; `None` if all of a wave may.
    pub max_parallel: Option<NonZeroUsize>,
    /// What must hold before the run goes on.
    pub verify: Vec<Check>,
    /// What to do when it fails.
    pub on_failure: OnFailure,
}

/// A check on a stage, done for each of its apps.
#[derive(Clone, Debug)]
pub enum Check {
    /// An HTTP request.
    Http(Box<HttpCheck>),
    /// Each dyno of the formation is up with the release, and none has crashed.
    Dynos(Cadence),
    /// A command.
    Run(RunCheck),
}

/// An HTTP check.
#[derive(Clone, Debug)]
pub struct HttpCheck {
    /// Where.
    pub target: HttpTarget,
    /// What is sent.
    pub request: Request,
    /// The statuses that are wanted.
    pub status: Statuses,
    /// What else is wanted of the answer.
    pub answer: Answer,
    /// When it is tried, and how often it must hold.
    pub cadence: Cadence,
}

/// When a check is tried, and how often it must hold.
#[derive(Clone, Debug)]
pub struct Cadence {
    /// How long it may take to hold.
    pub within: Duration,
    /// The pause between two tries.
    pub every: Duration,
    /// How many tries in a row must hold.
    pub successes: u32,
    /// How long it must hold from then on.
    pub soak: Duration,
    /// How many bad tries the soak tolerates.
    pub failure_limit: u32,
}

/// What the answer to an HTTP check must be, beside its status. Placeholders in it are the run's own.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// A text that the body must contain.
    pub body: Option<String>,
    /// A regular expression that must match in the body.
    pub matches: Option<String>,
    /// Values in the body's JSON, by JSON pointer.
    pub json: Vec<(String, serde_json::Value)>,
    /// Headers, in lower case, and their values.
    pub headers: Vec<(String, String)>,
}

/// Where an HTTP check goes.
#[derive(Clone, Debug)]
pub enum HttpTarget {
    /// A path (with a query, perhaps) under the app's own address; begins with `/`.
    Path(String),
    /// Another place.
    Url(Url),
}

/// A command as a check.
#[derive(Clone, Debug)]
pub struct RunCheck {
    /// For the shell, as it is written in the file: `sh -c`, `cmd /C` on Windows. Run in the directory of `deploy.yaml`.
    pub command: String,
    /// How long it may take.
    pub timeout: Duration,
}
