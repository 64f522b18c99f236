//! Pipelines as things of their own: akkeris.md §1 and §2.

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use reqwest::Method;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::Akkeris;
use crate::{
    http::{Error, Kind, Request, path_segment},
    platform::{
        once,
        pipelines::{
            AddonApp, DesiredCoupling, Member, PipelineInfo, PipelineMatch, Pipelines, Running,
            StageInfo, StatusContext, gone, in_order,
        },
    },
};

#[derive(Deserialize)]
struct PipelineJson {
    id: String,
    name: String,
    description: Option<String>,
    created_at: Option<String>,
}

impl From<PipelineJson> for PipelineInfo {
    fn from(json: PipelineJson) -> Self {
        Self {
            id: json.id,
            name: json.name,
            description: json.description.filter(|text| !text.is_empty()),
            owner: None,
            generation: None,
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: Option<String>,
}

#[derive(Default, Deserialize)]
struct ContextsJson {
    #[serde(default)]
    contexts: Vec<String>,
}

#[derive(Deserialize)]
struct CommitJson {
    sha: Option<String>,
}

#[derive(Deserialize)]
struct BuildJson {
    commit: Option<CommitJson>,
}

/// What an app runs; all fields are null if that is nothing.
#[derive(Deserialize)]
struct ReleaseJson {
    id: Option<String>,
    version: Option<u64>,
    updated_at: Option<String>,
    build: Option<BuildJson>,
}

#[derive(Deserialize)]
struct CouplingJson {
    id: String,
    app: Named,
    pipeline: Named,
    stage: String,
    required_status_checks: Option<ContextsJson>,
    release: Option<ReleaseJson>,
}

fn running(json: ReleaseJson) -> Option<Running> {
    let commit = json.build.and_then(|build| build.commit?.sha);
    Some(Running {
        release: json.id?,
        version: json.version?,
        commit: commit.filter(|sha| !sha.is_empty()),
        at: json.updated_at.and_then(|at| at.parse().ok()),
    })
}

impl From<CouplingJson> for Member {
    fn from(json: CouplingJson) -> Self {
        Self {
            coupling: json.id,
            app: json.app.id,
            app_name: json.app.name,
            pipeline: json.pipeline.id,
            pipeline_name: json.pipeline.name,
            stage: json.stage,
            required_checks: Some(json.required_status_checks.unwrap_or_default().contexts),
            runs: json.release.and_then(running),
        }
    }
}

#[derive(Deserialize)]
struct ContextJson {
    context: String,
    name: Option<String>,
}

impl Akkeris {
    /// Deletes what is at this path. That it is gone already is no error.
    async fn delete(&self, path: String) -> Result<(), Error> {
        let budget = self.services.pacing.budget_under_way();
        let deleted = self.ask::<IgnoredAny>(Request::delete(path.as_str(), budget));
        gone(deleted.await, self.read(path, budget)).await
    }
}

#[async_trait(?Send)]
impl Pipelines for Akkeris {
    async fn pipelines(&self, budget: Duration) -> Result<Vec<PipelineInfo>, Error> {
        let list: Vec<PipelineJson> = self.read("/pipelines", budget).await?;
        Ok(list.into_iter().map(PipelineInfo::from).collect())
    }

    async fn find_pipeline(&self, key: &str, budget: Duration) -> Result<PipelineMatch, Error> {
        let path = format!("/pipelines/{}", path_segment(key));
        let json: PipelineJson = self.read(path, budget).await?;
        Ok(PipelineMatch::One(json.into()))
    }

    async fn members(&self, pipeline: &str, budget: Duration) -> Result<Vec<Member>, Error> {
        let path = format!("/pipelines/{}/pipeline-couplings", path_segment(pipeline));
        let list: Vec<CouplingJson> = self.read(path, budget).await?;
        Ok(list.into_iter().map(Member::from).collect())
    }

    async fn place_of(&self, app: &str, budget: Duration) -> Result<Option<Member>, Error> {
        let path = format!("/apps/{}/pipeline-couplings", path_segment(app));
        match self.read::<CouplingJson>(path, budget).await {
            Ok(one) => Ok(Some(one.into())),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn app_of_addon(&self, addon: &str, _: Duration) -> Result<AddonApp, Error> {
        let request = format!("the add-on {addon}");
        let message = "add-ons can't be looked up by their ids here: use `--app`";
        Err(Error::new(Kind::Unsupported, request, message))
    }

    async fn stages(&self, budget: Duration) -> Result<Vec<StageInfo>, Error> {
        let next: BTreeMap<String, Option<String>> = self.read("/pipeline-stages", budget).await?;
        Ok(in_order(next))
    }

    async fn contexts(
        &self,
        pipeline: &str,
        budget: Duration,
    ) -> Result<Vec<StatusContext>, Error> {
        let path = format!("/pipelines/{}/statuses", path_segment(pipeline));
        let list: Vec<ContextJson> = self.read(path, budget).await?;
        let all = list.into_iter().map(|json| StatusContext {
            context: json.context,
            name: json.name,
        });
        Ok(all.collect())
    }

    /// Names are unique.
    async fn create_pipeline(&self, name: &str) -> Result<PipelineInfo, Error> {
        let body = json!({"name": name});
        let send = async || {
            let json = self.create::<PipelineJson>("/pipelines", &body).await?;
            Ok(PipelineInfo::from(json))
        };
        let find = async |budget| match self.find_pipeline(name, budget).await {
            Ok(PipelineMatch::One(one)) => Ok(Some(one)),
            Ok(PipelineMatch::Several(_)) => Ok(None),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        let made = once::make(&self.services, send, find).await;
        made.map(once::Creation::thing)
    }

    async fn delete_pipeline(&self, id: &str) -> Result<(), Error> {
        self.delete(format!("/pipelines/{}", path_segment(id)))
            .await
    }

    async fn couple(&self, place: DesiredCoupling<'_>) -> Result<(), Error> {
        let mut body = json!({"app": place.app, "pipeline": place.pipeline, "stage": place.stage});
        if !place.required_checks.is_empty() {
            body["required_status_checks"] = json!({"contexts": place.required_checks});
        }
        let send = async || {
            let made = self.create::<IgnoredAny>("/pipeline-couplings", &body);
            made.await.map(drop)
        };
        once::couple(self, place, send).await
    }

    /// The stage of a coupling can't be changed, so there is another coupling; that may be made by those only who may take
    /// an app out of a pipeline, and they are refused at the first of the two requests.
    async fn change_stage(&self, member: &Member, to: DesiredCoupling<'_>) -> Result<(), Error> {
        self.uncouple(&member.coupling).await?;
        self.couple(to).await
    }

    async fn require_checks(&self, member: &Member, contexts: &[String]) -> Result<(), Error> {
        let path = format!("/pipeline-couplings/{}", path_segment(&member.coupling));
        let body = json!({"required_status_checks": {"contexts": contexts}});
        let budget = self.services.pacing.budget_under_way();
        let request = Request::post(path, Some(&body), budget).method(Method::PATCH);
        self.ask::<IgnoredAny>(request.repeatable()).await.map(drop)
    }

    async fn uncouple(&self, coupling: &str) -> Result<(), Error> {
        self.delete(format!("/pipeline-couplings/{}", path_segment(coupling)))
            .await
    }
}
