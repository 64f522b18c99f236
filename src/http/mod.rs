//! HTTP: clients, requests and answers, retries, streams, uploads. It knows no platform.

mod address;
pub mod answer;
mod api;
mod challenge;
mod client;
pub mod download;
mod error;
pub mod lines;
pub mod named;
mod outside;
mod pacing;
mod proxy;
mod request;
pub mod resume;
pub mod retry;
mod secret_url;
pub mod sse;
pub mod upload;

pub use address::is_loopback;
pub use api::Api;
pub use error::{Error, Kind, Phase};
pub use outside::{Outside, STREAM_SILENCE};
pub use pacing::Pacing;
pub use request::{Request, path_segment};
pub use secret_url::SecretUrl;
