//! The pipeline itself, apart from a run through its stages: what there is, and what is in it. Only asks; what changes a
//! pipeline is in `apply`.

pub mod apply;
pub mod difference;
pub mod progress;

use std::collections::HashMap;

use futures_util::{
    future::join,
    stream::{self, StreamExt as _},
};
use jiff::Timestamp;

use super::{
    Run, commit_of,
    facts::{AT_A_TIME, current},
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::Kind,
    platform::{
        Artifact, Provenance,
        pipelines::{Member, PipelineInfo, PipelineMatch, StageInfo, StatusContext},
        types::{App, Release},
    },
    suggest::nearest,
};

/// How many releases are read to find the live one: newer ones may have failed.
const NEWEST: usize = 10;

/// What a pipeline is looked up by.
#[derive(Clone, Copy, Debug)]
pub enum PipelineLookup<'a> {
    /// Its name or id.
    Key(&'a str),
    /// An app in it, by name or id.
    App(&'a str),
    /// An add-on of such an app, by id or name.
    Addon(&'a str),
}

/// A pipeline and its apps.
#[derive(Debug)]
pub struct Look {
    /// When this was so, by the platform's clock.
    pub at: Timestamp,
    /// The pipeline.
    pub pipeline: PipelineInfo,
    /// Its apps, in the order of their names.
    pub apps: Vec<PipelineApp>,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// An app in a pipeline.
#[derive(Debug)]
pub struct PipelineApp {
    /// Its place.
    pub member: Member,
    /// The app; `None` if it could not be read.
    pub app: Option<App>,
    /// The release that it runs, if it runs any and the platform tells all of it.
    pub live: Option<Release>,
    /// The version of the source that it runs.
    pub version: Option<String>,
    /// Why it could not be read.
    pub error: Option<Failure>,
}

impl PipelineApp {
    /// What people call the app.
    pub fn name(&self) -> &str {
        let app = self.app.as_ref().map(|app| app.name.as_str());
        app.or(self.member.app_name.as_deref())
            .unwrap_or(&self.member.app)
    }

    /// The commit that it runs.
    pub fn commit(&self) -> Option<&str> {
        let told = self
            .member
            .runs
            .as_ref()
            .and_then(|runs| runs.commit.as_deref());
        self.version.as_deref().or(told).and_then(commit_of)
    }
}

impl Run<'_> {
    /// All pipelines that the token may see, by their names.
    pub async fn pipelines(&self) -> Result<Vec<PipelineInfo>, Failure> {
        let all = self.platform.pipelines(self.retry_budget()).await;
        let mut all = all.map_err(|e| self.cannot_read("listing the pipelines", &e))?;
        all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(all)
    }

    /// The pipeline of a name or an id; a name of several is refused with their ids.
    pub async fn the_pipeline(&self, key: &str) -> Result<PipelineInfo, Failure> {
        match self.platform.find_pipeline(key, self.retry_budget()).await {
            Ok(PipelineMatch::One(one)) => Ok(one),
            Ok(PipelineMatch::Several(several)) => Err(ambiguous(key, &several)),
            Err(e) => {
                let doing = format!("looking up the pipeline {key}");
                let failure = self.cannot_find(&format!("there is no pipeline {key}"), &doing, &e);
                if !matches!(e.kind, Kind::NotFound) {
                    return Err(failure);
                }
                // The list is only for a suggestion: if it can't be read, the first error stands.
                let all = self.pipelines().await.unwrap_or_default();
                let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
                Err(failure.meant(nearest(key, &names)))
            }
        }
    }

    /// A pipeline and its apps, with what they run.
    pub async fn look_at_pipeline(&self, by: PipelineLookup<'_>) -> Result<Look, Failure> {
        let mut notes = Vec::new();
        let (pipeline, own) = match by {
            PipelineLookup::Key(key) => (self.the_pipeline(key).await?, None),
            PipelineLookup::App(name) => {
                let app = self.platform.app(name, self.retry_budget()).await;
                let app = app.map_err(|e| self.cannot_find_app(name, &e))?;
                let own = self.own_place(&app.id, &app.name).await?;
                (self.the_pipeline(&own.pipeline).await?, Some(own))
            }
            PipelineLookup::Addon(addon) => {
                let app = self.platform.app_of_addon(addon, self.retry_budget()).await;
                let app = app.map_err(|e| {
                    let doing = format!("looking up the add-on {addon}");
                    self.cannot_find(&format!("there is no add-on {addon}"), &doing, &e)
                })?;
                let name = app.name.as_deref().unwrap_or(&app.id);
                let mut own = self.own_place(&app.id, name).await?;
                own.app_name = own.app_name.or_else(|| app.name.clone());
                (self.the_pipeline(&own.pipeline).await?, Some(own))
            }
        };
        let members = self.platform.members(&pipeline.id, self.retry_budget());
        let members = match (members.await, own) {
            (Ok(members), _) => members,
            // A partner's token may see its own app's place and no more.
            (Err(e), Some(own)) if matches!(e.kind, Kind::Denied { .. } | Kind::NotFound) => {
                notes.push(format!(
                    "the token from {} may not see the other apps of the pipeline: {e}",
                    self.token_from
                ));
                vec![own]
            }
            (Err(e), _) => {
                let doing = format!("reading the couplings of {}", pipeline.name);
                return Err(self.cannot_read(&doing, &e));
            }
        };
        let (mut apps, more) = self.read_apps(&pipeline, members).await;
        notes.extend(more);
        apps.sort_by(|a, b| a.name().cmp(b.name()));
        Ok(Look {
            at: self.platform.services().api.now(),
            pipeline,
            apps,
            notes,
        })
    }

    /// The stages of the platform's pipelines, in order.
    pub async fn stages(&self) -> Result<Vec<StageInfo>, Failure> {
        let stages = self.platform.stages(self.retry_budget()).await;
        stages.map_err(|e| self.cannot_read("reading the stages of pipelines", &e))
    }

    /// A pipeline, and the status checks that were ever reported on its releases, by context.
    pub async fn contexts(&self, key: &str) -> Result<(PipelineInfo, Vec<StatusContext>), Failure> {
        let pipeline = self.the_pipeline(key).await?;
        let contexts = self.platform.contexts(&pipeline.id, self.retry_budget());
        let doing = format!("reading the status checks of {}", pipeline.name);
        let mut contexts = contexts.await.map_err(|e| self.cannot_read(&doing, &e))?;
        contexts.sort_by(|a, b| a.context.cmp(&b.context));
        Ok((pipeline, contexts))
    }

    /// The place of an app that must have one.
    async fn own_place(&self, id: &str, name: &str) -> Result<Member, Failure> {
        let place = self.platform.place_of(id, self.retry_budget()).await;
        let place = place.map_err(|e| {
            self.cannot_read(&format!("looking up the pipeline of the app {name}"), &e)
        })?;
        place.ok_or_else(|| {
            Failure::new(Exit::Refused, format!("the app {name} is in no pipeline"))
                .state("nothing was changed on the platform")
                .next(format!(
                    "`launchway pipeline apply` couples the apps of deploy.yaml; or the token from {} may not see the coupling: \
                     the platform gives the same answer to both",
                    self.token_from
                ))
        })
    }

    /// Reads what the apps are and run: in one request where possible, and not at all where the couplings say it.
    async fn read_apps(
        &self,
        pipeline: &PipelineInfo,
        members: Vec<Member>,
    ) -> (Vec<PipelineApp>, Vec<String>) {
        if members.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let ids: Vec<&str> = members.iter().map(|member| member.app.as_str()).collect();
        let told = members
            .iter()
            .all(|member| member.required_checks.is_some());
        let (apps, latest) = join(
            self.apps_together(Some(&ids)),
            // Where couplings tell what runs, nothing else does it for many apps.
            self.latest((!told).then_some(pipeline.id.as_str()), usize::MAX),
        )
        .await;
        let mut apps: HashMap<String, App> =
            apps.into_iter().map(|app| (app.id.clone(), app)).collect();
        let known: Vec<_> = members
            .into_iter()
            .map(|member| (apps.remove(&member.app), member))
            .collect();
        let mut seen: Vec<PipelineApp> = stream::iter(known)
            .map(async |(app, member)| {
                let mut seen = PipelineApp {
                    member,
                    app,
                    live: None,
                    version: None,
                    error: None,
                };
                seen.error = self.read_app_state(&mut seen, &latest, told).await.err();
                seen
            })
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        let notes = self.read_sources(&mut seen).await;
        (seen, notes)
    }

    /// Reads what the shared request left out of an app, and what it runs.
    async fn read_app_state(
        &self,
        seen: &mut PipelineApp,
        latest: &super::latest::Latest,
        told: bool,
    ) -> Result<(), Failure> {
        if seen.app.is_none() {
            seen.app = Some(self.read_app(&seen.member.app).await?);
        }
        let Some(app) = seen.app.as_ref().filter(|_| !told) else {
            return Ok(());
        };
        seen.live = match latest.live(app) {
            Some(live) => Some(live.clone()),
            None => current(&self.read_releases(app, NEWEST).await?).cloned(),
        };
        Ok(())
    }

    /// Reads what the releases are made of: each artifact is asked for once.
    async fn read_sources(&self, seen: &mut [PipelineApp]) -> Vec<String> {
        let mut wanted: HashMap<Artifact, App> = HashMap::new();
        for one in seen.iter() {
            let artifact = one.live.as_ref().and_then(|live| live.artifact.clone());
            if let (Some(artifact), Some(app)) = (artifact, &one.app) {
                wanted.entry(artifact).or_insert_with(|| app.clone());
            }
        }
        let read: Vec<(Artifact, Result<Provenance, Failure>)> = stream::iter(wanted)
            .map(async |(artifact, app)| {
                let made_of = self.made_of(&app, &artifact, false).await;
                (artifact, made_of)
            })
            .buffer_unordered(AT_A_TIME)
            .collect()
            .await;
        let mut notes = Vec::new();
        let mut known = HashMap::new();
        for (artifact, made_of) in read {
            match made_of {
                Ok(made_of) => drop(known.insert(artifact, made_of.version)),
                Err(failure) => notes.push(failure.what),
            }
        }
        for one in seen {
            let artifact = one.live.as_ref().and_then(|live| live.artifact.as_ref());
            one.version = artifact.and_then(|artifact| known.get(artifact).cloned().flatten());
        }
        notes
    }
}

/// Several pipelines have the name.
fn ambiguous(name: &str, several: &[PipelineInfo]) -> Failure {
    let what = format!("the name `{name}` is that of {} pipelines", several.len());
    let lines = several.iter().map(|pipeline| {
        let owner = pipeline.owner.as_ref().map(|owner| {
            let kind = owner.kind.as_deref().unwrap_or("owner");
            format!(", of {kind} {}", owner.id)
        });
        let made = pipeline.created_at.map(|at| format!(", made {at}"));
        format!(
            "{}{}{}",
            pipeline.id,
            owner.unwrap_or_default(),
            made.unwrap_or_default()
        )
    });
    Failure::new(Exit::Refused, what)
        .detail(lines)
        .state("nothing was changed on the platform")
        .next("give the id of one of them instead")
}
