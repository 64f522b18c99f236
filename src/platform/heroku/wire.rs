//! The Platform API's JSON, read leniently: only what a run needs must be there, and `{"id": null}` is the same as
//! `null` (both occur: heroku.md §2).

use reqwest::header::HeaderMap;
use serde::Deserialize;
use url::Url;

use crate::{
    model::ReleaseRef,
    platform::content::sha256_in,
    platform::types::{
        App, Build, BuildStatus, Coupling, Pipeline, Promotion, Release, ReleaseStatus, SecretUrl,
        Target, TargetStatus,
    },
    platform::{Artifact, MadeOf},
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

fn secret(url: Option<String>) -> Option<SecretUrl> {
    url.and_then(|url| Url::parse(&url).ok())
        .map(SecretUrl::new)
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

impl From<BuildSourceJson> for MadeOf {
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
            made_of: json.source_blob.map(MadeOf::from).unwrap_or_default(),
            user: json.user.and_then(|user| user.email),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
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
    output_stream_url: Option<String>,
    description: Option<String>,
    user: Option<UserJson>,
    created_at: Option<String>,
}

impl From<ReleaseJson> for Release {
    fn from(json: ReleaseJson) -> Self {
        Self {
            at: ReleaseRef {
                id: json.id,
                version: json.version,
            },
            status: ReleaseStatus::read(&json.status),
            current: json.current,
            artifact: id(json.slug).map(Artifact::Slug),
            output: secret(json.output_stream_url),
            description: json.description.unwrap_or_default(),
            user: json.user.and_then(|user| user.email),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct SlugJson {
    commit: Option<String>,
}

impl From<SlugJson> for MadeOf {
    fn from(json: SlugJson) -> Self {
        Self {
            version: json.commit,
            sha256: None,
        }
    }
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
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_build_is_read_in_every_shape_that_was_seen() {
        for (slug, release) in [
            (json!(null), json!(null)),
            (json!({"id": null}), json!({"id": null})),
        ] {
            let body = json!({"id": "b", "status": "pending", "slug": slug, "release": release,
                              "output_stream_url": "https://o.example.com/x?sig=1"});
            let build = Build::from(serde_json::from_value::<BuildJson>(body).unwrap());
            assert_eq!(build.status, BuildStatus::Pending);
            assert_eq!((build.artifact, build.release), (None, None));
            assert_eq!(
                build.output.map(|url| url.expose().to_string()).as_deref(),
                Some("https://o.example.com/x?sig=1")
            );
        }
        let bare = json!({"id": "b", "status": "failed"});
        assert!(serde_json::from_value::<BuildJson>(bare).is_ok());
        assert!(serde_json::from_value::<BuildJson>(json!({"id": "b"})).is_err());
    }
}
