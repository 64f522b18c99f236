//! What a plan must know of the platform: read-only questions, asked for all apps at the same time.

use std::collections::{HashMap, HashSet};

use futures_util::{
    future::{join, try_join, try_join_all},
    stream::{self, StreamExt as _, TryStreamExt as _},
};

use super::{Run, adopt::BuildPlan, latest::Latest, promote::SourceRelease};
use crate::{
    failure::Failure,
    platform::{
        Artifact, MANY, Provenance,
        types::{App, Coupling, Pipeline, Release, ReleaseStatus, StatusCheck},
    },
};

/// How many releases are read to find the live one: newer ones may have failed.
const NEWEST: usize = 10;
/// Without a pipeline the ids of apps are unknown, and the list of all apps may be long: it is read only for at least this
/// many apps.
const MANY_UNNAMED: usize = 10;
/// The most requests of one kind in flight at a time.
pub(super) const AT_A_TIME: usize = 32;

/// What the platform says.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The pipeline, if `deploy.yaml` names one.
    pub pipeline: Option<Pipeline>,
    /// Its couplings.
    pub couplings: Vec<Coupling>,
    /// The apps, by stage as in `deploy.yaml`; empty for a stage that was not asked about.
    pub stages: Vec<Vec<AppFacts>>,
    /// How the first app gets what is deployed; `None` if it runs it already, or nothing is deployed.
    pub begin: Option<BuildPlan>,
}

impl Facts {
    /// The app that is built on.
    pub fn first_app(&self) -> Option<&App> {
        Some(&self.stages.first()?.first()?.app)
    }
}

/// What the platform says of an app.
#[derive(Clone, Debug)]
pub struct AppFacts {
    /// The app.
    pub app: App,
    /// The release that it runs.
    pub live: Option<Live>,
    /// Its newest releases, newest first: several of an app that is built on.
    pub releases: Vec<Release>,
    /// Its newest release, if that is under way and may still come to its end.
    pub pending: Option<Release>,
    /// The status checks on that release; asked for only where something requires them.
    pub checks: Vec<StatusCheck>,
}

impl AppFacts {
    /// What it runs, if it runs anything and the platform says what.
    pub fn artifact(&self) -> Option<&Artifact> {
        self.live.as_ref()?.release.artifact.as_ref()
    }
}

/// What an app runs.
#[derive(Clone, Debug)]
pub struct Live {
    /// The release.
    pub release: Release,
    /// What it was made of.
    pub made_of: Provenance,
}

/// The release that an app runs, of its newest ones: the current one if the platform says which, else the newest that
/// succeeded.
pub fn current(releases: &[Release]) -> Option<&Release> {
    releases
        .iter()
        .find(|release| release.current == Some(true))
        .or_else(|| {
            releases
                .iter()
                .filter(|release| {
                    release.current.is_none() && release.status == ReleaseStatus::Succeeded
                })
                .max_by_key(|release| release.at.version)
        })
}

/// What one request said about several apps.
#[derive(Default)]
pub(super) struct BulkAnswers {
    apps: Vec<App>,
    latest: Latest,
}

impl BulkAnswers {
    /// An app, by name or id.
    fn app(&self, name: &str) -> Option<&App> {
        let mut apps = self.apps.iter();
        apps.find(|app| app.name == name || app.id == name)
    }
}

impl Run<'_> {
    /// Asks about the pipeline and the apps of these stages.
    pub async fn facts(&self, stages: std::ops::RangeInclusive<usize>) -> Result<Facts, Failure> {
        let names = |at: usize| -> &[String] {
            let stage = self.config.stages.get(at).filter(|_| stages.contains(&at));
            stage.map_or(&[], |stage| &stage.apps)
        };
        let count: usize = stages.clone().map(|at| names(at).len()).sum();
        let each = async |known: &BulkAnswers| {
            let all = 0..self.config.stages.len();
            try_join_all(all.map(|at| {
                let apps = names(at).iter();
                try_join_all(apps.map(|name| self.app_facts(name, at == 0, known)))
            }))
            .await
        };
        let ((pipeline, couplings), stages) = if count < MANY {
            try_join(self.pipeline(), each(&BulkAnswers::default())).await?
        } else {
            let (pipeline, couplings) = self.pipeline().await?;
            let known = self.together(pipeline.as_ref(), &couplings, count).await;
            let stages = each(&known).await?;
            ((pipeline, couplings), stages)
        };
        let mut facts = Facts {
            pipeline,
            couplings,
            stages,
            begin: None,
        };
        self.read_made_of(&mut facts.stages).await?;
        for at in 1..facts.stages.len() {
            if facts.required_checks(self.config, at).next().is_some() {
                self.read_checks(&mut facts, at - 1).await?;
            }
        }
        Ok(facts)
    }

    /// The pipeline that `deploy.yaml` names, with its couplings.
    pub(super) async fn pipeline(&self) -> Result<(Option<Pipeline>, Vec<Coupling>), Failure> {
        let Some(name) = &self.config.pipeline else {
            return Ok((None, Vec::new()));
        };
        let budget = self.retry_budget();
        let pipeline = self.platform.pipeline(name, budget).await.map_err(|e| {
            let doing = format!("looking up the pipeline {name}");
            self.cannot_find(&format!("there is no pipeline {name}"), &doing, &e)
        })?;
        let couplings = self.platform.couplings(&pipeline.id, budget).await;
        let couplings = couplings
            .map_err(|e| self.cannot_read(&format!("reading the couplings of {name}"), &e))?;
        Ok((Some(pipeline), couplings))
    }

    /// Asks for what can be read of many apps in one request.
    pub(super) async fn together(
        &self,
        pipeline: Option<&Pipeline>,
        couplings: &[Coupling],
        count: usize,
    ) -> BulkAnswers {
        let Some(pipeline) = pipeline else {
            let few = count < MANY_UNNAMED;
            let apps = if few {
                Vec::new()
            } else {
                self.apps_together(None).await
            };
            return BulkAnswers {
                apps,
                latest: Latest::default(),
            };
        };
        let stages: HashSet<&str> = self
            .config
            .stages
            .iter()
            .map(|stage| stage.name.as_str())
            .collect();
        let ids: Vec<&str> = couplings
            .iter()
            .filter(|coupling| stages.contains(coupling.stage.as_str()))
            .map(|coupling| coupling.app.as_str())
            .collect();
        let apps = async {
            if ids.is_empty() {
                return Vec::new();
            }
            self.apps_together(Some(&ids)).await
        };
        let (apps, latest) = join(apps, self.latest(Some(&pipeline.id), count)).await;
        BulkAnswers { apps, latest }
    }

    /// The apps of these ids, or all that there are; none if they have to be asked for each alone.
    pub(super) async fn apps_together(&self, ids: Option<&[&str]>) -> Vec<App> {
        let apps = self.platform.apps(ids, self.retry_budget()).await;
        self.or_each_alone(apps).unwrap_or_default()
    }

    /// Reads the status checks on what the first app of a stage runs: that is what goes to the next one.
    async fn read_checks(&self, facts: &mut Facts, at: usize) -> Result<(), Failure> {
        let Some(source) = facts.stages.get_mut(at).and_then(|apps| apps.first_mut()) else {
            return Ok(());
        };
        if let Some(live) = &source.live {
            let name = &source.app.name;
            source.checks = self
                .platform
                .status_checks(&source.app, &live.release.at.id, self.retry_budget())
                .await
                .map_err(|e| {
                    self.cannot_read(&format!("reading the status checks of {name}"), &e)
                })?;
        }
        Ok(())
    }

    /// An app, by name or id.
    pub(super) async fn read_app(&self, name: &str) -> Result<App, Failure> {
        let app = self.platform.app(name, self.retry_budget()).await;
        app.map_err(|e| {
            let doing = format!("looking up the app {name}");
            self.cannot_find(&format!("there is no app {name}"), &doing, &e)
        })
    }

    /// The newest releases of an app, newest first: at most `count`.
    pub(super) async fn read_releases(
        &self,
        app: &App,
        count: usize,
    ) -> Result<Vec<Release>, Failure> {
        let releases = self
            .platform
            .releases(app, count, self.retry_budget())
            .await;
        releases.map_err(|e| self.cannot_read(&format!("reading the releases of {}", app.name), &e))
    }

    /// What a plan must know about an app, except what its code was made of.
    pub(super) async fn app_facts(
        &self,
        name: &str,
        built: bool,
        known: &BulkAnswers,
    ) -> Result<AppFacts, Failure> {
        let app = match known.app(name) {
            Some(app) => app.clone(),
            None => self.read_app(name).await?,
        };
        let releases = match known.latest.live(&app).filter(|_| !built) {
            Some(live) => vec![live.clone()],
            None => self.read_releases(&app, NEWEST).await?,
        };
        let live = current(&releases).cloned().map(|release| Live {
            release,
            made_of: Provenance::default(),
        });
        let pending = releases
            .first()
            .filter(|release| release.status == ReleaseStatus::Pending && !self.is_stuck(release));
        Ok(AppFacts {
            app,
            live,
            pending: pending.cloned(),
            releases,
            checks: Vec::new(),
        })
    }

    /// Reads what the apps' releases were made of. Apps of later stages mostly run the same as others: each artifact is
    /// asked for once. On the app that is built on, the build behind it may prove its content.
    async fn read_made_of(&self, stages: &mut [Vec<AppFacts>]) -> Result<(), Failure> {
        let mut asked: Vec<(&App, &Artifact, bool)> = Vec::new();
        let mut seen = HashSet::new();
        for (at, apps) in stages.iter().enumerate() {
            for facts in apps {
                if let Some(artifact) = facts.artifact().filter(|artifact| seen.insert(*artifact)) {
                    asked.push((&facts.app, artifact, at == 0));
                }
            }
        }
        let known: HashMap<Artifact, Provenance> = stream::iter(asked)
            .map(async |(app, artifact, built)| {
                let made_of = self.made_of(app, artifact, built).await?;
                Ok::<_, Failure>((artifact.clone(), made_of))
            })
            .buffer_unordered(AT_A_TIME)
            .try_collect()
            .await?;
        for apps in stages {
            for live in apps.iter_mut().filter_map(|app| app.live.as_mut()) {
                if let Some(artifact) = &live.release.artifact {
                    live.made_of = known.get(artifact).cloned().unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    /// What an artifact was made of, as far as the platform knows. On an app that is `built` on, the build may prove it.
    pub(super) async fn made_of(
        &self,
        app: &App,
        artifact: &Artifact,
        built: bool,
    ) -> Result<Provenance, Failure> {
        let budget = self.retry_budget();
        let made_of = self.platform.made_of(app, artifact, built, budget).await;
        made_of.map_err(|e| self.cannot_read(&format!("reading what {} is made of", app.name), &e))
    }

    /// The version of what is promoted: as the facts have it, else the platform is asked.
    pub(super) async fn version_promoted(
        &self,
        source: &SourceRelease,
        facts: &Facts,
    ) -> Result<Option<String>, Failure> {
        let apps = facts.stages.iter().flatten();
        let mut live = apps.filter_map(|app| app.live.as_ref());
        match live.find(|live| live.release.runs_what(&source.release)) {
            Some(live) => Ok(live.made_of.version.clone()),
            None => {
                let Some(artifact) = &source.release.artifact else {
                    return Ok(None);
                };
                let made_of = self.made_of(&source.app, artifact, false).await?;
                Ok(made_of.version)
            }
        }
    }
}
