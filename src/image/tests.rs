//! Archives and layouts as builders write them, and as nobody should.

use std::{fs, io::Write as _};

use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use super::{
    wire::{DOCKER_GZIP, OCI_CONFIG, OCI_INDEX, OCI_MANIFEST},
    *,
};

mod hostile;

const OCI_TAR: &str = "application/vnd.oci.image.layer.v1.tar";
const OCI_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What is in an archive: names and contents, in order. A content that begins with `->` is a link.
type Files = Vec<(String, Vec<u8>)>;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn tar(files: &Files) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = Header::new_ustar();
        header.set_mode(0o644);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        if let Some(to) = content.strip_prefix(b"->") {
            header.set_entry_type(EntryType::Symlink);
            header.set_size(0);
            header.as_mut_bytes()[157..157 + to.len()].copy_from_slice(to);
            header.set_cksum();
            builder.append(&header, &b""[..]).unwrap();
        } else {
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, &content[..]).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

fn config(layers: &[&[u8]], architecture: &str) -> Vec<u8> {
    let diff_ids: Vec<String> = layers
        .iter()
        .map(|one| Digest::of(one).to_string())
        .collect();
    let config = json!({
        "architecture": architecture, "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
    });
    config.to_string().into_bytes()
}

/// What docker before 25 saves: the second layer is a link to the first one.
fn old() -> Files {
    let config = config(&[b"layer", b"layer", b"other"], "amd64");
    let name = format!("{}.json", Digest::of(&config).hex());
    let manifest = json!([{
        "Config": name, "RepoTags": ["web:latest"], "Layers": ["a/layer.tar", "b/layer.tar", "c/layer.tar"],
    }]);
    vec![
        ("a/layer.tar".into(), b"layer".to_vec()),
        ("b/layer.tar".into(), b"->../a/layer.tar".to_vec()),
        ("c/layer.tar".into(), b"other".to_vec()),
        (name, config),
        ("manifest.json".into(), manifest.to_string().into_bytes()),
    ]
}

/// An OCI layout of one image whose layers are of these types, and whose index may have more.
fn layout(layers: &[(&str, &[u8])], more: &[Value]) -> Files {
    let plain: Vec<&[u8]> = layers.iter().map(|(_, bytes)| *bytes).collect();
    let mut files: Files = Vec::new();
    let mut blob = |kind: &str, bytes: Vec<u8>| {
        let digest = Digest::of(&bytes);
        let described = json!({"mediaType": kind, "digest": digest.as_str(), "size": bytes.len()});
        files.push((format!("blobs/sha256/{}", digest.hex()), bytes));
        described
    };
    let config = blob(OCI_CONFIG, config(&plain, "amd64"));
    let layers: Vec<Value> = layers
        .iter()
        .map(|(kind, bytes)| {
            // What is packed already stays as it is, and so does what should be and is not.
            let stays = bytes.starts_with(&[0x1f, 0x8b]) || bytes == b"not packed";
            let packed = (kind.contains("gzip") && !stays).then(|| gzip(bytes));
            blob(kind, packed.unwrap_or_else(|| bytes.to_vec()))
        })
        .collect();
    let manifest =
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": layers});
    let mut manifest = blob(OCI_MANIFEST, manifest.to_string().into_bytes());
    manifest["platform"] = json!({"os": "linux", "architecture": "amd64"});
    let mut all = vec![manifest];
    all.extend_from_slice(more);
    let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": all});
    let index = blob(OCI_INDEX, index.to_string().into_bytes());
    let top = json!({"schemaVersion": 2, "manifests": [index]});
    files.push(("index.json".into(), top.to_string().into_bytes()));
    files.push((
        "oci-layout".into(),
        b"{\"imageLayoutVersion\":\"1.0.0\"}".to_vec(),
    ));
    files
}

/// Opens what is in a file.
fn opened(reference: &str, bytes: &[u8]) -> Result<Image, Error> {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("web.tar"), bytes).unwrap();
    let Ok(Reference::Stored(stored)) = reference.parse() else {
        panic!("{reference}");
    };
    let image = open(&stored, directory.path(), &|| false)?;
    // What is pushed is read while the file is there.
    image.parts(&|| false)?;
    Ok(image)
}

fn refusal(reference: &str, files: &Files) -> String {
    let error = opened(reference, &tar(files)).unwrap_err();
    format!("{error} ({})", error.next().unwrap_or_default())
}

#[test]
fn an_old_archive_is_read_with_its_links() {
    let files = old();
    let image = opened("docker-archive:web.tar:web", &tar(&files)).unwrap();
    assert_eq!(*image.id(), Digest::of(&files[3].1));
}

#[test]
fn plain_layers_are_compressed_once_and_the_same_each_time() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("web.tar"), tar(&old())).unwrap();
    let stored = Stored::DockerArchive {
        file: "web.tar".into(),
        name: None,
    };
    let parts = || {
        open(&stored, directory.path(), &|| false)
            .unwrap()
            .parts(&|| false)
            .unwrap()
    };
    let (one, two) = (parts(), parts());
    assert_eq!(one.manifest, two.manifest);
    // Two layers, of which one is there twice, and the configuration.
    assert_eq!(one.blobs.len(), 3);
    let manifest: Value = serde_json::from_slice(&one.manifest).unwrap();
    assert_eq!(manifest["mediaType"], MANIFEST);
    assert_eq!(manifest["layers"].as_array().unwrap().len(), 3);
    assert_eq!(manifest["layers"][0], manifest["layers"][1]);
    for layer in manifest["layers"].as_array().unwrap() {
        assert_eq!(layer["mediaType"], DOCKER_GZIP);
    }
    for blob in &one.blobs {
        let bytes = blob.place.all("blob", 1 << 20).unwrap();
        assert_eq!(Digest::of(&bytes), blob.digest);
    }
    assert_eq!(
        id_of(&one.manifest, None),
        Ok(open(&stored, directory.path(), &|| false)
            .unwrap()
            .id()
            .clone())
    );
}

#[test]
fn a_layout_is_read_from_a_tar_and_from_a_directory() {
    let attestation = json!({
        "mediaType": OCI_MANIFEST, "digest": Digest::of(b"x").as_str(), "size": 1,
        "platform": {"os": "unknown", "architecture": "unknown"},
    });
    let files = layout(&[(OCI_GZIP, b"layer"), (OCI_TAR, b"other")], &[attestation]);
    let image = opened("oci-archive:web.tar", &tar(&files)).unwrap();
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in &files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let stored = Stored::OciDirectory {
        directory: ".".into(),
        tag: None,
    };
    let same = open(&stored, directory.path(), &|| false).unwrap();
    assert_eq!(same.id(), image.id());
    let parts = same.parts(&|| false).unwrap();
    // What is compressed goes as it is.
    assert!(
        parts
            .blobs
            .iter()
            .any(|blob| blob.digest == Digest::of(&gzip(b"layer")))
    );
}

#[test]
fn what_is_saved_since_docker_25_is_read_both_ways() {
    let mut files = layout(&[(OCI_TAR, b"layer")], &[]);
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    let manifest = json!([{"Config": names[0], "RepoTags": ["web:latest"], "Layers": [names[1]]}]);
    files.push(("manifest.json".into(), manifest.to_string().into_bytes()));
    let bytes = tar(&files);
    let both =
        ["docker-archive:web.tar", "oci-archive:web.tar"].map(|one| opened(one, &bytes).unwrap());
    assert_eq!(both[0].id(), both[1].id());
}
