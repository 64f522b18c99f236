//! The platforms: one small set of verbs, what a run needs and no more, and behind it one folder a platform.

pub mod credentials;
pub mod error;
pub mod heroku;
pub mod http;
pub mod lines;
mod netrc;
pub mod output;
pub mod retry;
pub mod types;

use std::time::Duration;

pub use error::{Error, Kind};
use types::{
    App, Build, BuildRequest, Coupling, Pipeline, Promotion, PromotionRequest, Release, SecretUrl,
    Slug, Target,
};

use crate::source::Archive;

/// What a run asks of a platform. `patience` bounds how long a reading request is repeated; creating requests are
/// repeated only while they were certainly not accepted.
#[expect(
    async_fn_in_trait,
    reason = "a run is one task; nothing needs these futures to be Send"
)]
pub trait Platform {
    /// The clients, for what is not the API: uploads, output, checks.
    fn http(&self) -> &http::Http;

    /// An app, by name or id.
    async fn app(&self, name: &str, patience: Duration) -> Result<App, Error>;

    /// A pipeline, by name or id.
    async fn pipeline(&self, name: &str, patience: Duration) -> Result<Pipeline, Error>;

    /// All couplings of a pipeline.
    async fn couplings(&self, pipeline: &str, patience: Duration) -> Result<Vec<Coupling>, Error>;

    /// Puts the archive where a build can fetch it.
    async fn send_source(&self, archive: &Archive) -> Result<SecretUrl, Error>;

    /// Creates a build.
    async fn create_build(&self, app: &App, request: &BuildRequest) -> Result<Build, Error>;

    /// A build as it stands.
    async fn build(&self, app: &App, id: &str, patience: Duration) -> Result<Build, Error>;

    /// Cancels a pending build.
    async fn cancel_build(&self, app: &App, id: &str, patience: Duration) -> Result<(), Error>;

    /// The newest releases of an app, newest first: at most `count`.
    async fn releases(
        &self,
        app: &App,
        count: usize,
        patience: Duration,
    ) -> Result<Vec<Release>, Error>;

    /// A release, by id or by version (`v12` or `12`).
    async fn release(&self, app: &App, which: &str, patience: Duration) -> Result<Release, Error>;

    /// Releases a slug on an app.
    async fn create_release(
        &self,
        app: &App,
        slug: &str,
        description: &str,
    ) -> Result<Release, Error>;

    /// A slug of an app.
    async fn slug(&self, app: &App, id: &str, patience: Duration) -> Result<Slug, Error>;

    /// Creates a promotion.
    async fn promote(&self, request: &PromotionRequest) -> Result<Promotion, Error>;

    /// The targets of a promotion as they stand.
    async fn targets(
        &self,
        promotion: &Promotion,
        patience: Duration,
    ) -> Result<Vec<Target>, Error>;
}
