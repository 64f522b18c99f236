//! What a sandbox starts with: its apps, its pipeline, its faults and its pace.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use super::fault::Fault;

/// The configuration of a sandbox.
#[derive(Clone, Debug, Default)]
pub struct Spec {
    /// Whose API it has.
    pub surface: Surface,
    /// The apps that exist.
    pub apps: Vec<AppSpec>,
    /// The pipeline that couples them, if there is one.
    pub pipeline: Option<PipelineSpec>,
    /// The token that clients must present; `None` makes one up.
    pub token: Option<String>,
    /// What goes wrong, and when.
    pub faults: Vec<Fault>,
    /// How long the simulated work takes.
    pub pace: Pace,
    /// The port of the API; `None` takes a free one.
    pub port: Option<u16>,
    /// Akkeris: the status checks that the pipeline requires before a promotion: app name, context.
    pub required_checks: Vec<(String, String)>,
    /// Akkeris: the contexts that somebody reports green on every release, a little after its rollout.
    pub reported_checks: Vec<String>,
}

/// Whose API a sandbox has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Surface {
    /// Heroku's Platform API.
    #[default]
    Heroku,
    /// That of an installation of Akkeris.
    Akkeris,
}

/// The version of Heroku's platform that an app is on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generation {
    /// Its builds make slugs.
    #[default]
    Cedar,
    /// Its builds make images.
    Fir,
}

impl FromStr for Generation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "cedar" => Ok(Self::Cedar),
            "fir" => Ok(Self::Fir),
            _ => Err("expected cedar or fir"),
        }
    }
}

/// One app of the sandbox.
#[derive(Clone, Debug, Default)]
pub struct AppSpec {
    /// The app's name.
    pub name: String,
    /// Heroku: the generation that it is on.
    pub generation: Generation,
    /// Heroku: the stack that it is set to, such as `container`; `None` is the usual one of its generation.
    pub stack: Option<String>,
    /// Its config vars.
    pub config_vars: BTreeMap<String, String>,
    /// Whether it already runs something: every app has an `Initial release` without a slug, and with this a
    /// second release that runs an older source, so that a deploy replaces something.
    pub first_release: bool,
}

/// The pipeline of the sandbox.
#[derive(Clone, Debug, Default)]
pub struct PipelineSpec {
    /// The pipeline's name.
    pub name: String,
    /// Which app is in which stage: app name, stage.
    pub couplings: Vec<(String, String)>,
}

/// How long the simulated work takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A build, from its creation to its verdict.
    pub build: Duration,
    /// A release phase.
    pub release_phase: Duration,
    /// A promotion, for each target, without the target's release phase.
    pub promotion: Duration,
    /// The silence after which an output stream sends a heartbeat.
    pub heartbeat: Duration,
    /// With `preboot`: for how long after a release the code before it still answers.
    pub preboot: Duration,
}

impl Default for Pace {
    /// A pace for people to watch.
    fn default() -> Self {
        Self {
            build: Duration::from_secs(2),
            release_phase: Duration::from_millis(1500),
            promotion: Duration::from_millis(1200),
            heartbeat: Duration::from_secs(10),
            preboot: Duration::from_mins(3),
        }
    }
}

impl Pace {
    /// A pace for tests: every state is still passed through, but only for milliseconds.
    pub fn instant() -> Self {
        Self {
            build: Duration::from_millis(20),
            release_phase: Duration::from_millis(15),
            promotion: Duration::from_millis(15),
            heartbeat: Duration::from_millis(250),
            preboot: Duration::from_millis(200),
        }
    }
}
