//! Heroku: its API, and the work behind it.
//!
//! ```text
//! front (version, token, calls) -> api -> building, releasing, promoting (work in the background)
//!                                      -> world (memory) -> wire (JSON)
//! ```

mod answer;
mod api;
mod building;
mod buildlog;
mod buildpack;
mod change;
mod entity;
mod formation;
mod front;
mod image;
mod page;
mod promoting;
mod registry;
mod releasing;
mod seed;
mod state;
mod tarball;
mod wire;
mod world;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::change::{CannotChange, Change};
use super::host::platform::Platform;
use super::host::web::Page;
use super::host::{Host, lock};
use super::spec::Spec;

use answer::Refusal;
use registry::Registry;
use world::World;

/// The calls that an account has in hand, and how many of them come back in a second: 4500 an hour.
const CALLS: f64 = 4500.0;
const CALLS_A_SECOND: f64 = 1.25;

type Shared = Arc<Heroku>;

/// The platform.
#[derive(Debug)]
pub(super) struct Heroku {
    host: Arc<Host>,
    world: Mutex<World>,
    calls: Mutex<(f64, Instant)>,
    registry: Mutex<Registry>,
}

impl Heroku {
    /// A platform as the spec describes it.
    pub(super) fn new(host: Arc<Host>, spec: &Spec) -> Self {
        Self {
            world: Mutex::new(seed::world(spec, host.outputs.clone())),
            host,
            calls: Mutex::new((CALLS, Instant::now())),
            registry: Mutex::default(),
        }
    }

    /// Its memory. Never held over an await.
    fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }

    /// The calls that are left, before and after taking `wanted` of them.
    fn take_calls(&self, wanted: f64) -> (f64, f64) {
        let mut calls = lock(&self.calls);
        let (left, since) = *calls;
        let left = (left + since.elapsed().as_secs_f64() * CALLS_A_SECOND).min(CALLS);
        *calls = ((left - wanted).max(0.0), Instant::now());
        (left, calls.0)
    }
}

impl Platform for Heroku {
    fn host(&self) -> &Arc<Host> {
        &self.host
    }

    fn api(self: Arc<Self>) -> Router {
        api::router(self)
    }

    fn page(&self, app: &str) -> Page {
        self.world().page(app, self.host.pace.preboot)
    }

    fn refused(&self, status: StatusCode, word: Option<&str>) -> Response {
        let refusal = Refusal::of_status(status);
        match word {
            Some(word) => refusal.called(word.to_owned()).into_response(),
            None => refusal.into_response(),
        }
    }

    fn mark(&self, asked: &HeaderMap, headers: &mut HeaderMap) {
        front::mark(self, asked, headers);
    }

    fn state(&self) -> Value {
        state::state(self)
    }

    fn change(self: Arc<Self>, change: Change) -> Result<(), CannotChange> {
        change::apply(&self, change)
    }
}
