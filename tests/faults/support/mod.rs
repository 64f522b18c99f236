//! A shop to deploy, a run of the binary, what came of it, and what must be true of that.

mod acts;
mod run;
mod shop;
mod truth;

pub(crate) use run::Run;
pub(crate) use shop::{Launchway, PIPELINE, SINGLE, Shop, TOKEN, yaml};
pub(crate) use truth::{ends, keeps_secrets, lies};
