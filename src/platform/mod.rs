//! The platforms: one small set of operations, only what a run needs, implemented in one directory per platform.

pub mod akkeris;
mod artifact;
pub mod content;
pub mod credentials;
pub mod dynos;
pub mod elsewhere;
pub mod heroku;
pub mod images;
pub mod known_failures;
mod names;
mod netrc;
mod once;
pub mod output;
pub mod pipelines;
mod tarball;
pub mod types;

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

pub use artifact::Artifact;
use async_trait::async_trait;
pub use content::{Content, Provenance};
use dynos::{Dyno, Scaled};
pub use images::{Containers, Images, Released};
use output::Output;
use pipelines::Pipelines;
pub use tarball::Tarball;
use types::{
    App, Build, BuildRequest, Buildpacks, Coupling, Overlap, Pipeline, Promotion, PromotionRequest,
    Release, Slug, SlugRequest, StatusCheck, StatusReport, Target, Uploaded,
};

use crate::{
    http::{Api, Error, Outside, Pacing, SecretUrl},
    journal::Journal,
    model::PlatformKind,
    redact::Redactor,
    registry::Registry,
};

/// From so many apps on they are asked about together. Fewer are asked about side by side: that takes one round trip less.
pub const MANY: usize = 4;

/// What a platform works with.
pub struct Services {
    /// Its API.
    pub api: Api,
    /// The clients for what is not the API: uploads, output, checks.
    pub outside: Outside,
    /// Where images are pushed to, if the platform takes any.
    pub registry: Option<Registry>,
    /// How often to look, and how long to wait.
    pub pacing: Pacing,
    /// Where what happens goes.
    pub journal: Journal,
    /// Learns the secrets that turn up.
    pub redactor: Redactor,
}

/// The platform behind the API of these services.
pub fn connect(kind: PlatformKind, services: Services) -> Box<dyn Platform> {
    match kind {
        PlatformKind::Heroku => Box::new(heroku::Heroku::new(services)),
        PlatformKind::Akkeris => Box::new(akkeris::Akkeris::new(services)),
    }
}

/// What a run asks of a platform. `budget` bounds how long a reading request is repeated; creating requests are
/// repeated only while they were certainly not accepted.
#[async_trait(?Send)]
pub trait Platform: Containers + Pipelines {
    /// What it was made with.
    fn services(&self) -> &Services;

    /// An app, by name or id.
    async fn app(&self, name: &str, budget: Duration) -> Result<App, Error>;

    /// Apps in one request, by their ids, or all that there are; others may be among them. What it does not tell of an app is
    /// asked for that app alone.
    async fn apps(&self, ids: Option<&[&str]>, budget: Duration) -> Result<Vec<App>, Error>;

    /// A pipeline, by name or id.
    async fn pipeline(&self, name: &str, budget: Duration) -> Result<Pipeline, Error>;

    /// All couplings of a pipeline.
    async fn couplings(&self, pipeline: &str, budget: Duration) -> Result<Vec<Coupling>, Error>;

    /// What is wrong with this archive, and what to do, if no build of an app can be made of it. `sent` says that it is the
    /// platform's own way that it goes.
    async fn unfit(
        &self,
        app: &App,
        tarball: Tarball<'_>,
        sent: bool,
        budget: Duration,
    ) -> Result<Option<UnsuitableArchive>, Error>;

    /// Puts the archive where a build can fetch it, in the platform's own way.
    async fn send_source(&self, tarball: Tarball<'_>) -> Result<Uploaded, Error>;

    /// The newest builds of an app as they are now: nothing is waited for.
    async fn builds_now(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Build>, Error> {
        self.builds(app, count, budget).await
    }

    /// The newest builds of an app, newest first: at most `count`.
    async fn builds(&self, app: &App, count: usize, budget: Duration) -> Result<Vec<Build>, Error>;

    /// Creates a build: one, whatever becomes of the answer.
    async fn create_build(&self, app: &App, request: &BuildRequest) -> Result<Build, Error>;

    /// A build as it stands.
    async fn build(&self, app: &App, id: &str, budget: Duration) -> Result<Build, Error>;

    /// Cancels a pending build.
    async fn cancel_build(&self, app: &App, id: &str, budget: Duration) -> Result<(), Error>;

    /// The output that is at this place, from its start.
    fn output(&self, at: SecretUrl) -> Box<dyn Output + '_>;

    /// The release of a build that succeeded: the one that the platform makes of it, or else one that is made here;
    /// one in all.
    async fn release_of_build(&self, app: &App, build: &Build) -> Result<Release, Error>;

    /// The newest releases of an app, newest first: at most `count`.
    async fn releases(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Release>, Error>;

    /// The newest release of each app of a pipeline in one request, by the apps' ids. `Unsupported` where a platform has
    /// no such thing.
    async fn latest_releases(
        &self,
        pipeline: &str,
        budget: Duration,
    ) -> Result<HashMap<String, Release>, Error>;

    /// A release, by id or by version (`v12` or `12`).
    async fn release(&self, app: &App, which: &str, budget: Duration) -> Result<Release, Error>;

    /// Releases an artifact on an app whose newest release has this version: once, whatever becomes of the answer.
    async fn create_release(
        &self,
        app: &App,
        artifact: &Artifact,
        description: &str,
        newest: u64,
    ) -> Result<Release, Error>;

    /// Makes a slug for an app of a file, and gives what can be released. Made twice it is two slugs, and neither runs.
    async fn send_slug(&self, app: &App, request: &SlugRequest<'_>) -> Result<Artifact, Error>;

    /// Makes an app whose newest release has this version run an earlier release of it again: once, whatever becomes of the
    /// answer. A new release comes of it. With `keep_config` config vars that were set since then stay, where an earlier
    /// release would bring its own.
    async fn roll_back(
        &self,
        app: &App,
        to: &Release,
        newest: u64,
        keep_config: bool,
    ) -> Result<Release, Error>;

    /// What the artifact of an app was made of. With `proof` the digest is looked for, too, where that takes another
    /// request.
    async fn made_of(
        &self,
        app: &App,
        artifact: &Artifact,
        proof: bool,
        budget: Duration,
    ) -> Result<Provenance, Error>;

    /// The names of an app's config vars. Their values are dropped while the answer is read.
    async fn config_names(&self, app: &App, budget: Duration) -> Result<BTreeSet<String>, Error>;

    /// Whether a stack is deprecated: it nears the end of its life, or is past it. `Unsupported` where apps have none.
    async fn is_deprecated(&self, stack: &str, budget: Duration) -> Result<bool, Error>;

    /// The buildpacks of an app.
    async fn buildpacks(&self, app: &App, budget: Duration) -> Result<Buildpacks, Error>;

    /// The services of an app's add-ons: `heroku-postgresql`. `Unsupported` where the platform sees to them itself.
    async fn addon_services(&self, app: &App, budget: Duration) -> Result<BTreeSet<String>, Error>;

    /// A slug of an app, by its id.
    async fn slug(&self, app: &App, id: &str, budget: Duration) -> Result<Slug, Error>;

    /// What lets the code that ran before a release of an app still answer for a while, if anything does.
    async fn overlap(&self, app: &App, budget: Duration) -> Result<Option<Overlap>, Error>;

    /// How many processes of each type an app should have. `Unsupported` where a platform does not tell.
    async fn formation(&self, app: &App, budget: Duration) -> Result<Vec<Scaled>, Error>;

    /// The processes that an app has. `Unsupported` where a platform does not tell.
    async fn dynos(&self, app: &App, budget: Duration) -> Result<Vec<Dyno>, Error>;

    /// Creates a promotion: one, whatever becomes of the answer.
    async fn promote(&self, request: &PromotionRequest) -> Result<Promotion, Error>;

    /// The targets of a promotion as they stand.
    async fn targets(&self, promotion: &Promotion, budget: Duration) -> Result<Vec<Target>, Error>;

    /// The status checks on a release; none where a platform has no such thing.
    async fn status_checks(
        &self,
        app: &App,
        release: &str,
        budget: Duration,
    ) -> Result<Vec<StatusCheck>, Error>;

    /// Reports a status check on a release: makes it, or changes the one that is there.
    async fn report_status(
        &self,
        app: &App,
        release: &str,
        report: StatusReport<'_>,
        budget: Duration,
    ) -> Result<(), Error>;
}

/// Why no build can be made of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsuitableArchive {
    /// What is wrong with it.
    pub what: String,
    /// What to do.
    pub next: String,
}
