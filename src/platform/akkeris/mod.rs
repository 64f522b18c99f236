//! Akkeris: deploys to Kubernetes behind an API that is almost Heroku's. What is said of it here was read from its source
//! (<https://github.com/akkeris/controller-api>) and checked by running it.

mod builds;
mod explain;
mod images;
mod pipelines;
mod promotions;
mod releases;
mod snapshots;
mod source;
mod statuses;
mod wire;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::{
    Artifact, Platform, Provenance, Services, Tarball, UnsuitableArchive,
    dynos::{Dyno, Scaled},
    names::Names,
    once,
    output::Output,
    types::{
        App, Build, BuildRequest, Buildpacks, Coupling, Overlap, Pipeline, Promotion,
        PromotionRequest, Release, Slug, SlugRequest, StatusCheck, StatusReport, Target, Uploaded,
    },
};
use crate::http::{Error, Kind, Request, SecretUrl, path_segment};

/// Lists come whole, and so does the log of a build: neither has pages.
const LARGEST_ANSWER: usize = 12 << 20;

/// An installation of Akkeris.
pub struct Akkeris {
    services: Services,
    /// Finished releases of promotions, by their ids: they no longer change.
    ended: Mutex<HashMap<String, Release>>,
}

impl Akkeris {
    /// The platform behind the API of these services.
    pub fn new(mut services: Services) -> Self {
        services.api.is_own_refusal = explain::is_own_refusal;
        Self {
            services,
            ended: Mutex::default(),
        }
    }

    /// Sends a request and reads its answer; one that can't be read is a failure like any other. The front door answers
    /// 401 to any failure of its OAuth provider, so one 401 proves nothing.
    async fn ask<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        let request = request.doubting_denials().largest(LARGEST_ANSWER);
        let answer = self.services.api.fetch(request).await;
        answer.map_err(explain::explain)
    }

    async fn read<T: DeserializeOwned>(
        &self,
        path: impl Into<String>,
        budget: Duration,
    ) -> Result<T, Error> {
        self.ask(Request::get(path, budget)).await
    }

    /// Reads what is known to be there: its id is from the platform.
    async fn read_known<T: DeserializeOwned>(
        &self,
        path: String,
        budget: Duration,
    ) -> Result<T, Error> {
        self.ask(Request::get(path, budget).doubting_absence())
            .await
    }

    async fn create<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        let budget = self.services.pacing.budget_before();
        self.ask(Request::post(path, Some(body), budget)).await
    }

    /// Pauses between looks for something that may or may not have been made.
    async fn pause(&self) {
        tokio::time::sleep(self.services.pacing.of(Duration::from_secs(1))).await;
    }
}

/// `deploy.yaml` refuses checks of dynos for this platform.
fn no_dynos(what: &str, app: &App) -> Error {
    let request = format!("the {what} of {}", app.name);
    Error::new(Kind::Unsupported, request, "the API does not tell them")
}

#[async_trait(?Send)]
impl Platform for Akkeris {
    fn services(&self) -> &Services {
        &self.services
    }

    async fn app(&self, name: &str, budget: Duration) -> Result<App, Error> {
        let json: wire::AppJson = self
            .read(format!("/apps/{}", path_segment(name)), budget)
            .await?;
        let app = App::from(json);
        self.services.api.call_app(&app.id, &app.name);
        Ok(app)
    }

    /// The list has all apps there are; there is no other that has several.
    async fn apps(&self, _: Option<&[&str]>, budget: Duration) -> Result<Vec<App>, Error> {
        let budget = budget.min(self.services.pacing.budget_in_doubt());
        let list: Vec<wire::AppJson> = self.read("/apps", budget).await?;
        let apps: Vec<App> = list.into_iter().map(App::from).collect();
        for app in &apps {
            self.services.api.call_app(&app.id, &app.name);
        }
        Ok(apps)
    }

    async fn pipeline(&self, name: &str, budget: Duration) -> Result<Pipeline, Error> {
        let path = format!("/pipelines/{}", path_segment(name));
        let json: wire::PipelineJson = self.read(path, budget).await?;
        Ok(json.into())
    }

    async fn couplings(&self, pipeline: &str, budget: Duration) -> Result<Vec<Coupling>, Error> {
        let path = format!("/pipelines/{}/pipeline-couplings", path_segment(pipeline));
        let list: Vec<wire::CouplingJson> = self.read(path, budget).await?;
        Ok(list.into_iter().map(Coupling::from).collect())
    }

    async fn unfit(
        &self,
        app: &App,
        tarball: Tarball<'_>,
        sent: bool,
        budget: Duration,
    ) -> Result<Option<UnsuitableArchive>, Error> {
        let beside = if sent {
            let path = format!("/apps/{}/config-vars", app.id);
            let vars: Value = self.read_known(path, budget).await?;
            // Where there are none, the braces are still there.
            Some(vars.to_string().len() as u64)
        } else {
            None
        };
        Ok(source::unfit(tarball, beside))
    }

    async fn send_source(&self, tarball: Tarball<'_>) -> Result<Uploaded, Error> {
        let get = source::data_url(tarball)?;
        Ok(Uploaded { get, put: None })
    }

    async fn builds(&self, app: &App, count: usize, budget: Duration) -> Result<Vec<Build>, Error> {
        self.builds_taken_up(app, count, budget).await
    }

    async fn builds_now(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Build>, Error> {
        self.newest_builds(app, count, budget).await
    }

    async fn create_build(&self, app: &App, request: &BuildRequest) -> Result<Build, Error> {
        self.make_build(app, request).await
    }

    async fn build(&self, app: &App, id: &str, budget: Duration) -> Result<Build, Error> {
        let path = format!("/apps/{}/builds/{}", app.id, path_segment(id));
        let json: wire::BuildJson = self.read_known(path, budget).await?;
        Ok(self.known_build(app, json))
    }

    async fn cancel_build(&self, app: &App, id: &str, budget: Duration) -> Result<(), Error> {
        let path = format!("/apps/{}/builds/{}", app.id, path_segment(id));
        let request = Request::delete(path, budget).doubting_absence();
        self.ask::<IgnoredAny>(request).await.map(drop)
    }

    fn output(&self, at: SecretUrl) -> Box<dyn Output + '_> {
        Box::new(snapshots::Snapshots::new(self, &at))
    }

    async fn release_of_build(&self, app: &App, build: &Build) -> Result<Release, Error> {
        self.find_or_release(app, build).await
    }

    async fn releases(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Release>, Error> {
        let mut all = self.all_releases(app, budget).await?;
        all.truncate(count);
        Ok(all)
    }

    /// The list of couplings has a release of each app, but not what it runs, nor one that failed or is on its way.
    async fn latest_releases(
        &self,
        pipeline: &str,
        _: Duration,
    ) -> Result<HashMap<String, Release>, Error> {
        let request = format!("GET /pipelines/{pipeline}/pipeline-couplings");
        let message = "it does not tell what apps run";
        Err(Error::new(Kind::Unsupported, request, message))
    }

    async fn release(&self, app: &App, which: &str, budget: Duration) -> Result<Release, Error> {
        if let Ok(version) = which.strip_prefix('v').unwrap_or(which).parse::<u64>() {
            // The API knows releases by their ids only.
            let all = self.all_releases(app, budget).await?;
            return all
                .into_iter()
                .find(|release| release.at.version == version)
                .ok_or_else(|| {
                    let request = format!("GET /apps/{}/releases", app.name);
                    let message = format!("{} has no release v{version}", app.name);
                    Error::new(Kind::NotFound, request, message)
                });
        }
        let path = format!("/apps/{}/releases/{}", app.id, path_segment(which));
        let json: wire::ReleaseJson = self.read_known(path, budget).await?;
        Ok(json.into())
    }

    async fn create_release(
        &self,
        app: &App,
        artifact: &Artifact,
        description: &str,
        newest: u64,
    ) -> Result<Release, Error> {
        // There are no images beside the slugs here.
        let slug = artifact.name();
        let send = async || self.send_release(app, &slug, description).await;
        once::make_release(self, app, artifact, description, newest, send).await
    }

    async fn send_slug(&self, app: &App, _: &SlugRequest<'_>) -> Result<Artifact, Error> {
        let request = format!("a slug of {}", app.name);
        let message = "apps run images here: there are no slugs";
        Err(Error::new(Kind::Unsupported, request, message))
    }

    /// A release names its build only: what its config vars were the API does not tell. A build of another app, as a
    /// promotion brings it, can't be released here in any other way.
    async fn roll_back(
        &self,
        app: &App,
        to: &Release,
        newest: u64,
        _: bool,
    ) -> Result<Release, Error> {
        let send = async || self.send_rollback(app, &to.at.id).await;
        once::roll_back(self, app, to, newest, send).await
    }

    async fn made_of(
        &self,
        _: &App,
        artifact: &Artifact,
        _: bool,
        budget: Duration,
    ) -> Result<Provenance, Error> {
        let json: wire::SlugJson = self
            .read(format!("/slugs/{}", path_segment(&artifact.name())), budget)
            .await?;
        Ok(json.into())
    }

    async fn config_names(&self, app: &App, budget: Duration) -> Result<BTreeSet<String>, Error> {
        let path = format!("/apps/{}/config-vars", app.id);
        let Names(names) = self.read_known(path, budget).await?;
        Ok(names)
    }

    async fn is_deprecated(&self, stack: &str, _: Duration) -> Result<bool, Error> {
        Err(Error::new(
            Kind::Unsupported,
            format!("GET /stacks/{stack}"),
            "what apps run is made of an image",
        ))
    }

    async fn buildpacks(&self, _: &App, _: Duration) -> Result<Buildpacks, Error> {
        Ok(Buildpacks::Unused("built with a Dockerfile"))
    }

    /// A promotion compares them itself, together with the config vars.
    async fn addon_services(&self, app: &App, _: Duration) -> Result<BTreeSet<String>, Error> {
        let request = format!("GET /apps/{}/addons", app.name);
        Err(Error::new(
            Kind::Unsupported,
            request,
            "a promotion compares them itself",
        ))
    }

    /// It is the build itself: there is an image in a registry, and no file.
    async fn slug(&self, app: &App, id: &str, budget: Duration) -> Result<Slug, Error> {
        let path = format!("/apps/{}/builds/{}", app.id, path_segment(id));
        let json: wire::BuildJson = self.read(path, budget).await?;
        let build = self.known_build(app, json);
        Ok(Slug {
            id: build.id,
            version: build.made_of.version,
            bytes: None,
            sha256: None,
            buildpack: None,
            process_types: std::collections::BTreeMap::new(),
            created_at: build.created_at,
            file: None,
        })
    }

    /// A release has succeeded once the cluster has replaced what ran before.
    async fn overlap(&self, _: &App, _: Duration) -> Result<Option<Overlap>, Error> {
        Ok(None)
    }

    async fn formation(&self, app: &App, _: Duration) -> Result<Vec<Scaled>, Error> {
        Err(no_dynos("formation", app))
    }

    async fn dynos(&self, app: &App, _: Duration) -> Result<Vec<Dyno>, Error> {
        Err(no_dynos("dynos", app))
    }

    async fn promote(&self, request: &PromotionRequest) -> Result<Promotion, Error> {
        self.make_promotion(request).await
    }

    async fn targets(&self, promotion: &Promotion, budget: Duration) -> Result<Vec<Target>, Error> {
        self.targets_by_their_releases(promotion, budget).await
    }

    async fn status_checks(
        &self,
        app: &App,
        release: &str,
        budget: Duration,
    ) -> Result<Vec<StatusCheck>, Error> {
        let statuses = self.statuses(app, release, budget).await?;
        Ok(statuses.into_iter().map(StatusCheck::from).collect())
    }

    async fn report_status(
        &self,
        app: &App,
        release: &str,
        report: StatusReport<'_>,
        budget: Duration,
    ) -> Result<(), Error> {
        self.create_or_update_status(app, release, report, budget)
            .await
    }
}
