//! Heroku's Platform API, version 3. Facts and their sources: <https://devcenter.heroku.com/articles/platform-api-reference>
//! and the schema at <https://github.com/heroku/platform-api>.

mod content;
mod dynos;
mod images;
mod names;
mod newest;
mod once;
mod output;
mod pages;
mod pipelines;
mod preboot;
mod settings;
mod slug_file;
mod slugs;
mod together;
mod wire;

use std::{
    collections::{BTreeSet, HashMap},
    sync::atomic::AtomicBool,
    time::Duration,
};

use async_trait::async_trait;
use reqwest::header::ACCEPT;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

use super::{
    Artifact, Platform, Provenance, Services, Tarball, UnsuitableArchive,
    dynos::{Dyno, Scaled},
    output::Output,
    types::{
        App, Build, BuildRequest, Buildpacks, Coupling, Overlap, Pipeline, Promotion,
        PromotionRequest, Release, Slug, SlugRequest, StatusCheck, StatusReport, Target, Uploaded,
    },
};
use crate::http::{Error, Kind, Phase, Request, SecretUrl, path_segment, upload};

const VERSION_3: &str = "application/vnd.heroku+json; version=3";
/// What the platform's own client sends to cancel a build.
const VERSION_3_CANCEL: &str = "application/vnd.heroku+json; version=3.cancel-build";
/// How often a succeeded build is asked again for its release before the list of releases is searched.
const RELEASE_TRIES: u32 = 5;

/// Heroku, or something that speaks the same API.
pub struct Heroku {
    services: Services,
    /// Whether the newest releases of a pipeline could not be had together: then they are not asked for so again.
    no_latest: AtomicBool,
}

impl Heroku {
    /// The platform behind the API of these services.
    pub fn new(mut services: Services) -> Self {
        services.api.is_own_refusal = wire::is_own_refusal;
        Self {
            services,
            no_latest: AtomicBool::new(false),
        }
    }

    async fn ask<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, Error> {
        self.services
            .api
            .fetch(request.header(ACCEPT, VERSION_3))
            .await
    }

    async fn read<T: DeserializeOwned>(&self, path: String, budget: Duration) -> Result<T, Error> {
        self.ask(Request::get(path, budget)).await
    }

    async fn create<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, Error> {
        let budget = self.services.pacing.budget_before();
        self.ask(Request::post(path, Some(body), budget)).await
    }

    /// Makes a source and uploads the archive to it.
    async fn send_to_new_source(&self, tarball: Tarball<'_>) -> Result<Uploaded, Error> {
        // An unused source expires after an hour, so making a second one changes nothing.
        let request =
            Request::post("/sources", None, self.services.pacing.budget_before()).repeatable();
        let source: wire::SourceJson = self.ask(request).await?;
        let (put, get) = (
            SecretUrl::new(source.source_blob.put_url),
            SecretUrl::new(source.source_blob.get_url),
        );
        self.learn(Some(&put));
        self.learn(Some(&get));
        let services = &self.services;
        upload::put(
            &services.outside,
            services.pacing,
            &services.journal,
            &put,
            tarball.bytes,
            tarball.open,
        )
        .await?;
        Ok(Uploaded {
            get,
            put: Some(put),
        })
    }

    fn learn(&self, url: Option<&SecretUrl>) {
        for secret in url.iter().flat_map(|url| url.secrets()) {
            self.services.redactor.announce(&secret);
        }
    }

    fn known_build(&self, json: wire::BuildJson) -> Build {
        let build = Build::from(json);
        self.learn(build.output.as_ref());
        build
    }

    fn known_release(&self, json: wire::ReleaseJson) -> Release {
        let release = Release::from(json);
        self.learn(release.output.as_ref());
        release
    }
}

/// Whether the upload host refused the address: its signature is wrong, or no longer good.
fn is_refused(error: &Error) -> bool {
    error.phase == Phase::Upload && matches!(error.kind, Kind::Rejected { status: 403, .. })
}

#[async_trait(?Send)]
impl Platform for Heroku {
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

    async fn apps(&self, ids: Option<&[&str]>, budget: Duration) -> Result<Vec<App>, Error> {
        match ids {
            Some(ids) => self.apps_together(ids, budget).await,
            None => self.all_apps(budget).await,
        }
    }

    async fn pipeline(&self, name: &str, budget: Duration) -> Result<Pipeline, Error> {
        let path = format!("/pipelines/{}", path_segment(name));
        let request = Request::get(path, budget).header(ACCEPT, VERSION_3);
        let json: wire::PipelineJson = self
            .services
            .api
            .send_until(request, |answer| match names::ambiguous(name, &answer) {
                Some(error) => Err(error),
                None => answer.read(),
            })
            .await?;
        Ok(json.into())
    }

    async fn couplings(&self, pipeline: &str, budget: Duration) -> Result<Vec<Coupling>, Error> {
        let path = format!("/pipelines/{}/pipeline-couplings", path_segment(pipeline));
        let list: Vec<wire::CouplingJson> = self.list(|| Request::get(&path, budget)).await?;
        Ok(list.into_iter().map(Coupling::from).collect())
    }

    async fn unfit(
        &self,
        _: &App,
        _: Tarball<'_>,
        _: bool,
        _: Duration,
    ) -> Result<Option<UnsuitableArchive>, Error> {
        Ok(None)
    }

    async fn send_source(&self, tarball: Tarball<'_>) -> Result<Uploaded, Error> {
        // An address that is refused may be too old: then a new one is asked for, once.
        match self.send_to_new_source(tarball).await {
            Err(error) if is_refused(&error) => self.send_to_new_source(tarball).await,
            sent => sent,
        }
    }

    async fn builds(&self, app: &App, count: usize, budget: Duration) -> Result<Vec<Build>, Error> {
        self.newest_builds(app, count, budget).await
    }

    async fn create_build(&self, app: &App, request: &BuildRequest) -> Result<Build, Error> {
        self.make_build(app, request).await
    }

    async fn build(&self, app: &App, id: &str, budget: Duration) -> Result<Build, Error> {
        let path = format!("/apps/{}/builds/{}", app.id, path_segment(id));
        let request = Request::get(path, budget).doubting_absence();
        Ok(self.known_build(self.ask(request).await?))
    }

    async fn cancel_build(&self, app: &App, id: &str, budget: Duration) -> Result<(), Error> {
        let path = format!("/apps/{}/builds/{}", app.id, path_segment(id));
        let request = Request::delete(path, budget)
            .header(ACCEPT, VERSION_3_CANCEL)
            .doubting_absence();
        self.services
            .api
            .fetch::<IgnoredAny>(request)
            .await
            .map(drop)
    }

    fn output(&self, at: SecretUrl) -> Box<dyn Output + '_> {
        self.learn(Some(&at));
        Box::new(output::Stream::new(&self.services, at))
    }

    /// It is named in the build, but perhaps not at once (heroku.md §2).
    async fn release_of_build(&self, app: &App, build: &Build) -> Result<Release, Error> {
        let pacing = self.services.pacing;
        let budget = pacing.budget_under_way();
        let mut build = build.clone();
        for _ in 0..RELEASE_TRIES {
            if let Some(id) = &build.release {
                return self.release(app, id, budget).await;
            }
            let pause = pacing.poll_pause(Duration::from_secs(10), 0.5);
            tokio::time::sleep(pause).await;
            build = self.build(app, &build.id, budget).await?;
        }
        let releases = self.releases(app, 10, budget).await?;
        releases
            .into_iter()
            .find(|release| release.artifact.is_some() && release.artifact == build.artifact)
            .ok_or_else(|| {
                let request = format!("GET /apps/{}/releases", app.id);
                let message = format!("no release of build {} can be found", build.id);
                Error::new(Kind::NotFound, request, message)
            })
    }

    async fn releases(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Release>, Error> {
        self.newest_releases(app, count, budget).await
    }

    async fn latest_releases(
        &self,
        pipeline: &str,
        budget: Duration,
    ) -> Result<HashMap<String, Release>, Error> {
        self.latest_together(pipeline, budget).await
    }

    async fn release(&self, app: &App, which: &str, budget: Duration) -> Result<Release, Error> {
        let version = which
            .strip_prefix('v')
            .filter(|rest| rest.parse::<u64>().is_ok());
        let path = format!(
            "/apps/{}/releases/{}",
            app.id,
            path_segment(version.unwrap_or(which))
        );
        let mut request = Request::get(path, budget);
        if which.parse::<u64>().is_err() && version.is_none() {
            // Its id is from the platform, not from a person.
            request = request.doubting_absence();
        }
        Ok(self.known_release(self.ask(request).await?))
    }

    async fn create_release(
        &self,
        app: &App,
        artifact: &Artifact,
        description: &str,
        newest: u64,
    ) -> Result<Release, Error> {
        self.make_release(app, artifact, description, newest).await
    }

    async fn send_slug(&self, app: &App, request: &SlugRequest<'_>) -> Result<Artifact, Error> {
        self.send_new_slug(app, request).await
    }

    async fn roll_back(
        &self,
        app: &App,
        to: &Release,
        newest: u64,
        keep_config: bool,
    ) -> Result<Release, Error> {
        match to.artifact.as_ref().filter(|_| keep_config) {
            // Images that were released are known by the beginning of their ids only.
            Some(artifact) if !matches!(artifact, Artifact::Images(_)) => {
                let description = format!("Rollback to the code of {}", to.at);
                self.make_release(app, artifact, &description, newest).await
            }
            _ => self.release_again(app, to, newest).await,
        }
    }

    async fn made_of(
        &self,
        app: &App,
        artifact: &Artifact,
        proof: bool,
        budget: Duration,
    ) -> Result<Provenance, Error> {
        if proof && let Some(build) = self.build_behind(app, artifact, budget).await? {
            return Ok(build.made_of);
        }
        self.named(app, artifact, budget).await
    }

    async fn config_names(&self, app: &App, budget: Duration) -> Result<BTreeSet<String>, Error> {
        self.names_of_config_vars(app, budget).await
    }

    async fn is_deprecated(&self, stack: &str, budget: Duration) -> Result<bool, Error> {
        self.stack_is_deprecated(stack, budget).await
    }

    async fn buildpacks(&self, app: &App, budget: Duration) -> Result<Buildpacks, Error> {
        self.buildpacks_of(app, budget).await
    }

    async fn addon_services(&self, app: &App, budget: Duration) -> Result<BTreeSet<String>, Error> {
        self.services_of_addons(app, budget).await
    }

    async fn slug(&self, app: &App, id: &str, budget: Duration) -> Result<Slug, Error> {
        self.slug_of(app, id, budget).await
    }

    async fn overlap(&self, app: &App, budget: Duration) -> Result<Option<Overlap>, Error> {
        self.preboot(app, budget).await
    }

    async fn formation(&self, app: &App, budget: Duration) -> Result<Vec<Scaled>, Error> {
        self.formation_of(app, budget).await
    }

    async fn dynos(&self, app: &App, budget: Duration) -> Result<Vec<Dyno>, Error> {
        self.dynos_of(app, budget).await
    }

    async fn promote(&self, request: &PromotionRequest) -> Result<Promotion, Error> {
        self.make_promotion(request).await
    }

    async fn targets(&self, promotion: &Promotion, budget: Duration) -> Result<Vec<Target>, Error> {
        let Some(id) = promotion.id.as_deref() else {
            return self.targets_by_their_releases(promotion, budget).await;
        };
        let path = format!(
            "/pipeline-promotions/{}/promotion-targets",
            path_segment(id)
        );
        let request = || Request::get(&path, budget).doubting_absence();
        let list: Vec<wire::TargetJson> = self.list(request).await?;
        Ok(list.into_iter().map(Target::from).collect())
    }

    async fn status_checks(
        &self,
        _: &App,
        _: &str,
        _: Duration,
    ) -> Result<Vec<StatusCheck>, Error> {
        Ok(Vec::new())
    }

    async fn report_status(
        &self,
        _: &App,
        release: &str,
        report: StatusReport<'_>,
        _: Duration,
    ) -> Result<(), Error> {
        let request = format!("the status check {} on release {release}", report.context);
        let message = "releases have no status checks here";
        Err(Error::new(Kind::Unsupported, request, message))
    }
}
