//! What manifests, indexes and configurations look like: the schemas of OCI (<https://github.com/opencontainers/image-spec>)
//! and Docker's manifest, version 2, schema 2 (<https://distribution.github.io/distribution/spec/manifest-v2-2/>).

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

pub(super) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(super) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(super) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(super) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(super) const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub(super) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(super) const DOCKER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
const DOCKER_TAR: &str = "application/vnd.docker.image.rootfs.diff.tar";
const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// The annotation of an index's manifest that names it.
const NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation of one that is about another: an attestation of `BuildKit`.
const IS_ABOUT: &str = "vnd.docker.reference.type";

/// A blob or a manifest by its digest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    pub(super) digest: String,
    pub(super) size: u64,
    pub(super) platform: Option<Platform>,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Platform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Index {
    pub(super) manifests: Vec<Descriptor>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) media_type: Option<String>,
    pub(super) config: Descriptor,
    pub(super) layers: Vec<Descriptor>,
}

/// The configuration of an image: what is looked at of it.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    #[serde(flatten)]
    pub(super) platform: Platform,
    pub(super) rootfs: RootFs,
}

#[derive(Debug, Deserialize)]
pub(super) struct RootFs {
    #[serde(default)]
    pub(super) diff_ids: Vec<String>,
}

impl Descriptor {
    fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(key).map(String::as_str)
    }

    /// What it is called in its index.
    pub(super) fn name(&self) -> Option<&str> {
        self.annotation(NAME)
    }

    /// Whether it is about an image, and none itself: provenance, a bill of materials.
    pub(super) fn is_about_another(&self) -> bool {
        let platform = self.platform.as_ref();
        self.annotation(IS_ABOUT).is_some()
            || platform.is_some_and(|one| one.os == "unknown" && one.architecture == "unknown")
    }

    pub(super) fn is_index(&self) -> bool {
        is_index(&self.media_type)
    }
}

/// Whether a media type is that of a list of manifests.
pub(super) fn is_index(media_type: &str) -> bool {
    [OCI_INDEX, DOCKER_LIST].contains(&media_type)
}

impl Platform {
    /// Whether the platform that images go to runs it: linux on amd64.
    pub(super) fn runs(&self) -> bool {
        self.os == "linux" && self.architecture == "amd64"
    }

    /// `linux/amd64`
    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.os, self.architecture)
    }

    /// Whether nothing is said.
    pub(super) fn is_unsaid(&self) -> bool {
        self.os.is_empty() && self.architecture.is_empty()
    }
}

/// How a layer is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
}

/// How the layers of a media type are stored; else why they are not taken. The registry takes Docker's manifests only, which
/// know gzip and nothing newer.
pub(super) fn packing(media_type: &str) -> Result<Packing, Cow<'static, str>> {
    match media_type {
        DOCKER_GZIP | OCI_GZIP => Ok(Packing::Gzip),
        DOCKER_TAR | OCI_TAR => Ok(Packing::Plain),
        other if other.contains("encrypted") => Err("is encrypted".into()),
        other if other.contains("nondistributable") || other.contains("foreign") => {
            Err("is not in it: it has to be fetched from elsewhere".into())
        }
        other if other.contains("zstd") => {
            Err("is compressed with zstd, which Docker's manifests don't know".into())
        }
        other => Err(format!("is of the type {}", super::names::shown(other)).into()),
    }
}

/// Docker's manifest, as it is sent.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DockerManifest<'a> {
    pub(super) schema_version: u32,
    pub(super) media_type: &'static str,
    pub(super) config: DockerDescriptor<'a>,
    pub(super) layers: Vec<DockerDescriptor<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DockerDescriptor<'a> {
    pub(super) media_type: &'static str,
    pub(super) size: u64,
    pub(super) digest: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_of_layer_is_known_or_refused() {
        for (media_type, expected) in [
            (DOCKER_GZIP, Ok(Packing::Gzip)),
            (OCI_GZIP, Ok(Packing::Gzip)),
            (DOCKER_TAR, Ok(Packing::Plain)),
            (OCI_TAR, Ok(Packing::Plain)),
            ("application/vnd.oci.image.layer.v1.tar+zstd", Err("zstd")),
            (
                "application/vnd.oci.image.layer.v1.tar+gzip+encrypted",
                Err("encrypted"),
            ),
            (
                "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
                Err("elsewhere"),
            ),
            (
                "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
                Err("elsewhere"),
            ),
            ("application/vnd.in-toto+json", Err("of the type")),
            ("", Err("of the type")),
        ] {
            match (packing(media_type), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{media_type}: {why}"),
                (found, _) => panic!("{media_type}: {found:?}"),
            }
        }
    }
}
