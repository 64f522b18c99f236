//! The API's JSON, read leniently: only what a run needs must be there.

use serde::Deserialize;
use url::Url;

use crate::{
    model::ReleaseRef,
    platform::content::sha256_in,
    platform::types::{
        App, BuildStatus, CheckState, Coupling, Pipeline, Release, ReleaseStatus, StatusCheck,
    },
    platform::{Artifact, Provenance},
};

/// A reference to another object.
#[derive(Deserialize)]
pub(super) struct Ref {
    pub(super) id: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct AppJson {
    id: String,
    name: String,
    web_url: Option<String>,
    maintenance: Option<bool>,
}

impl From<AppJson> for App {
    fn from(json: AppJson) -> Self {
        Self {
            id: json.id,
            name: json.name,
            web_url: json.web_url.and_then(|url| Url::parse(&url).ok()),
            maintenance: json.maintenance.unwrap_or(false),
            // Its stack is the cluster that it runs on.
            stack: None,
            runs: None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PipelineJson {
    id: String,
    name: String,
}

impl From<PipelineJson> for Pipeline {
    fn from(json: PipelineJson) -> Self {
        Self {
            id: json.id,
            name: json.name,
        }
    }
}

#[derive(Default, Deserialize)]
struct ContextsJson {
    #[serde(default)]
    contexts: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct CouplingJson {
    app: RequiredRef,
    stage: String,
    required_status_checks: Option<ContextsJson>,
}

#[derive(Deserialize)]
pub(super) struct RequiredRef {
    pub(super) id: String,
}

impl From<CouplingJson> for Coupling {
    fn from(json: CouplingJson) -> Self {
        Self {
            app: json.app.id,
            stage: json.stage,
            required_checks: json.required_status_checks.unwrap_or_default().contexts,
        }
    }
}

#[derive(Default, Deserialize)]
struct SourceBlobJson {
    version: Option<String>,
    commit: Option<String>,
    checksum: Option<String>,
    message: Option<String>,
}

impl SourceBlobJson {
    fn made_of(&self) -> Provenance {
        // Builds of other tools give only the one or the other.
        let known = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        Provenance {
            version: known(&self.version).or(known(&self.commit)),
            sha256: self.checksum.as_deref().and_then(sha256_in),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct BuildJson {
    pub(super) id: String,
    pub(super) status: String,
    source_blob: Option<SourceBlobJson>,
    created_at: Option<String>,
}

impl BuildJson {
    /// What it is made of.
    pub(super) fn made_of(&self) -> Provenance {
        self.source_blob
            .as_ref()
            .map(SourceBlobJson::made_of)
            .unwrap_or_default()
    }

    /// When it was asked for.
    pub(super) fn created_at(&self) -> Option<jiff::Timestamp> {
        self.created_at.as_ref()?.parse().ok()
    }

    /// How it stands.
    pub(super) fn status(&self) -> BuildStatus {
        BuildStatus::read(&self.status)
    }

    /// What it was called when it was asked for.
    pub(super) fn message(&self) -> Option<&str> {
        self.source_blob.as_ref()?.message.as_deref()
    }
}

/// A build as the slug that it made.
#[derive(Deserialize)]
pub(super) struct SlugJson {
    source_blob: Option<SourceBlobJson>,
}

impl From<SlugJson> for Provenance {
    fn from(json: SlugJson) -> Self {
        json.source_blob.unwrap_or_default().made_of()
    }
}

#[derive(Deserialize)]
pub(super) struct ResultBuildJson {
    pub(super) status: String,
}

/// A snapshot of a build's output.
#[derive(Deserialize)]
pub(super) struct ResultJson {
    pub(super) build: ResultBuildJson,
    #[serde(default)]
    pub(super) lines: Vec<String>,
}

#[derive(Deserialize)]
struct UserJson {
    email: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ReleaseJson {
    id: String,
    version: u64,
    status: String,
    current: Option<bool>,
    slug: Option<Ref>,
    description: Option<String>,
    user: Option<UserJson>,
    created_at: Option<String>,
}

impl From<ReleaseJson> for Release {
    fn from(json: ReleaseJson) -> Self {
        let status = match json.status.as_str() {
            // Its rollout is yet to begin.
            "queued" => ReleaseStatus::Pending,
            word => ReleaseStatus::read(word),
        };
        // The answer to a creation says `current` whatever the release becomes.
        let open = matches!(status, ReleaseStatus::Pending | ReleaseStatus::Failed);
        Self {
            at: ReleaseRef {
                id: json.id,
                version: json.version,
            },
            current: json.current.map(|current| current && !open),
            status,
            artifact: json.slug.and_then(|slug| slug.id).map(Artifact::Slug),
            output: None,
            description: json.description.unwrap_or_default(),
            user: json
                .user
                .and_then(|user| user.email)
                .filter(|email| !email.is_empty()),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct FeatureJson {
    pub(super) enabled: bool,
}

#[derive(Deserialize)]
pub(super) struct PromotionSourceJson {
    pub(super) app: Option<Ref>,
    pub(super) release: Option<Ref>,
}

#[derive(Deserialize)]
pub(super) struct PromotionJson {
    pub(super) id: String,
    pub(super) source: Option<PromotionSourceJson>,
}

#[derive(Deserialize)]
pub(super) struct TargetJson {
    pub(super) app: RequiredRef,
    pub(super) release: Option<Ref>,
    pub(super) pipeline_promotion: Option<Ref>,
}

#[derive(Deserialize)]
pub(super) struct StatusJson {
    pub(super) id: String,
    pub(super) context: String,
    state: String,
    description: Option<String>,
}

impl From<StatusJson> for StatusCheck {
    fn from(json: StatusJson) -> Self {
        Self {
            context: json.context,
            state: CheckState::read(&json.state),
            description: json.description.filter(|text| !text.is_empty()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct StatusesJson {
    pub(super) statuses: Vec<StatusJson>,
}
