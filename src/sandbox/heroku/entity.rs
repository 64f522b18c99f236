//! What the platform knows: apps, releases, builds, slugs, pipelines and promotions.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use crate::sandbox::host::ids::{now, sha256};
use crate::sandbox::host::output::Output;
use crate::sandbox::spec::Generation;

#[derive(Debug)]
pub(super) struct App {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) generation: Generation,
    /// Whether what ran before a release still answers for a while.
    pub(super) preboot: bool,
    /// The release that ran before the current one, and since when it does not.
    pub(super) before: Option<(String, Instant)>,
    /// How many dynos of each process type somebody has scaled it to.
    pub(super) quantities: BTreeMap<String, u64>,
    pub(super) config_vars: BTreeMap<String, String>,
    pub(super) maintenance: bool,
    /// The stack for new builds, if it is not the usual one of the generation.
    pub(super) build_stack: Option<String>,
    /// By name or URL, in order.
    pub(super) buildpacks: Vec<String>,
    pub(super) addons: Vec<Addon>,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    /// In the order of their versions.
    pub(super) releases: Vec<Release>,
    pub(super) builds: Vec<Build>,
}

impl App {
    /// An app that nobody has released anything to.
    pub(super) fn new(id: String, name: String, generation: Generation) -> Self {
        Self {
            id,
            name,
            generation,
            preboot: false,
            before: None,
            quantities: BTreeMap::new(),
            config_vars: BTreeMap::new(),
            maintenance: false,
            build_stack: None,
            buildpacks: Vec::new(),
            addons: Vec::new(),
            created_at: now(),
            updated_at: now(),
            releases: Vec::new(),
            builds: Vec::new(),
        }
    }

    /// The release that runs.
    pub(super) fn current(&self) -> Option<&Release> {
        self.releases.iter().find(|release| release.current)
    }

    /// Whether it is on the stack that takes images.
    pub(super) fn is_on_containers(&self) -> bool {
        self.build_stack.as_deref() == Some("container")
    }
}

/// An add-on of an app.
#[derive(Debug)]
pub(super) struct Addon {
    pub(super) id: String,
    pub(super) name: String,
    /// Its service, and behind a colon what of it: `heroku-postgresql:essential-0`.
    pub(super) plan: String,
    pub(super) created_at: String,
}

/// A release of an app.
#[derive(Debug)]
pub(super) struct Release {
    pub(super) id: String,
    pub(super) version: u64,
    pub(super) description: String,
    pub(super) slug: Option<String>,
    /// Whether its slug stands for images, which the API does not show.
    pub(super) of_images: bool,
    pub(super) status: ReleaseStatus,
    pub(super) current: bool,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) config_vars: BTreeMap<String, String>,
    /// What its release phase printed, if it has one.
    pub(super) output: Option<Arc<Output>>,
}

impl Release {
    /// Whether it can be released again or promoted.
    pub(super) fn is_eligible(&self) -> bool {
        self.slug.is_some() && self.status == ReleaseStatus::Succeeded
    }
}

/// How far a release got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReleaseStatus {
    Pending,
    Succeeded,
    Failed,
    Expired,
}

/// How far a build or a promotion's target got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Pending,
    Succeeded,
    Failed,
}

/// A build of an app.
#[derive(Debug)]
pub(super) struct Build {
    pub(super) id: String,
    pub(super) source: SourceBlob,
    pub(super) buildpacks: Option<Vec<serde_json::Value>>,
    pub(super) status: Status,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) slug: Option<String>,
    pub(super) release: Option<String>,
    pub(super) output: Arc<Output>,
    /// How many readings still hide the release (a fault).
    pub(super) release_hidden: u32,
}

/// Where a build's source comes from.
#[derive(Clone, Debug)]
pub(super) struct SourceBlob {
    pub(super) url: String,
    pub(super) checksum: Option<String>,
    pub(super) version: Option<String>,
    pub(super) version_description: Option<String>,
}

/// What a build makes, and a release runs. On a Fir app it is called an OCI image; of a release of images the API shows none.
#[derive(Clone, Debug)]
pub(super) struct Slug {
    pub(super) id: String,
    /// The app that it was made for.
    pub(super) app: String,
    pub(super) commit: Option<String>,
    pub(super) commit_description: Option<String>,
    pub(super) buildpack: Option<String>,
    pub(super) checksum: Option<String>,
    pub(super) size: Option<u64>,
    pub(super) process_types: BTreeMap<String, String>,
    /// The images that it stands for on the container stack, by process type; none if it is a slug.
    pub(super) images: BTreeMap<String, String>,
    pub(super) created_at: String,
}

impl Slug {
    /// Whether it stands for images that were pushed.
    pub(super) fn is_images(&self) -> bool {
        !self.images.is_empty()
    }

    /// What a visitor is told that runs.
    pub(super) fn shown(&self) -> String {
        let image = self.images.get("web").or(self.images.values().next());
        let known = self.commit.as_ref().or(image);
        known.map_or_else(|| "unknown".to_owned(), Clone::clone)
    }

    /// The digest of the image that it is on Fir.
    pub(super) fn digest(&self) -> String {
        let of = self.checksum.as_deref().unwrap_or(&self.id);
        format!("sha256:{}", sha256(of.as_bytes()))
    }
}

#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) generation: Generation,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

/// An app's place in a pipeline.
#[derive(Debug)]
pub(super) struct Coupling {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) pipeline: String,
    pub(super) stage: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
}

#[derive(Debug)]
pub(super) struct Promotion {
    pub(super) id: String,
    pub(super) pipeline: String,
    pub(super) source_app: String,
    pub(super) source_release: String,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) targets: Vec<Target>,
}

/// One app that a promotion goes to.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) app: String,
    pub(super) release: Option<String>,
    pub(super) status: Status,
    pub(super) error_message: Option<String>,
}

impl ReleaseStatus {
    /// The API's word for it.
    pub(super) fn word(self) -> &'static str {
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
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}
