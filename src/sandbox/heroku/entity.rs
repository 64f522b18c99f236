//! What the platform knows: apps, releases, builds, slugs, pipelines and promotions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::sandbox::host::ids::sha256;
use crate::sandbox::host::output::Output;
use crate::sandbox::spec::Generation;

/// An app.
#[derive(Debug)]
pub(in crate::sandbox) struct App {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) generation: Generation,
    /// Whether what ran before a release still answers for a while.
    pub(in crate::sandbox) preboot: bool,
    /// The release that ran before the current one, and since when it does not, if preboot was on then.
    pub(in crate::sandbox) before: Option<(String, Instant)>,
    pub(in crate::sandbox) config_vars: BTreeMap<String, String>,
    pub(in crate::sandbox) maintenance: bool,
    pub(in crate::sandbox) created_at: String,
    pub(in crate::sandbox) updated_at: String,
    /// In the order of their versions.
    pub(in crate::sandbox) releases: Vec<Release>,
    pub(in crate::sandbox) builds: Vec<Build>,
}

impl App {
    /// The release that runs.
    pub(in crate::sandbox) fn current(&self) -> Option<&Release> {
        self.releases.iter().find(|release| release.current)
    }
}

/// A release of an app.
#[derive(Debug)]
pub(in crate::sandbox) struct Release {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) version: u64,
    pub(in crate::sandbox) description: String,
    pub(in crate::sandbox) slug: Option<String>,
    pub(in crate::sandbox) status: ReleaseStatus,
    pub(in crate::sandbox) current: bool,
    pub(in crate::sandbox) created_at: String,
    pub(in crate::sandbox) updated_at: String,
    pub(in crate::sandbox) config_vars: BTreeMap<String, String>,
    /// What its release phase printed, if it has one.
    pub(in crate::sandbox) output: Option<Arc<Output>>,
}

impl Release {
    /// Whether it can be released again or promoted.
    pub(in crate::sandbox) fn is_eligible(&self) -> bool {
        self.slug.is_some() && self.status == ReleaseStatus::Succeeded
    }
}

/// How far a release got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum ReleaseStatus {
    Pending,
    Succeeded,
    Failed,
    Expired,
}

/// How far a build or a promotion's target got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Status {
    Pending,
    Succeeded,
    Failed,
}

/// A build of an app.
#[derive(Debug)]
pub(in crate::sandbox) struct Build {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) source: SourceBlob,
    pub(in crate::sandbox) buildpacks: Option<Vec<serde_json::Value>>,
    pub(in crate::sandbox) status: Status,
    pub(in crate::sandbox) created_at: String,
    pub(in crate::sandbox) updated_at: String,
    pub(in crate::sandbox) slug: Option<String>,
    pub(in crate::sandbox) release: Option<String>,
    pub(in crate::sandbox) output: Arc<Output>,
    /// How many readings still hide the release (a fault).
    pub(in crate::sandbox) release_hidden: u32,
}

/// Where a build's source comes from.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct SourceBlob {
    pub(in crate::sandbox) url: String,
    pub(in crate::sandbox) checksum: Option<String>,
    pub(in crate::sandbox) version: Option<String>,
    pub(in crate::sandbox) version_description: Option<String>,
}

/// What a build makes, and a release runs. On a Fir app it is called an OCI image.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Slug {
    pub(in crate::sandbox) id: String,
    /// The app that it was made for.
    pub(in crate::sandbox) app: String,
    pub(in crate::sandbox) commit: Option<String>,
    pub(in crate::sandbox) commit_description: Option<String>,
    pub(in crate::sandbox) buildpack: Option<String>,
    pub(in crate::sandbox) checksum: Option<String>,
    pub(in crate::sandbox) size: Option<u64>,
    pub(in crate::sandbox) process_types: BTreeMap<String, String>,
    pub(in crate::sandbox) created_at: String,
}

impl Slug {
    /// The digest of the image that it is on Fir.
    pub(in crate::sandbox) fn digest(&self) -> String {
        let of = self.checksum.as_deref().unwrap_or(&self.id);
        format!("sha256:{}", sha256(of.as_bytes()))
    }
}

/// A pipeline.
#[derive(Debug)]
pub(in crate::sandbox) struct Pipeline {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) generation: Generation,
    pub(in crate::sandbox) created_at: String,
    pub(in crate::sandbox) updated_at: String,
}

/// An app's place in a pipeline.
#[derive(Debug)]
pub(in crate::sandbox) struct Coupling {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) app: String,
    pub(in crate::sandbox) pipeline: String,
    pub(in crate::sandbox) stage: String,
    pub(in crate::sandbox) created_at: String,
    pub(in crate::sandbox) updated_at: String,
}

/// A promotion.
#[derive(Debug)]
pub(in crate::sandbox) struct Promotion {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) pipeline: String,
    pub(in crate::sandbox) source_app: String,
    pub(in crate::sandbox) source_release: String,
    pub(in crate::sandbox) created_at: String,
    pub(in crate::sandbox) updated_at: String,
    pub(in crate::sandbox) targets: Vec<Target>,
}

/// One app that a promotion goes to.
#[derive(Debug)]
pub(in crate::sandbox) struct Target {
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) app: String,
    pub(in crate::sandbox) release: Option<String>,
    pub(in crate::sandbox) status: Status,
    pub(in crate::sandbox) error_message: Option<String>,
}

impl ReleaseStatus {
    /// The API's word for it.
    pub(in crate::sandbox) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Expired => "expired",
        }
    }
}

impl Status {
    /// The API's word for it.
    pub(in crate::sandbox) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}
