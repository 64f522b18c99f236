//! The second surface of the sandbox: an installation of Akkeris, with its oddities as they were recorded.
//!
//! ```text
//! front (token, body, query) -> routes -> apps, pipelines, couplings, builds, releases, statuses, promotions
//!                                         -> building, rollout (work in the background) -> world (memory) -> wire (JSON)
//! ```

mod answer;
mod apps;
mod building;
mod builds;
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
mod web;
mod wire;
mod world;

pub(super) use answer::refused;
pub(super) use routes::router;
pub(super) use seed::world;
pub(super) use web::router as web;
pub(super) use wire::state;
pub(super) use world::World;
