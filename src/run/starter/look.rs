//! What the platform says for a first `deploy.yaml`: the pipelines that the token may see, and the apps in one of them. Many
//! at once where the platform can; only reads.

use std::{collections::HashMap, time::Duration};

use crate::{
    config::starter::is_app,
    failure::Failure,
    http::Kind,
    platform::pipelines::{Member, PipelineInfo},
    run::Run,
};

/// How long requests are repeated: what the platform does not answer can be written by hand.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most apps that are looked up to find their pipeline.
const MOST_APPS: usize = 5;

/// The apps of a pipeline.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// The apps, in the order of their names.
    pub apps: Vec<Placed>,
    /// The generation of the platform that they are on.
    pub generation: Option<String>,
    /// How many of them are known by their ids only: their names could not be read.
    pub unnamed: usize,
    /// The app that is to be built, where the first stage has several.
    pub built: Option<String>,
}

/// An app in a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// Its name, or its id where `deploy.yaml` does not take the name.
    pub app: String,
    /// Its stage.
    pub stage: String,
    /// Its stack.
    pub stack: Option<String>,
}

impl Run<'_> {
    /// The pipelines that the token may see, by their names.
    pub async fn visible_pipelines(&self) -> Result<Vec<PipelineInfo>, Failure> {
        let all = self.platform.pipelines(self.lookup_budget()).await;
        let mut all = all.map_err(|e| self.cannot_read("listing the pipelines", &e))?;
        all.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(all)
    }

    /// The ids of the pipelines that these apps are in, each once; and the first failure, if an app could not be looked
    /// up. Apps that are in no pipeline, or do not exist, add nothing.
    pub async fn pipelines_of(&self, apps: &[String]) -> (Vec<String>, Option<Failure>) {
        let (mut found, mut failed) = (Vec::new(), None);
        for name in apps.iter().take(MOST_APPS) {
            let place = async {
                let app = self.platform.app(name, self.lookup_budget()).await?;
                self.platform.place_of(&app.id, self.lookup_budget()).await
            };
            match place.await {
                Ok(Some(place)) if !found.contains(&place.pipeline) => found.push(place.pipeline),
                Ok(_) => {}
                Err(error) if error.kind == Kind::NotFound => {}
                Err(error) => {
                    let doing = format!("looking up the pipeline of the app {name}");
                    failed = failed.or(Some(self.cannot_read(&doing, &error)));
                }
            }
        }
        (found, failed)
    }

    /// The apps of a pipeline.
    pub async fn members_of(&self, pipeline: &PipelineInfo) -> Result<Members, Failure> {
        let members = self
            .platform
            .members(&pipeline.id, self.lookup_budget())
            .await;
        let doing = format!("reading the couplings of {}", pipeline.name);
        let members = members.map_err(|e| self.cannot_read(&doing, &e))?;
        let ids: Vec<&str> = members.iter().map(|member| member.app.as_str()).collect();
        let apps = if ids.is_empty() {
            Vec::new()
        } else {
            self.apps_together(Some(&ids)).await
        };
        let apps: HashMap<String, _> = apps.into_iter().map(|app| (app.id.clone(), app)).collect();
        let is_unnamed =
            |member: &&Member| !apps.contains_key(&member.app) && member.app_name.is_none();
        let unnamed = members.iter().filter(is_unnamed).count();
        let mut placed: Vec<Placed> = members
            .into_iter()
            .map(|member| {
                let app = apps.get(&member.app);
                let name = app.map(|app| app.name.clone()).or(member.app_name);
                Placed {
                    app: name.filter(|name| is_app(name)).unwrap_or(member.app),
                    stage: member.stage,
                    stack: app.and_then(|app| app.stack.clone()),
                }
            })
            // Only names that `deploy.yaml` accepts.
            .filter(|placed| is_app(&placed.app))
            .collect();
        placed.sort_by(|a, b| a.app.cmp(&b.app));
        Ok(Members {
            apps: placed,
            generation: pipeline.generation.clone(),
            unnamed,
            built: None,
        })
    }

    fn lookup_budget(&self) -> Duration {
        self.pacing().of(PATIENCE)
    }
}
