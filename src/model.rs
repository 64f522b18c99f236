//! The words that every layer shares: what a platform, a stage, an app and a release are called. No logic.

mod platforms;

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

pub use platforms::{
    About, Feature, PLATFORMS, PlatformKind, TOKEN_VARIABLE, is_token_variable, names,
    token_variables,
};

/// A release as people know it: `v12`, with the platform's id behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReleaseRef {
    /// The platform's id.
    pub id: String,
    /// The version number within its app, without the `v`.
    pub version: u64,
}

impl fmt::Display for ReleaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.version)
    }
}
