//! Images as a builder makes them: small, and whole.

use std::fmt::Write as _;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.docker.container.image.v1+json";
const LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";

/// An image with one layer.
pub(crate) struct Image {
    pub(crate) config: Vec<u8>,
    pub(crate) layer: Vec<u8>,
}

/// `sha256:…`
pub(crate) fn digest(bytes: &[u8]) -> String {
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A tarball of these files.
pub(crate) fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append_data(&mut header, name, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

impl Image {
    /// An image of this content that runs this command.
    pub(crate) fn new(content: &str, command: &str) -> Self {
        let layer = tar(&[("app/content", content.as_bytes())]);
        let config = json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": command.split(' ').collect::<Vec<_>>()},
            "rootfs": {"type": "layers", "diff_ids": [digest(&layer)]},
        });
        let config = config.to_string().into_bytes();
        Self { config, layer }
    }

    /// The same with a label that says of which commit it was made.
    pub(crate) fn of_commit(content: &str, command: &str, commit: &str) -> Self {
        let image = Self::new(content, command);
        let mut config: Value = serde_json::from_slice(&image.config).unwrap();
        config["config"]["Labels"] = json!({"org.opencontainers.image.revision": commit});
        Self {
            config: config.to_string().into_bytes(),
            ..image
        }
    }

    /// What the platform knows it by.
    pub(crate) fn id(&self) -> String {
        digest(&self.config)
    }

    /// Its manifest, as a registry takes it.
    pub(crate) fn manifest(&self) -> Vec<u8> {
        let blob = |kind: &str, bytes: &[u8]| json!({"mediaType": kind, "size": bytes.len(), "digest": digest(bytes)});
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": blob(CONFIG, &self.config),
            "layers": [blob(LAYER, &self.layer)],
        });
        manifest.to_string().into_bytes()
    }

    /// What `docker save` writes.
    pub(crate) fn docker_archive(&self) -> Vec<u8> {
        let config = format!("{}.json", &self.id()[7..]);
        let manifest = json!([{"Config": config, "RepoTags": ["shop:1"], "Layers": ["layer.tar"]}]);
        tar(&[
            (&config, &self.config),
            ("layer.tar", &self.layer),
            ("manifest.json", manifest.to_string().as_bytes()),
        ])
    }
}
