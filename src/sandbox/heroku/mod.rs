//! Heroku's platform: its API, its apps, and the work behind them.

pub(super) mod answer;
mod api;
mod building;
pub(super) mod buildlog;
mod buildpack;
pub(super) mod change;
mod entity;
mod page;
mod promoting;
mod releasing;
pub(super) mod seed;
mod tarball;
pub(super) mod web;
mod wire;
pub(super) mod world;

pub(super) use api::router;
