//! Pipelines as things of their own: heroku.md §2, and the schema.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::{Method, StatusCode, header::ACCEPT};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{Heroku, VERSION_3};
use crate::{
    http::{Error, Kind, Request, path_segment},
    model::PlatformKind,
    platform::{
        Platform as _, once,
        pipelines::{
            AddonApp, DesiredCoupling, Member, Owner, PipelineInfo, PipelineMatch, Pipelines,
            StageInfo, StatusContext, gone, in_order,
        },
    },
};

#[derive(Deserialize)]
struct Named {
    name: Option<String>,
}

#[derive(Deserialize)]
struct OwnerJson {
    id: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct PipelineJson {
    id: String,
    name: String,
    owner: Option<OwnerJson>,
    generation: Option<Named>,
    created_at: Option<String>,
}

impl From<PipelineJson> for PipelineInfo {
    fn from(json: PipelineJson) -> Self {
        let owner = json.owner.and_then(|owner| {
            Some(Owner {
                id: owner.id?,
                kind: owner.kind,
            })
        });
        Self {
            id: json.id,
            name: json.name,
            description: None,
            owner,
            generation: json.generation.and_then(|generation| generation.name),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
}

#[derive(Deserialize)]
struct Required {
    id: String,
    name: Option<String>,
}

#[derive(Deserialize)]
struct CouplingJson {
    id: String,
    app: Required,
    pipeline: Required,
    stage: String,
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
            required_checks: None,
            runs: None,
        }
    }
}

/// The coupling of an app: one object by the schema, a list with at most one by the guide for add-on partners.
#[derive(Deserialize)]
#[serde(untagged)]
enum CouplingOfApp {
    One(CouplingJson),
    List(Vec<CouplingJson>),
}

#[derive(Deserialize)]
struct AddonJson {
    app: Required,
}

impl Heroku {
    async fn pipelines_named(
        &self,
        name: &str,
        budget: Duration,
    ) -> Result<Vec<PipelineInfo>, Error> {
        let path = format!("/pipelines?eq[name]={}", path_segment(name));
        let list: Vec<PipelineJson> = self.list(|| Request::get(&path, budget)).await?;
        let all = list.into_iter().map(PipelineInfo::from);
        // A server that knows no filter answers with all there are.
        Ok(all.filter(|pipeline| pipeline.name == name).collect())
    }

    /// Deletes what is at this path. That it is gone already is no error.
    async fn delete(&self, path: String) -> Result<(), Error> {
        let budget = self.services.pacing.budget_under_way();
        let deleted = self.ask::<IgnoredAny>(Request::delete(path.as_str(), budget));
        gone(deleted.await, self.read(path, budget)).await
    }
}

#[async_trait(?Send)]
impl Pipelines for Heroku {
    async fn pipelines(&self, budget: Duration) -> Result<Vec<PipelineInfo>, Error> {
        let list: Vec<PipelineJson> = self.list(|| Request::get("/pipelines", budget)).await?;
        Ok(list.into_iter().map(PipelineInfo::from).collect())
    }

    async fn find_pipeline(&self, key: &str, budget: Duration) -> Result<PipelineMatch, Error> {
        let path = format!("/pipelines/{}", path_segment(key));
        let request = Request::get(path, budget).header(ACCEPT, VERSION_3);
        let read = self.services().api.send_until(request, |answer| {
            if answer.status == StatusCode::MULTIPLE_CHOICES
                && let Ok(several) = answer.read::<Vec<PipelineJson>>()
            {
                let all = several.into_iter().map(PipelineInfo::from).collect();
                return Ok(PipelineMatch::Several(all));
            }
            Ok(PipelineMatch::One(answer.read::<PipelineJson>()?.into()))
        });
        read.await
    }

    async fn members(&self, pipeline: &str, budget: Duration) -> Result<Vec<Member>, Error> {
        let path = format!("/pipelines/{}/pipeline-couplings", path_segment(pipeline));
        let list: Vec<CouplingJson> = self.list(|| Request::get(&path, budget)).await?;
        Ok(list.into_iter().map(Member::from).collect())
    }

    async fn place_of(&self, app: &str, budget: Duration) -> Result<Option<Member>, Error> {
        let path = format!("/apps/{}/pipeline-couplings", path_segment(app));
        match self.read::<CouplingOfApp>(path, budget).await {
            Ok(CouplingOfApp::One(one)) => Ok(Some(one.into())),
            Ok(CouplingOfApp::List(list)) => Ok(list.into_iter().next().map(Member::from)),
            Err(error) if error.kind == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn app_of_addon(&self, addon: &str, budget: Duration) -> Result<AddonApp, Error> {
        let path = format!("/addons/{}", path_segment(addon));
        let json: AddonJson = self.read(path, budget).await?;
        Ok(AddonApp {
            id: json.app.id,
            name: json.app.name,
        })
    }

    /// There is no call for them: the schema names them, and their order is that of the platform's own pages.
    async fn stages(&self, _: Duration) -> Result<Vec<StageInfo>, Error> {
        let stages = PlatformKind::Heroku
            .about()
            .stages
            .iter()
            .map(ToString::to_string);
        let next = stages.clone().skip(1).map(Some).chain([None]);
        Ok(in_order(stages.zip(next)))
    }

    async fn contexts(&self, pipeline: &str, _: Duration) -> Result<Vec<StatusContext>, Error> {
        let request = format!("the status checks of the pipeline {pipeline}");
        let message = "releases have no status checks here";
        Err(Error::new(Kind::Unsupported, request, message))
    }

    /// Names are unique to their owner only, so one of this name that is there afterwards and was not before is ours.
    async fn create_pipeline(&self, name: &str) -> Result<PipelineInfo, Error> {
        let body = json!({"name": name});
        let send = async || {
            let json = self.create::<PipelineJson>("/pipelines", &body).await?;
            Ok(PipelineInfo::from(json))
        };
        let find = async |budget| {
            let found = self.pipelines_named(name, budget).await?;
            Ok(found.into_iter().next())
        };
        let made = once::make(&self.services, send, find).await;
        made.map(once::Creation::thing)
    }

    async fn delete_pipeline(&self, id: &str) -> Result<(), Error> {
        self.delete(format!("/pipelines/{}", path_segment(id)))
            .await
    }

    async fn couple(&self, place: DesiredCoupling<'_>) -> Result<(), Error> {
        let body = json!({"app": place.app, "pipeline": place.pipeline, "stage": place.stage});
        let send = async || {
            let made = self.create::<IgnoredAny>("/pipeline-couplings", &body);
            made.await.map(drop)
        };
        once::couple(self, place, send).await
    }

    async fn change_stage(&self, member: &Member, to: DesiredCoupling<'_>) -> Result<(), Error> {
        let path = format!("/pipeline-couplings/{}", path_segment(&member.coupling));
        let body = json!({"stage": to.stage});
        let budget = self.services.pacing.budget_under_way();
        let request = Request::post(path, Some(&body), budget).method(Method::PATCH);
        self.ask::<IgnoredAny>(request.repeatable()).await.map(drop)
    }

    async fn require_checks(&self, member: &Member, _: &[String]) -> Result<(), Error> {
        let request = format!("the required status checks of app {}", member.app);
        let message = "releases have no status checks here";
        Err(Error::new(Kind::Unsupported, request, message))
    }

    async fn uncouple(&self, coupling: &str) -> Result<(), Error> {
        self.delete(format!("/pipeline-couplings/{}", path_segment(coupling)))
            .await
    }
}
