//! What a platform must implement for the sandbox. Everything else is in `host`.

use std::fmt::Debug;
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::Host;
use super::web::Page;
use crate::sandbox::change::{CannotChange, Change};

/// One platform: its API, its apps, and what it remembers of them.
pub(in crate::sandbox) trait Platform: Debug + Send + Sync {
    /// Where it runs.
    fn host(&self) -> &Arc<Host>;

    /// Every call of its API.
    fn api(self: Arc<Self>) -> Router;

    /// What an app shows to its visitors.
    fn page(&self, app: &str) -> Page;

    /// An answer of the API that a fault puts in the place of another, if need be with an error of this name.
    fn refused(&self, status: StatusCode, word: Option<&str>) -> Response;

    /// Adds the headers that every answer of the API has, that of a fault, too.
    fn mark(&self, _asked: &HeaderMap, _headers: &mut HeaderMap) {}

    /// Everything that it knows, in the shapes of its API.
    fn state(&self) -> Value;

    /// Changes something behind the client's back.
    fn change(self: Arc<Self>, change: Change) -> Result<(), CannotChange>;
}
