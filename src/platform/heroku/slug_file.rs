//! Slugs, with all that is shown of one.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;

use super::{Heroku, wire::secret};
use crate::{
    http::{Error, path_segment},
    platform::{
        content::sha256_in,
        types::{App, Slug},
    },
};

impl Heroku {
    /// A slug, with the address of its file, which is a secret.
    pub(super) async fn slug_of(
        &self,
        app: &App,
        id: &str,
        budget: Duration,
    ) -> Result<Slug, Error> {
        let path = format!("/apps/{}/slugs/{}", app.id, path_segment(id));
        let slug = Slug::from(self.read::<SlugInfoJson>(path, budget).await?);
        self.learn(slug.file.as_ref());
        Ok(slug)
    }
}

/// A slug with all that is shown of it.
#[derive(Deserialize)]
struct SlugInfoJson {
    id: String,
    commit: Option<String>,
    size: Option<u64>,
    checksum: Option<String>,
    buildpack_provided_description: Option<String>,
    process_types: Option<BTreeMap<String, String>>,
    created_at: Option<String>,
    blob: Option<BlobJson>,
}

#[derive(Deserialize)]
struct BlobJson {
    url: Option<String>,
}

impl From<SlugInfoJson> for Slug {
    fn from(json: SlugInfoJson) -> Self {
        Self {
            id: json.id,
            version: json.commit,
            bytes: json.size,
            sha256: json.checksum.as_deref().and_then(sha256_in),
            buildpack: json.buildpack_provided_description,
            process_types: json.process_types.unwrap_or_default(),
            created_at: json.created_at.and_then(|at| at.parse().ok()),
            file: json.blob.and_then(|blob| secret(blob.url)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_slug_is_read_whatever_is_missing() {
        let read = |body| Slug::from(serde_json::from_value::<SlugInfoJson>(body).unwrap());
        let bare = read(json!({"id": "s", "checksum": null, "size": null, "blob": null}));
        assert!(bare.file.is_none() && bare.sha256.is_none() && bare.process_types.is_empty());
        let hex = "0a".repeat(32);
        let whole = read(json!({
            "id": "s", "checksum": format!("SHA256:{hex}"), "size": 7, "process_types": {"web": "node x"},
            "blob": {"method": "GET", "url": "https://s3.example.com/s.tgz?X-Amz-Signature=0123456789abcdef"},
        }));
        assert_eq!(whole.sha256, Some(hex));
        let shown = format!("{:?}", whole.file);
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
    }
}
