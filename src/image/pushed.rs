//! A manifest that a registry gave: which image it is.

use serde::Deserialize;

use super::{
    Digest,
    names::shown,
    wire::{DOCKER_MANIFEST, Manifest, OCI_MANIFEST, is_index},
};

/// The media type of the one kind of manifest that the platform takes: Docker's, version 2, schema 2.
pub const MANIFEST: &str = DOCKER_MANIFEST;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    media_type: Option<String>,
}

/// The id of the image of a manifest, by its bytes and the type that came with them: the digest of its configuration. The error
/// completes "the manifest …".
pub fn id_of(bytes: &[u8], content_type: Option<&str>) -> Result<Digest, String> {
    let unreadable = |e: serde_json::Error| format!("can't be read: {e}");
    let kind: Kind = serde_json::from_slice(bytes).map_err(unreadable)?;
    let content_type = content_type.map(|text| text.split(';').next().unwrap_or(text).trim());
    let kind = kind.media_type.as_deref().or(content_type);
    match kind {
        Some(DOCKER_MANIFEST) => {}
        Some(kind) if is_index(kind) => {
            return Err("is an index of several images (OCI or a manifest list), which the platform does not release".to_owned());
        }
        Some(OCI_MANIFEST) => {
            return Err("is one of OCI, which the platform does not release".to_owned());
        }
        Some(other) => return Err(format!("is of the type {}", shown(other))),
        None => return Err("does not say of what type it is".to_owned()),
    }
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(unreadable)?;
    manifest.config.digest.parse()
}

/// The blobs that a manifest names, its configuration and its layers, as far as it can be read.
pub fn blobs_of(bytes: &[u8]) -> Vec<Digest> {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(bytes) else {
        return Vec::new();
    };
    let all = manifest.layers.iter().chain([&manifest.config]);
    all.filter_map(|blob| blob.digest.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const OCI: &str = "application/vnd.oci.image.index.v1+json";

    #[test]
    fn only_dockers_manifests_have_an_id() {
        let config = Digest::of(b"{}");
        let manifest = |kind: Value| {
            json!({
                "schemaVersion": 2, "mediaType": kind, "layers": [],
                "config": {"mediaType": "x", "size": 2, "digest": config.as_str()},
            })
        };
        let id = |body: &Value, content_type| id_of(body.to_string().as_bytes(), content_type);
        assert_eq!(id(&manifest(json!(MANIFEST)), None), Ok(config.clone()));
        assert_eq!(
            id(
                &manifest(Value::Null),
                Some("application/vnd.docker.distribution.manifest.v2+json; charset=utf-8")
            ),
            Ok(config.clone())
        );
        for (body, content_type, why) in [
            (manifest(json!(OCI_MANIFEST)), Some(MANIFEST), "one of OCI"),
            (json!({"mediaType": OCI, "manifests": []}), None, "an index"),
            (json!({"manifests": []}), Some(OCI), "an index"),
            (manifest(Value::Null), None, "of what type"),
            (manifest(json!("a\u{1b}b")), None, "of the type a\\u{1b}b"),
            (json!({"mediaType": MANIFEST}), None, "can't be read"),
            (json!([]), None, "can't be read"),
        ] {
            let said = id(&body, content_type).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}
