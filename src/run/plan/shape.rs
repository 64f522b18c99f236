//! What a plan is: what `plan` prints and saves, and what `deploy` and `promote` execute.

use std::num::NonZeroUsize;

use serde::Serialize;

use crate::{
    journal::{event::Strategy, record::RequirementRecord},
    platform::types::App,
    run::{facts::Live, release::Place, requirements::Requirement},
};

/// What a run will do.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The version of this shape.
    pub schema_version: u32,
    /// The stages, in order.
    pub stages: Vec<StagePlan>,
    /// What a person should know and that stops nothing.
    pub notes: Vec<String>,
}

/// What a run will do to a stage.
#[derive(Clone, Debug, Serialize)]
pub struct StagePlan {
    /// Its place in `deploy.yaml`.
    #[serde(skip)]
    pub index: usize,
    /// Its name.
    pub stage: String,
    /// How its apps get their release.
    pub how: Strategy,
    /// Its apps.
    pub apps: Vec<AppPlan>,
    /// How many of its apps have the release after each wave; empty if all get it at once.
    pub waves: Vec<usize>,
    /// How many of its apps may be at work at the same time, if `deploy.yaml` says so: no wave has more.
    pub max_parallel: Option<NonZeroUsize>,
    /// What must hold right before the stage is changed, and how it stands; status checks are with the apps.
    pub requirements: Vec<RequirementRecord>,
    /// What will be checked on each of them, and for how long.
    pub checks: Vec<String>,
    /// What will be done if it fails: `stop`, `rollback`, `rollback_failed`.
    pub on_failure: &'static str,
}

/// What a run will do to an app, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Nothing: it runs the wanted code.
    None,
    /// The source is built, and the build released.
    Build,
    /// A build of the same source that is under way is followed.
    FollowBuild,
    /// A release of the same code that is there already is followed.
    FollowRelease,
    /// A slug or image that is there already is released.
    Release,
    /// A release is promoted.
    Promote,
}

/// What a run will do to an app.
#[derive(Clone, Debug, Serialize)]
pub struct AppPlan {
    /// Its name.
    #[serde(serialize_with = "name_of", rename = "app")]
    pub app: App,
    /// What it runs now.
    #[serde(serialize_with = "live_words")]
    pub live: Option<Live>,
    /// Whether it runs the wanted source already.
    pub already_live: bool,
    /// What will be done, in a word.
    pub step: Step,
    /// What will be done, in a phrase: `build and release`, `already live`.
    pub action: String,
    /// The status checks that a promotion to it needs.
    pub requirements: Vec<Requirement>,
}

fn name_of<S: serde::Serializer>(app: &App, s: S) -> Result<S::Ok, S::Error> {
    s.serialize_str(&app.name)
}

#[expect(clippy::ref_option, reason = "serde's signature")]
fn live_words<S: serde::Serializer>(live: &Option<Live>, s: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct LiveJson<'a> {
        release: &'a str,
        version: u64,
        source_version: Option<&'a str>,
        description: &'a str,
        user: Option<&'a str>,
        created_at: Option<String>,
    }
    live.as_ref()
        .map(|live| LiveJson {
            release: &live.release.at.id,
            version: live.release.at.version,
            source_version: live.made_of.version.as_deref(),
            description: &live.release.description,
            user: live.release.user.as_deref(),
            created_at: live.release.created_at.map(|at| at.to_string()),
        })
        .serialize(s)
}

impl Plan {
    /// Whether the run would change anything.
    pub fn changes(&self) -> bool {
        self.stages
            .iter()
            .any(|stage| stage.apps.iter().any(|app| !app.already_live))
    }
}

impl StagePlan {
    /// Its apps' places in the run.
    pub(in crate::run) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        let several = self.apps.len() > 1;
        let apps = self.apps.iter().enumerate();
        apps.map(move |(app_at, app)| Place {
            app_at,
            stage: &self.stage,
            app: &app.app,
            several,
        })
    }
}
