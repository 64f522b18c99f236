//! What `docker save`, podman and skopeo write: a tar with a `manifest.json`. Before Docker 25 each layer is a `layer.tar`, often
//! a link to another one's; since then the archive is an OCI layout too, whose blobs `manifest.json` names.

use serde::Deserialize;

use super::{
    Digest, Error, Image,
    names::shown,
    opened::{Layer, gunzipped},
    store::Store,
    tar_index::{TarIndex, compressed},
    wire::Packing,
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    config: String,
    #[serde(default)]
    repo_tags: Option<Vec<String>>,
    #[serde(default)]
    layers: Option<Vec<String>>,
}

/// Reads one image of an archive.
pub(super) fn read(
    store: &TarIndex,
    name: Option<&str>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Image, Error> {
    if store.find("manifest.json")?.is_none() {
        let error = store.refused("there is no manifest.json in it: `docker save` writes one");
        return Err(match store.find("oci-layout")? {
            Some(_) => {
                error.advise("it is an OCI layout: say `oci-archive:` instead of `docker-archive:`")
            }
            None => error,
        });
    }
    let manifest = store.json("manifest.json")?;
    let entries: Vec<Entry> = serde_json::from_slice(&manifest)
        .map_err(|e| store.refused(format!("its manifest.json can't be read: {e}")))?;
    let entry = choose(&entries, name).map_err(|why| store.refused(why))?;
    let config = store.json(&entry.config)?;
    let id = Digest::of(&config);
    check_name(store, &entry.config, &id)?;
    let names = entry.layers.iter().flatten();
    let image = Image::begin(store, id, store.needed(&entry.config)?, &config)?;
    let mut layers = Vec::new();
    for (layer, diff_id) in image.pair(store, names.collect())? {
        layers.push(self::layer(store, layer, diff_id, cancelled)?);
    }
    Ok(image.with(layers))
}

/// The image of a name, or the only one.
fn choose<'e>(entries: &'e [Entry], name: Option<&str>) -> Result<&'e Entry, String> {
    let names = || {
        let tags = entries
            .iter()
            .flat_map(|entry| entry.repo_tags.iter().flatten());
        let tags: Vec<String> = tags.take(20).map(|tag| shown(tag)).collect();
        if tags.is_empty() {
            "none of them has a name: say which with `:@0`, `:@1`, …".to_owned()
        } else {
            format!("there are {}", tags.join(", "))
        }
    };
    let Some(name) = name else {
        return match entries {
            [] => Err("there is no image in it".to_owned()),
            [only] => Ok(only),
            _ => Err(format!(
                "there are {} images in it, and none is chosen: {}",
                entries.len(),
                names()
            )),
        };
    };
    if let Some(number) = name.strip_prefix('@') {
        let at = number.parse::<usize>().ok();
        let found = at.and_then(|at| entries.get(at));
        return found
            .ok_or_else(|| format!("it has no image {}: it has {}", shown(name), entries.len()));
    }
    let wanted = full(name);
    let found = entries.iter().find(|entry| {
        let mut tags = entry.repo_tags.iter().flatten();
        tags.any(|tag| full(tag) == wanted)
    });
    found.ok_or_else(|| format!("it has no image {}: {}", shown(name), names()))
}

/// A name with all that Docker leaves out: `web` is `docker.io/library/web:latest`.
fn full(name: &str) -> String {
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, tag),
        _ => (name, "latest"),
    };
    let has_host = path
        .split_once('/')
        .is_some_and(|(first, _)| first.contains(['.', ':']) || first == "localhost");
    let path = match path.strip_prefix("docker.io/").unwrap_or(path) {
        path if has_host && !name.starts_with("docker.io/") => path.to_owned(),
        path if path.contains('/') => format!("docker.io/{path}"),
        path => format!("docker.io/library/{path}"),
    };
    format!("{path}:{tag}")
}

/// A configuration whose file is named by a digest must have that digest.
fn check_name(store: &TarIndex, name: &str, id: &Digest) -> Result<(), Error> {
    let last = name.rsplit('/').next().unwrap_or(name);
    let digits = last.strip_suffix(".json").unwrap_or(last);
    match format!("sha256:{digits}").parse::<Digest>() {
        Ok(named) if named != *id => Err(store.refused(format!(
            "its configuration {} is not what its digest says",
            shown(name)
        ))),
        _ => Ok(()),
    }
}

/// A layer, which has to be what the configuration says: packed or not.
fn layer(
    store: &TarIndex,
    name: &str,
    diff_id: Digest,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Layer, Error> {
    let place = store.needed(name)?;
    let wrong = || {
        let name = shown(name);
        store.refused(format!(
            "its layer {name} is not what its digest {diff_id} says"
        ))
    };
    let beginning = place.beginning()?;
    let Some(how) = compressed(&beginning) else {
        if place.digest(cancelled)? != diff_id {
            return Err(wrong());
        }
        return Ok(Layer::new(Packing::Plain, diff_id, place));
    };
    if !beginning.starts_with(&[0x1f, 0x8b]) {
        return Err(not_taken(store, name, &format!("is {how}")));
    }
    if gunzipped(&place, cancelled)? != diff_id {
        return Err(wrong());
    }
    let digest = place.digest(cancelled)?;
    Ok(Layer::new(Packing::Gzip, digest, place))
}

/// A layer that no registry of Docker's manifests takes.
pub(super) fn not_taken(store: &impl Store, name: &str, why: &str) -> Error {
    let error = store.refused(format!("its layer {} {why}", shown(name)));
    error.advise(
        "the platform takes Docker's manifests with gzip layers: build it so (BuildKit: `--output type=docker,dest=web.tar`), or \
         convert it with `skopeo copy --format v2s2 --dest-compress-format gzip`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_docker_reads_them() {
        for (name, expected) in [
            ("web", "docker.io/library/web:latest"),
            ("web:1", "docker.io/library/web:1"),
            ("acme/web", "docker.io/acme/web:latest"),
            ("docker.io/library/web:1", "docker.io/library/web:1"),
            ("docker.io/acme/web:1", "docker.io/acme/web:1"),
            ("localhost/web:1", "localhost/web:1"),
            ("localhost:5000/web", "localhost:5000/web:latest"),
            (
                "registry.heroku.com/a/web",
                "registry.heroku.com/a/web:latest",
            ),
        ] {
            assert_eq!(full(name), expected, "{name}");
        }
    }

    #[test]
    fn one_image_is_chosen() {
        let entries: Vec<Entry> = serde_json::from_value(serde_json::json!([
            {"Config": "a.json", "RepoTags": ["acme/web:1", "web:latest"], "Layers": []},
            {"Config": "b.json", "RepoTags": null, "Layers": null},
        ]))
        .unwrap();
        for (name, expected) in [
            (Some("acme/web:1"), Ok("a.json")),
            (Some("web"), Ok("a.json")),
            (Some("@1"), Ok("b.json")),
            (Some("@2"), Err("it has 2")),
            (Some("@-1"), Err("no image @-1")),
            (Some("acme/web"), Err("there are acme/web:1, web:latest")),
            (None, Err("there are 2 images in it")),
        ] {
            let found = choose(&entries, name).map(|entry| entry.config.as_str());
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{name:?}: {why}"),
                (found, _) => panic!("{name:?}: {found:?}"),
            }
        }
        assert_eq!(choose(&entries[1..], None).unwrap().config, "b.json");
        assert!(choose(&[], None).unwrap_err().contains("no image"));
    }
}
