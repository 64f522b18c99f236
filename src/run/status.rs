//! What is live: for each app its release, what that was made of, and how far it is from the stage before. Only asks. An app
//! that can't be read does not hide the others.

mod distance;

use std::collections::{HashMap, HashSet};

use futures_util::{
    future::{join, join_all},
    stream::{self, StreamExt as _},
};
use jiff::Timestamp;

pub use distance::{Distance, Drift, DriftState};
use distance::{drift, pairs_to_compare};

use super::{
    Run,
    facts::{AT_A_TIME, AppFacts, BulkAnswers},
    history::{self, Pair},
};
use crate::{
    failure::Failure,
    platform::{
        Artifact, MANY, Provenance,
        types::{App, Pipeline, Release},
    },
};

/// What is live.
#[derive(Debug)]
pub struct Status {
    /// When this was so, by the platform's clock.
    pub at: Timestamp,
    /// The pipeline, if `deploy.yaml` names one.
    pub pipeline: Option<Pipeline>,
    /// The stages in order, each with its apps as in `deploy.yaml`.
    pub stages: Vec<Vec<AppStatus>>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// What is live on an app.
#[derive(Debug)]
pub struct AppStatus {
    /// What `deploy.yaml` calls it.
    pub name: String,
    /// The platform's answer; or why there is none.
    pub seen: Result<AppState, Failure>,
    /// How far it is from the first app of the stage before; `None` in the first stage, and if one of the two could not be
    /// read.
    pub drift: Option<Drift>,
}

/// What the platform says of an app.
#[derive(Debug)]
pub struct AppState {
    /// The app.
    pub app: App,
    /// The release that it runs, if it runs any.
    pub live: Option<Release>,
    /// What that was made of, as far as the platform knows.
    pub made_of: Provenance,
    /// A release on top of that, which is not live: pending or failed.
    pub newest: Option<Release>,
}

/// What does not change from one look to the next.
#[derive(Debug, Default)]
pub struct StatusCache {
    made_of: HashMap<Artifact, Provenance>,
    /// By the two commits; `None` if the checkout does not tell.
    distances: HashMap<Pair, Option<Distance>>,
}

impl Run<'_> {
    /// Looks at every stage. Fails if the pipeline can't be read, or no app at all.
    pub async fn status(&self, known: &mut StatusCache) -> Result<Status, Failure> {
        let (pipeline, stages) = self.each_app().await?;
        let mut notes = self.read_made_of_each(&stages, known).await;
        let at = self.platform.services().api.now();
        let mut stages: Vec<Vec<AppStatus>> = self
            .config
            .stages
            .iter()
            .zip(stages)
            .map(|(stage, apps)| {
                let apps = stage.apps.iter().zip(apps);
                apps.map(|(name, facts)| AppStatus {
                    name: name.clone(),
                    seen: facts.map(|facts| seen(facts, &known.made_of)),
                    drift: None,
                })
                .collect()
            })
            .collect();
        if stages.iter().flatten().all(|app| app.seen.is_err()) {
            let first = stages.into_iter().flatten().find_map(|app| app.seen.err());
            let nothing = || Failure::new(crate::exit::Exit::Internal, "there is no app");
            return Err(first.unwrap_or_else(nothing));
        }
        notes.extend(self.measure(&stages, &mut known.distances).await?);
        for at in 1..stages.len() {
            let (before, rest) = stages.split_at_mut(at);
            let source = before[at - 1]
                .first()
                .and_then(|app| app.seen.as_ref().ok());
            for app in &mut rest[0] {
                if let (Some(source), Ok(seen)) = (source, &app.seen) {
                    app.drift = Some(drift(source, seen, &known.distances));
                }
            }
        }
        Ok(Status {
            at,
            pipeline,
            stages,
            notes,
        })
    }

    /// Asks about every app: about many together first.
    async fn each_app(
        &self,
    ) -> Result<(Option<Pipeline>, Vec<Vec<Result<AppFacts, Failure>>>), Failure> {
        let stages = &self.config.stages;
        let count: usize = stages.iter().map(|stage| stage.apps.len()).sum();
        let each = async |known: &BulkAnswers| {
            join_all(stages.iter().map(|stage| {
                let apps = stage.apps.iter();
                join_all(apps.map(|name| self.app_facts(name, false, known)))
            }))
            .await
        };
        if count < MANY {
            let (pipeline, apps) = join(self.pipeline(), each(&BulkAnswers::default())).await;
            return Ok((pipeline?.0, apps));
        }
        let (pipeline, couplings) = self.pipeline().await?;
        let together = self.together(pipeline.as_ref(), &couplings, count).await;
        Ok((pipeline, each(&together).await))
    }

    /// Reads what is not known yet of what apps run: each artifact is asked for once. What can't be read is told.
    async fn read_made_of_each(
        &self,
        stages: &[Vec<Result<AppFacts, Failure>>],
        known: &mut StatusCache,
    ) -> Vec<String> {
        let mut asked = HashSet::new();
        let apps = stages.iter().flatten().flatten();
        let unknown: Vec<(&App, &Artifact)> = apps
            .filter_map(|facts| Some((&facts.app, facts.artifact()?)))
            .filter(|(_, artifact)| {
                !known.made_of.contains_key(artifact) && asked.insert(*artifact)
            })
            .collect();
        let read: Vec<_> = stream::iter(unknown)
            .map(async |(app, artifact)| (artifact, self.made_of(app, artifact, false).await))
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        let mut notes = Vec::new();
        for (artifact, made_of) in read {
            match made_of {
                Ok(made_of) => drop(known.made_of.insert(artifact.clone(), made_of)),
                Err(failure) => notes.push(failure.what),
            }
        }
        notes
    }

    /// Asks git what lies between the commits of the apps and those of the stage before.
    async fn measure(
        &self,
        stages: &[Vec<AppStatus>],
        known: &mut HashMap<Pair, Option<Distance>>,
    ) -> Result<Option<String>, Failure> {
        let mut pairs = pairs_to_compare(stages);
        pairs.retain(|pair| !known.contains_key(pair));
        let history = history::between(self.config, pairs).await?;
        known.extend(history.found.into_iter().map(|(pair, between)| {
            let distance = between.map(|between| Distance {
                behind: between.behind,
                ahead: between.ahead,
            });
            (pair, distance)
        }));
        Ok(history.failed)
    }
}

/// What is shown of an app.
fn seen(facts: AppFacts, known: &HashMap<Artifact, Provenance>) -> AppState {
    let made_of = facts.artifact().and_then(|artifact| known.get(artifact));
    let made_of = made_of.cloned().unwrap_or_default();
    let live = facts.live.map(|live| live.release);
    let newest = facts.releases.into_iter().next();
    let on_top = newest.filter(|newest| {
        let version = live.as_ref().map_or(0, |live| live.at.version);
        newest.at.version > version
    });
    AppState {
        app: facts.app,
        live,
        made_of,
        newest: on_top,
    }
}
