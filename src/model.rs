//! The words that every layer shares: what a stage, an app and a release are called. No logic.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The platform that a `deploy.yaml` is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlatformKind {
    /// Heroku.
    Heroku,
    /// An installation of Akkeris.
    Akkeris,
}

impl fmt::Display for PlatformKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heroku => "heroku",
            Self::Akkeris => "akkeris",
        })
    }
}

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
