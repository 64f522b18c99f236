//! The Platform API's JSON, read leniently: only what a run needs must be there, and `{"id": null}` is the same as
//! `null` (both occur: heroku.md §2).

use reqwest::header::HeaderMap;
use serde::Deserialize;
use url::Url;

use super::images;

use crate::{
    http::SecretUrl,
    model::ReleaseRef,
    platform::{
        Artifact, Provenance,
        content::sha256_in,
        types::{
            App, Build, BuildStatus, Coupling, Pipeline, Promotion, Release, ReleaseStatus, Runs,
            Target, TargetStatus,
        },
    },
};

/// Every refusal of the platform is JSON with an id.
#[derive(Deserialize)]
struct RefusalJson {
    #[serde(rename = "id")]
    _id: String,
}

/// Whether a refusal is the platform's own.
pub(super) fn is_own_refusal(_: u16, _: &HeaderMap, body: &[u8]) -> bool {
    serde_json::from_slice::<RefusalJson>(body).is_ok()
}

/// A reference to another object.
#[derive(Deserialize)]
struct Ref {
    id: Option<String>,
}

fn id(reference: Option<Ref>) -> Option<String> {
    reference.and_then(|r| r.id)
}

pub(super) fn secret(url: Option<String>) -> Option<SecretUrl> {
    url.and_then(|url| Url::parse(&url).ok())
        .map(SecretUrl::new)
}

#[derive(Deserialize)]
pub(super) struct AppJson {
    id: String,
    name: String,
    web_url: Option<String>,
    maintenance: Option<bool>,
    build_stack: Option<StackJson>,
    stack: Option<StackJson>,
}

#[derive(Deserialize)]
struct StackJson {
    name: Option<String>,
}

/// How long a stack still lives.
#[derive(Deserialize)]
pub(super) struct StackState {
    pub(super) state: Option<String>,
}

/// The stack of apps that run container images.
const CONTAINER: &str = "container";
/// The stack of Fir apps: their buildpacks are in `project.toml`, and in the image (heroku.md §2).
const CNB: &str = "cnb";

impl From<AppJson> for App {
    fn from(json: AppJson) -> Self {
        let stack = json.build_stack.or(json.stack).and_then(|stack| stack.name);
        Self {
            id: json.id,
            name: json.name,
            web_url: json.web_url.and_then(|url| Url::parse(&url).ok()),
            maintenance: json.maintenance.unwrap_or(false),
            runs: stack.as_deref().map(|name| match name {
                CONTAINER => Runs::Containers,
                CNB => Runs::BuiltImages,
                _ => Runs::Slugs,
            }),
            stack,
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

#[derive(Deserialize)]
struct RequiredRef {
    id: String,
}

#[derive(Deserialize)]
pub(super) struct CouplingJson {
    app: RequiredRef,
    stage: String,
}

impl From<CouplingJson> for Coupling {
    fn from(json: CouplingJson) -> Self {
        Self {
            app: json.app.id,
            stage: json.stage,
            required_checks: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SourceJson {
    pub(super) source_blob: SourceBlobJson,
}

#[derive(Deserialize)]
pub(super) struct SourceBlobJson {
    pub(super) get_url: Url,
    pub(super) put_url: Url,
}

#[derive(Deserialize)]
pub(super) struct BuildJson {
    id: String,
    status: String,
    output_stream_url: Option<String>,
    release: Option<Ref>,
    slug: Option<Ref>,
    source_blob: Option<BuildSourceJson>,
    user: Option<UserJson>,
    created_at: Option<String>,
}

#[derive(Deserialize)]
struct BuildSourceJson {
    version: Option<String>,
    checksum: Option<String>,
}

impl From<BuildSourceJson> for Provenance {
    fn from(json: BuildSourceJson) -> Self {
        Self {
            version: json.version,
            sha256: json.checksum.as_deref().and_then(sha256_in),
        }
    }
}

impl From<BuildJson> for Build {
    fn from(json: BuildJson) -> Self {
        Self {
            id: json.id,
            status: BuildStatus::read(&json.status),
            output: secret(json.output_stream_url),
            release: id(json.release),
            artifact: id(json.slug).map(Artifact::Slug),
            made_of: json.source_blob.map(Provenance::from).unwrap_or_default(),
            user: json.user.and_then(|user| user.email),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
}

#[derive(Deserialize)]
struct UserJson {
    email: Option<String>,
}

/// What a release runs beside its slug, or in its place.
#[derive(Deserialize)]
struct ArtifactJson {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<String>,
}

/// What a release runs: a slug, or on Fir, where that is null, one image. Of several images none is the whole of it.
fn artifact(
    slug: Option<Ref>,
    oci_image: Option<Ref>,
    artifacts: Option<Vec<ArtifactJson>>,
) -> Option<Artifact> {
    let mut images = artifacts
        .unwrap_or_default()
        .into_iter()
        .filter(|one| one.kind.as_deref() == Some("oci_image"))
        .filter_map(|one| one.id);
    let image = match (images.next(), images.next()) {
        (Some(_), Some(_)) => None,
        (Some(image), None) => Some(image),
        (None, _) => id(oci_image),
    };
    id(slug).map(Artifact::Slug).or(image.map(Artifact::Image))
}

#[derive(Deserialize)]
pub(super) struct ReleaseJson {
    app: Option<Ref>,
    id: String,
    version: u64,
    status: String,
    current: Option<bool>,
    slug: Option<Ref>,
    oci_image: Option<Ref>,
    artifacts: Option<Vec<ArtifactJson>>,
    output_stream_url: Option<String>,
    description: Option<String>,
    user: Option<UserJson>,
    created_at: Option<String>,
}

impl ReleaseJson {
    /// The release of an app in a list of several apps' releases, by the app's id; `None` if it does not say whose it is.
    pub(super) fn of_its_app(mut self) -> Option<(String, Release)> {
        Some((id(self.app.take())?, self.into()))
    }
}

impl From<ReleaseJson> for Release {
    fn from(json: ReleaseJson) -> Self {
        let description = json.description.unwrap_or_default();
        let artifact = artifact(json.slug, json.oci_image, json.artifacts);
        Self {
            at: ReleaseRef {
                id: json.id,
                version: json.version,
            },
            status: ReleaseStatus::read(&json.status),
            current: json.current,
            // The name of what has a slug may be anybody's; of images it is the platform's own.
            artifact: artifact.or_else(|| images::told(&description)),
            output: secret(json.output_stream_url),
            description,
            user: json.user.and_then(|user| user.email),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SlugJson {
    commit: Option<String>,
}

/// A slug that was just made.
#[derive(Deserialize)]
pub(super) struct NewSlugJson {
    pub(super) id: String,
    pub(super) blob: BlobJson,
}

#[derive(Deserialize)]
pub(super) struct BlobJson {
    pub(super) url: Url,
}

impl From<SlugJson> for Provenance {
    fn from(json: SlugJson) -> Self {
        Self {
            version: json.commit,
            sha256: None,
        }
    }
}

/// An image is made of what a slug is made of, and the API calls that by the same name.
#[derive(Deserialize)]
pub(super) struct ImageJson {
    commit: Option<String>,
}

impl From<ImageJson> for Provenance {
    fn from(json: ImageJson) -> Self {
        Self {
            version: json.commit.filter(|commit| !commit.is_empty()),
            sha256: None,
        }
    }
}

/// A buildpack of an app.
#[derive(Deserialize)]
pub(super) struct InstallationJson {
    ordinal: Option<u64>,
    buildpack: BuildpackJson,
}

/// One without either would count as none: it can't be read.
#[derive(Deserialize)]
#[serde(untagged)]
enum BuildpackJson {
    Named { name: String },
    At { url: String },
}

impl InstallationJson {
    /// Their names, in order.
    pub(super) fn names(mut list: Vec<Self>) -> Vec<String> {
        list.sort_by_key(|one| one.ordinal);
        let names = list.into_iter().map(|one| match one.buildpack {
            BuildpackJson::Named { name: text } | BuildpackJson::At { url: text } => text,
        });
        names.collect()
    }
}

/// An add-on of an app.
#[derive(Deserialize)]
pub(super) struct AddonJson {
    addon_service: Option<ServiceJson>,
}

#[derive(Deserialize)]
struct ServiceJson {
    name: Option<String>,
}

impl AddonJson {
    /// Its service.
    pub(super) fn service(self) -> Option<String> {
        self.addon_service?.name
    }
}

/// A feature of an app.
#[derive(Deserialize)]
pub(super) struct FeatureJson {
    pub(super) enabled: bool,
}

#[derive(Deserialize)]
struct PromotionSourceJson {
    release: Option<Ref>,
}

#[derive(Deserialize)]
pub(super) struct PromotionJson {
    id: String,
    source: Option<PromotionSourceJson>,
}

impl From<PromotionJson> for Promotion {
    fn from(json: PromotionJson) -> Self {
        Self {
            id: Some(json.id),
            release: json.source.and_then(|source| id(source.release)),
            marks: Vec::new(),
            given_up: false,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct TargetJson {
    app: RequiredRef,
    release: Option<Ref>,
    status: String,
    error_message: Option<String>,
}

impl From<TargetJson> for Target {
    fn from(json: TargetJson) -> Self {
        Self {
            app: json.app.id,
            release: id(json.release),
            status: TargetStatus::read(&json.status),
            error: json.error_message.filter(|message| !message.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests;
