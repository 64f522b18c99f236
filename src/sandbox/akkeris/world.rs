//! The installation's memory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::answer::Refusal;
use crate::sandbox::host::ids::{Ids, is_uuid};
use crate::sandbox::host::web::Page;

/// The stages of a pipeline, each with the next one.
pub(super) const STAGES: [(&str, Option<&str>); 4] = [
    ("review", Some("development")),
    ("development", Some("staging")),
    ("staging", Some("production")),
    ("production", None),
];

/// The installation's memory.
#[derive(Debug, Default)]
pub(super) struct World {
    /// The timer that releases builds stands still.
    pub(super) timer_stopped: bool,
    pub(super) ids: Ids,
    /// The names of the spaces that were made.
    pub(super) spaces: BTreeSet<String>,
    pub(super) apps: Vec<App>,
    pub(super) builds: Vec<Build>,
    pub(super) releases: Vec<Release>,
    pub(super) pipelines: Vec<Pipeline>,
    pub(super) couplings: Vec<Coupling>,
    pub(super) promotions: Vec<Promotion>,
    pub(super) rows: Vec<Row>,
    /// The contexts that somebody reports green on every release.
    pub(super) reported: Vec<String>,
}

#[derive(Debug)]
pub(super) struct App {
    pub(super) id: String,
    pub(super) simple_name: String,
    pub(super) space: String,
    pub(super) created_at: String,
    pub(super) config_vars: BTreeMap<String, String>,
    pub(super) auto_release: bool,
}

impl App {
    /// The name that people use: `web-dev`.
    pub(super) fn name(&self) -> String {
        format!("{}-{}", self.simple_name, self.space)
    }
}

/// How far a build or a release got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Queued,
    Pending,
    Succeeded,
    Failed,
}

impl Status {
    /// The API's word for it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more comes.
    pub(super) fn ended(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

/// A build, which is also the slug that it makes.
#[derive(Clone, Debug)]
pub(super) struct Build {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) number: u64,
    pub(super) status: Status,
    pub(super) url: String,
    pub(super) checksum: String,
    pub(super) version: String,
    pub(super) sha: String,
    pub(super) branch: String,
    pub(super) repo: String,
    pub(super) author: String,
    pub(super) message: Option<String>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// What it has written, as far as that was flushed.
    pub(super) output: String,
}

#[derive(Clone, Debug)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) version: u64,
    pub(super) build: String,
    pub(super) status: Status,
    pub(super) description: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) checks: Vec<Check>,
}

impl Release {
    /// The state of all checks together: green if there are none.
    pub(super) fn state(&self) -> &'static str {
        ["error", "failure", "pending"]
            .into_iter()
            .find(|state| self.checks.iter().any(|check| check.state == *state))
            .unwrap_or("success")
    }
}

/// A status check on a release.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) id: String,
    pub(super) context: String,
    pub(super) name: String,
    pub(super) state: String,
    pub(super) description: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

#[derive(Clone, Debug)]
pub(super) struct Pipeline {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) description: String,
    pub(super) created_at: String,
}

/// An app's place in a pipeline.
#[derive(Clone, Debug)]
pub(super) struct Coupling {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) pipeline: String,
    pub(super) stage: String,
    pub(super) contexts: Vec<String>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

#[derive(Clone, Debug)]
pub(super) struct Promotion {
    pub(super) id: String,
    pub(super) pipeline: String,
    pub(super) app: String,
    pub(super) release: String,
    pub(super) created_at: String,
}

/// A promotion's target.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) promotion: String,
    pub(super) app: String,
    pub(super) release: String,
}

/// The time now, as the API writes it.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

impl World {
    /// An app by its id or name.
    pub(super) fn app(&self, key: &str) -> Result<&App, Refusal> {
        self.apps
            .iter()
            .find(|app| app.id == key || app.name() == key)
            .ok_or_else(|| {
                Refusal::missing(format!("The specified application {key} does not exist."))
            })
    }

    /// The same, to change it.
    pub(super) fn app_mut(&mut self, key: &str) -> Result<&mut App, Refusal> {
        let id = self.app(key)?.id.clone();
        let found = self.apps.iter_mut().find(|app| app.id == id);
        found.ok_or(Refusal::NoRoute)
    }

    /// A build by its id.
    pub(super) fn build(&self, id: &str) -> Result<&Build, Refusal> {
        uuid(id)?;
        self.builds
            .iter()
            .find(|build| build.id == id)
            .ok_or_else(|| Refusal::missing(format!("The specified build {id} was not found.")))
    }

    /// A build, to change it.
    pub(super) fn build_mut(&mut self, id: &str) -> Option<&mut Build> {
        self.builds.iter_mut().find(|build| build.id == id)
    }

    /// A release by its id.
    pub(super) fn release(&self, id: &str) -> Result<&Release, Refusal> {
        self.releases
            .iter()
            .find(|release| release.id == id)
            .ok_or_else(|| Refusal::missing(format!("The specified release {id} was not found.")))
    }

    /// A release, to change it.
    pub(super) fn release_mut(&mut self, id: &str) -> Result<&mut Release, Refusal> {
        self.releases
            .iter_mut()
            .find(|release| release.id == id)
            .ok_or_else(|| Refusal::missing(format!("The specified release {id} was not found.")))
    }

    /// A release of an app by its id.
    pub(super) fn release_of(&self, app: &str, id: &str) -> Result<&Release, Refusal> {
        uuid(id)?;
        let app = &self.app(app)?.id;
        self.release(id).and_then(|release| {
            let missing = || Refusal::missing(format!("The specified release {id} was not found."));
            (release.app == *app).then_some(release).ok_or_else(missing)
        })
    }

    /// The release that an app runs: the newest one that was rolled out.
    pub(super) fn current(&self, app: &str) -> Option<&Release> {
        self.releases
            .iter()
            .filter(|release| release.app == app && release.status == Status::Succeeded)
            .max_by_key(|release| release.version)
    }

    /// What an app shows to its visitors.
    pub(super) fn page(&self, name: &str) -> Page {
        let Ok(app) = self.app(name) else {
            return Page::NoApp;
        };
        let Some(release) = self.current(&app.id) else {
            return Page::NoRelease;
        };
        let build = self.build(&release.build);
        Page::Running {
            version: release.version,
            source: build.map_or_else(|_| "unknown".to_owned(), |build| build.version.clone()),
        }
    }

    /// A pipeline by its id or name.
    pub(super) fn pipeline(&self, key: &str) -> Result<&Pipeline, Refusal> {
        let key = key.to_lowercase();
        self.pipelines
            .iter()
            .find(|pipeline| pipeline.id == key || pipeline.name == key)
            .ok_or_else(|| Refusal::missing("The specified pipeline was not found."))
    }

    /// Where an app is coupled, by the app's id.
    pub(super) fn coupling_of(&self, app: &str) -> Option<&Coupling> {
        self.couplings.iter().find(|coupling| coupling.app == app)
    }

    /// Adds a release to an app and gives its id.
    pub(super) fn add_release(&mut self, app: &str, build: &str, description: String) -> String {
        let id = self.ids.next();
        let version = self
            .releases
            .iter()
            .filter(|release| release.app == app)
            .map(|release| release.version)
            .max()
            .map_or(1, |version| version + 1);
        self.releases.push(Release {
            id: id.clone(),
            app: app.to_owned(),
            version,
            build: build.to_owned(),
            status: Status::Queued,
            description,
            created_at: now(),
            updated_at: now(),
            checks: Vec::new(),
        });
        id
    }

    /// Changes a release's status.
    pub(super) fn settle_release(&mut self, id: &str, status: Status) {
        if let Ok(release) = self.release_mut(id) {
            release.status = status;
            release.updated_at = now();
        }
    }
}

/// Refuses what is no id where only an id will do.
pub(super) fn uuid(text: &str) -> Result<(), Refusal> {
    if is_uuid(text) {
        return Ok(());
    }
    Err(Refusal::invalid("The specified uuid was invalid."))
}
