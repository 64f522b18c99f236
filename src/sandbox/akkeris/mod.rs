//! An installation of Akkeris, with its oddities as they were recorded.
//!
//! ```text
//! front (token, body, query) -> routes -> apps, pipelines, couplings, builds, releases, statuses, promotions
//!                                         -> building, rollout (work in the background) -> world (memory) -> wire (JSON)
//! ```

mod answer;
mod apps;
mod building;
mod builds;
mod change;
mod couplings;
mod dockerfile;
mod front;
mod pipelines;
mod promotions;
mod releases;
mod rollout;
mod routes;
mod seed;
mod statuses;
mod wire;
mod world;

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::change::{CannotChange, Change};
use super::host::platform::Platform;
use super::host::web::Page;
use super::host::{Host, lock};
use super::spec::Spec;

use world::World;

type Shared = Arc<Akkeris>;

/// An installation.
#[derive(Debug)]
pub(super) struct Akkeris {
    host: Arc<Host>,
    world: Mutex<World>,
}

impl Akkeris {
    /// An installation as the spec describes it.
    pub(super) fn new(host: Arc<Host>, spec: &Spec) -> Self {
        Self {
            host,
            world: Mutex::new(seed::world(spec)),
        }
    }

    /// Its memory. Never held over an await.
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

impl Platform for Akkeris {
    fn host(&self) -> &Arc<Host> {
        &self.host
    }

    fn api(self: Arc<Self>) -> Router {
        routes::router(self)
    }

    fn page(&self, app: &str) -> Page {
        self.world().page(app)
    }

    fn refused(&self, status: StatusCode, _: Option<&str>) -> Response {
        answer::of_status(status).into_response()
    }

    fn state(&self) -> Value {
        wire::state(self)
    }

    fn change(self: Arc<Self>, change: Change) -> Result<(), CannotChange> {
        change::apply(&mut self.world(), change)
    }
}
