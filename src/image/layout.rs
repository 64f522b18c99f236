//! OCI layouts (image-layout.md of the image specification): an index of manifests, and blobs by their digests. One image for
//! linux/amd64 is taken of it.

use super::{
    Digest, Error, Image,
    docker_archive::not_taken,
    names::shown,
    opened::{Layer, gunzipped},
    store::Store,
    wire::{
        Config, DOCKER_CONFIG, DOCKER_MANIFEST, Descriptor, Index, Manifest, OCI_CONFIG,
        OCI_MANIFEST, Packing, packing,
    },
};

/// How deep indexes may lie in indexes.
const DEEPEST: usize = 4;

/// Reads one image of a layout.
pub(super) fn read(
    store: &impl Store,
    tag: Option<&str>,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Image, Error> {
    if store.find("index.json")?.is_none() {
        let error = store.refused("there is no index.json in it: it is not an OCI layout");
        return Err(match store.find("manifest.json")? {
            Some(_) => error.advise("`docker save` made it: say `docker-archive:`"),
            None => error,
        });
    }
    let index: Index = parse(store, "index.json", &store.json("index.json")?)?;
    let mut chosen = choose(&index.manifests, tag)
        .map_err(|why| store.refused(why))?
        .clone();
    for _ in 0..DEEPEST {
        if !chosen.is_index() {
            return manifest(store, &chosen, cancelled);
        }
        let bytes = described(store, &chosen)?;
        let index: Index = parse(store, &chosen.digest, &bytes)?;
        chosen = flatten(&index.manifests).map_err(|why| {
            let error = store.refused(why);
            error.advise("build one image for linux/amd64: `docker build --platform linux/amd64 --provenance=false`")
        })?.clone();
    }
    Err(store.refused("its index leads to index after index"))
}

/// The manifest of a tag, or the only one. Of one tag there may be several, for several platforms.
fn choose<'d>(all: &'d [Descriptor], tag: Option<&str>) -> Result<&'d Descriptor, String> {
    let images: Vec<&Descriptor> = all.iter().filter(|one| !one.is_about_another()).collect();
    let Some(tag) = tag else {
        return match images[..] {
            [] => Err("there is no image in it".to_owned()),
            [only] => Ok(only),
            _ => platform_of(&images).map_err(|why| format!("{why}; {}", tags(&images))),
        };
    };
    let named: Vec<&Descriptor> = images
        .iter()
        .copied()
        .filter(|one| one.name() == Some(tag))
        .collect();
    match named[..] {
        [] => Err(format!("it has no image {}: {}", shown(tag), tags(&images))),
        [only] => Ok(only),
        _ => platform_of(&named),
    }
}

fn tags(images: &[&Descriptor]) -> String {
    let tags = images.iter().filter_map(|one| one.name()).take(20);
    let tags: Vec<String> = tags.map(shown).collect();
    if tags.is_empty() {
        "none in it has a tag".to_owned()
    } else {
        format!("its tags are {}", tags.join(", "))
    }
}

/// The one image of an index that the platform runs.
fn flatten(all: &[Descriptor]) -> Result<&Descriptor, String> {
    let images: Vec<&Descriptor> = all.iter().filter(|one| !one.is_about_another()).collect();
    match images[..] {
        [] => Err("its index has no image, but only what is about images".to_owned()),
        [only] if only.platform.is_none() => Ok(only),
        _ => platform_of(&images),
    }
}

fn platform_of<'d>(images: &[&'d Descriptor]) -> Result<&'d Descriptor, String> {
    let runs = |one: &&&Descriptor| {
        one.platform
            .as_ref()
            .is_some_and(super::wire::Platform::runs)
    };
    let fits: Vec<&&Descriptor> = images.iter().filter(runs).collect();
    if let [only] = fits[..] {
        return Ok(only);
    }
    let names = images.iter().take(20).map(|one| match &one.platform {
        Some(platform) => shown(&platform.name()),
        None => "one that names no platform".to_owned(),
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let number = if fits.is_empty() {
        "none"
    } else {
        "more than one"
    };
    Err(format!(
        "it has images for {names}: {number} for linux/amd64, which the platform runs"
    ))
}

fn manifest(
    store: &impl Store,
    descriptor: &Descriptor,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Image, Error> {
    let bytes = described(store, descriptor)?;
    let manifest: Manifest = parse(store, &descriptor.digest, &bytes)?;
    let types = [
        Some(descriptor.media_type.as_str()),
        manifest.media_type.as_deref(),
    ];
    for media_type in types.into_iter().flatten().filter(|one| !one.is_empty()) {
        if ![OCI_MANIFEST, DOCKER_MANIFEST].contains(&media_type) {
            return Err(store.refused(format!("it has no image, but {}", shown(media_type))));
        }
    }
    if ![OCI_CONFIG, DOCKER_CONFIG].contains(&manifest.config.media_type.as_str()) {
        let what = shown(&manifest.config.media_type);
        return Err(store.refused(format!(
            "it is not an image of a container: its configuration is {what}"
        )));
    }
    let config = described(store, &manifest.config)?;
    let id = digest(store, &manifest.config)?;
    let place = store.blob(&id)?;
    let image = Image::begin(store, id, place, &config)?;
    let mut layers = Vec::new();
    for (layer, diff_id) in image.pair(store, manifest.layers.iter().collect())? {
        let packing =
            packing(&layer.media_type).map_err(|why| not_taken(store, &layer.digest, &why))?;
        let digest = digest(store, layer)?;
        let place = store.blob(&digest)?;
        if place.size != layer.size || place.digest(cancelled)? != digest {
            return Err(store.refused(format!("its layer {digest} is not what its digest says")));
        }
        let plain = match packing {
            Packing::Plain => digest.clone(),
            Packing::Gzip => gunzipped(&place, cancelled)?,
        };
        if plain != diff_id {
            let why = format!("its layer {digest} is not the one that its configuration names");
            return Err(store.refused(why));
        }
        layers.push(Layer::new(packing, digest, place));
    }
    Ok(image.with(layers))
}

fn digest(store: &impl Store, of: &Descriptor) -> Result<Digest, Error> {
    of.digest
        .parse()
        .map_err(|why| store.refused(format!("it names {}: {why}", shown(&of.digest))))
}

/// The short blob of a descriptor.
fn described(store: &impl Store, of: &Descriptor) -> Result<Vec<u8>, Error> {
    let digest = digest(store, of)?;
    let bytes = store.short_blob(&digest)?;
    if bytes.len() as u64 == of.size {
        return Ok(bytes);
    }
    Err(store.refused(format!(
        "its {digest} has {} bytes, not {}",
        bytes.len(),
        of.size
    )))
}

fn parse<T: serde::de::DeserializeOwned>(
    store: &impl Store,
    what: &str,
    bytes: &[u8],
) -> Result<T, Error> {
    serde_json::from_slice(bytes)
        .map_err(|e| store.refused(format!("its {} can't be read: {e}", shown(what))))
}

/// What is looked at of a configuration.
pub(super) fn config(store: &impl Store, bytes: &[u8]) -> Result<Config, Error> {
    parse(store, "configuration", bytes)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn described(platform: &str, name: Option<&str>) -> Value {
        let (os, architecture) = platform.split_once('/').unwrap_or_default();
        let mut one = json!({"mediaType": OCI_MANIFEST, "digest": platform, "size": 1});
        if !platform.is_empty() {
            one["platform"] = json!({"os": os, "architecture": architecture});
        }
        if let Some(name) = name {
            one["annotations"] = json!({"org.opencontainers.image.ref.name": name});
        }
        one
    }

    #[test]
    fn an_index_is_flattened_if_one_image_fits() {
        for (platforms, expected) in [
            (vec!["linux/amd64"], Ok("linux/amd64")),
            (vec!["linux/amd64", "unknown/unknown"], Ok("linux/amd64")),
            (vec!["linux/arm64", "linux/amd64"], Ok("linux/amd64")),
            (vec!["", "unknown/unknown"], Ok("")),
            (vec!["linux/arm64"], Err("images for linux/arm64: none")),
            (
                vec!["linux/arm64", "windows/amd64"],
                Err("linux/arm64, windows/amd64: none"),
            ),
            (vec!["linux/amd64", "linux/amd64"], Err("more than one")),
            (vec!["unknown/unknown"], Err("only what is about images")),
            (vec![], Err("no image")),
        ] {
            let all = platforms.iter().map(|one| described(one, None));
            let all: Vec<Descriptor> = serde_json::from_value(all.collect()).unwrap();
            match (flatten(&all).map(|one| one.digest.as_str()), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                (found, _) => panic!("{platforms:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn a_tag_chooses_a_manifest() {
        let all = json!([
            described("linux/amd64", Some("web")),
            described("linux/arm64", Some("arm"))
        ]);
        let all: Vec<Descriptor> = serde_json::from_value(all).unwrap();
        assert_eq!(choose(&all, Some("web")).unwrap().digest, "linux/amd64");
        assert_eq!(choose(&all, Some("arm")).unwrap().digest, "linux/arm64");
        assert_eq!(choose(&all, None).unwrap().digest, "linux/amd64");
        assert!(
            choose(&all, Some("x"))
                .unwrap_err()
                .contains("its tags are web, arm")
        );
        assert!(choose(&all[1..], None).is_ok() && choose(&[], None).is_err());
    }
}
