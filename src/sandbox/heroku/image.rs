//! Images in the registry, by what their configurations say. An image's id is the digest of that.

use bytes::Bytes;
use serde_json::Value;

use super::entity::App;
use super::registry::Registry;

/// The label of the commit that an image was made of
/// (<https://github.com/opencontainers/image-spec/blob/main/annotations.md>).
const REVISION: &str = "org.opencontainers.image.revision";
/// The same for its version.
const VERSION: &str = "org.opencontainers.image.version";

/// An image that was pushed for a process type of an app.
#[derive(Debug)]
pub(super) struct Image {
    /// `sha256:…`
    pub(super) id: String,
    /// What it runs.
    pub(super) command: String,
    /// The commit, else the version that it says it was made of.
    pub(super) source: Option<String>,
}

impl Registry {
    /// The image of this id that is in an app's repository of a process type. The id comes with `sha256:` or without.
    pub(super) fn image(&self, app: &App, kind: &str, id: &str) -> Option<Image> {
        let id = format!("sha256:{}", id.trim_start_matches("sha256:"));
        // The app is called in an address as in one of the API: by its name or by its id.
        let repositories = [format!("{}/{kind}", app.name), format!("{}/{kind}", app.id)];
        let pushed = self.manifests.iter();
        let mut pushed = pushed.filter(|((repository, _), _)| repositories.contains(repository));
        pushed.find(|(_, manifest)| configuration_of(manifest).as_ref() == Some(&id))?;
        let configuration: Value = serde_json::from_slice(self.blobs.get(&id)?).ok()?;
        Some(read(id, &configuration["config"]))
    }
}

fn configuration_of(manifest: &Bytes) -> Option<String> {
    let manifest: Value = serde_json::from_slice(manifest).ok()?;
    manifest["config"]["digest"].as_str().map(str::to_owned)
}

fn read(id: String, config: &Value) -> Image {
    let words = |key: &str| config[key].as_array().into_iter().flatten();
    let command = words("Entrypoint").chain(words("Cmd"));
    let command: Vec<&str> = command.filter_map(Value::as_str).collect();
    let label = |name: &str| config["Labels"][name].as_str().map(str::to_owned);
    Image {
        id,
        command: command.join(" "),
        source: label(REVISION).or_else(|| label(VERSION)),
    }
}
