//! The sandbox over real HTTP: every answer is held against the official schema.

mod addons;
pub(crate) mod client;
mod dynos;
mod faults;
mod fir;
mod gate;
mod happy_path;
mod images;
mod pipelines;
mod preboot;
mod registry;
mod releases;
mod settings;
mod streams;
mod upload;
