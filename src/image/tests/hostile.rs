//! Archives and layouts as nobody should write them.

use super::*;

#[test]
fn what_is_no_archive_is_told_so() {
    for (bytes, why) in [
        (
            gzip(&tar(&old())),
            "it is compressed with gzip (give the tar itself",
        ),
        (b"PK\x03\x04".to_vec(), "it is a zip"),
        (Vec::new(), "not a tar"),
        (vec![0; 10_240], "not a tar"),
        (b"no tar at all".repeat(100), "not a tar"),
        (tar(&old())[..700].to_vec(), "not a tar, or not a whole one"),
        (tar(&old())[..514].to_vec(), "ends within a file"),
        (tar(&layout(&[(OCI_TAR, b"l")], &[])), "say `oci-archive:`"),
        (tar(&vec![("x".into(), Vec::new())]), "no manifest.json"),
    ] {
        let error = opened("docker-archive:web.tar", &bytes).unwrap_err();
        let said = format!("{error} ({})", error.next().unwrap_or_default());
        assert!(said.contains(why), "{said}");
    }
    assert!(refusal("oci-archive:web.tar", &old()).contains("say `docker-archive:`"));
    let directory = Stored::OciDirectory {
        directory: "none".into(),
        tag: None,
    };
    let error = open(&directory, Path::new("/nonexistent"), &|| false).unwrap_err();
    assert!(matches!(error, Error::Unreadable { .. }));
}

/// An old archive with other contents.
fn changed(change: impl Fn(&mut Files)) -> String {
    let mut files = old();
    change(&mut files);
    refusal("docker-archive:web.tar", &files)
}

#[test]
fn a_hostile_archive_is_refused() {
    let layers = |one: &str| {
        json!([{"Config": "c.json", "Layers": [one]}])
            .to_string()
            .into_bytes()
    };
    for (said, why) in [
        (
            changed(|files| files[2].1 = b"else".to_vec()),
            "c/layer.tar is not what its digest",
        ),
        (changed(|files| files[3].1.push(b' ')), "configuration"),
        (
            changed(|files| files[1].1 = b"->../../etc/passwd".to_vec()),
            "leads out of the archive",
        ),
        (
            changed(|files| files[1].1 = b"->layer.tar".to_vec()),
            "from link to link",
        ),
        (
            changed(|files| {
                files.remove(2);
            }),
            "c/layer.tar is not in it",
        ),
        (
            changed(|files| {
                let twice = files[2].clone();
                files.push(twice);
            }),
            "c/layer.tar is in it more than once",
        ),
        (
            changed(|files| files[4].1 = b"{".to_vec()),
            "manifest.json can't be read",
        ),
        (
            changed(|files| files[4].1 = vec![b' '; (4 << 20) + 1]),
            "none is that long",
        ),
        (
            changed(|files| files[4].1 = layers("../../etc/passwd")),
            "c.json is not in it",
        ),
        (
            changed(|files| {
                files[3] = ("c.json".into(), config(&[b"x"], "amd64"));
                files[4].1 = layers("../../etc/passwd");
            }),
            "../../etc/passwd leads out of the archive",
        ),
        (
            changed(|files| {
                files[3] = ("c.json".into(), config(&[b"x", b"y"], "amd64"));
                files[4].1 = layers("a/layer.tar");
            }),
            "it has 1 layers, and its configuration knows of 2",
        ),
        (
            changed(|files| {
                files[3] = ("c.json".into(), config(&[b"layer"], "arm64"));
                files[4].1 = layers("a/layer.tar");
            }),
            "it is for linux/arm64, and the platform runs linux/amd64",
        ),
        (
            changed(|files| {
                files[0].1 = b"\x28\xb5\x2f\xfd rest".to_vec();
                files[3] = ("c.json".into(), config(&[b"layer"], "amd64"));
                files[4].1 = layers("a/layer.tar");
            }),
            "compressed with zstd",
        ),
    ] {
        assert!(said.contains(why), "{why}: {said}");
    }
}

#[test]
fn a_hostile_layout_is_refused() {
    let with = |media_type: &str| layout(&[(media_type, b"layer")], &[]);
    let arm = json!({
        "mediaType": OCI_MANIFEST, "digest": Digest::of(b"x").as_str(), "size": 1,
        "platform": {"os": "linux", "architecture": "amd64"},
    });
    let mut wrong = with(OCI_TAR);
    wrong[1].1 = b"other".to_vec();
    let unpacked = layout(&[(OCI_GZIP, b"not packed")], &[]);
    let lying = layout(&[(OCI_GZIP, &gzip(b"other"))], &[]);
    let many = layout(&[(OCI_TAR, b"layer" as &[u8]); 501], &[]);
    let mut huge = with(OCI_TAR);
    huge[4].1 = b"{\"manifests\":[{\"digest\":\"sha256:00\",\"size\":-1}]}".to_vec();
    for (files, why) in [
        (with("application/vnd.oci.image.layer.v1.tar+zstd"), "zstd"),
        (
            with("application/vnd.oci.image.layer.v1.tar+encrypted"),
            "encrypted",
        ),
        (
            with("application/vnd.oci.image.layer.nondistributable.v1.tar"),
            "from elsewhere",
        ),
        (
            layout(&[(OCI_TAR, b"layer")], &[arm]),
            "more than one for linux/amd64",
        ),
        (wrong, "is not what its digest says"),
        // Its type says that it is compressed.
        (unpacked, "is not whole"),
        (lying, "not the one that its configuration names"),
        (many, "it has 501 layers"),
        (huge, "index.json can't be read"),
    ] {
        let said = refusal("oci-archive:web.tar", &files);
        assert!(said.contains(why), "{why}: {said}");
    }
    assert!(refusal("oci-archive:web.tar:v2", &with(OCI_TAR)).contains("no image v2"));
}

#[test]
fn a_size_that_is_none_is_refused() {
    for size in [
        &b"99999999999\0"[..],
        b"-1\0",
        b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut bytes = tar(&old());
        bytes[124..124 + size.len()].copy_from_slice(size);
        let mut header = Header::new_old();
        header.as_mut_bytes().copy_from_slice(&bytes[..512]);
        header.set_cksum();
        bytes[..512].copy_from_slice(header.as_bytes());
        let error = opened("docker-archive:web.tar", &bytes)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("size") || error.contains("within"),
            "{error}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_link_out_of_a_layout_is_not_followed() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("layout");
    fs::create_dir(&root).unwrap();
    fs::write(directory.path().join("index.json"), "{}").unwrap();
    std::os::unix::fs::symlink("../index.json", root.join("index.json")).unwrap();
    let stored = Stored::OciDirectory {
        directory: root,
        tag: None,
    };
    let error = open(&stored, Path::new("/"), &|| false)
        .unwrap_err()
        .to_string();
    assert!(error.contains("leads out of the directory"), "{error}");
}

#[test]
fn a_file_that_changes_meanwhile_is_not_pushed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("web.tar");
    fs::write(&path, tar(&old())).unwrap();
    let stored = Stored::DockerArchive {
        file: "web.tar".into(),
        name: None,
    };
    let image = open(&stored, directory.path(), &|| false).unwrap();
    fs::write(&path, [tar(&old()), vec![0; 512]].concat()).unwrap();
    let error = image.parts(&|| false).unwrap_err().to_string();
    assert!(error.contains("has changed"), "{error}");
    let cancelled = open(&stored, directory.path(), &|| true).unwrap_err();
    assert!(matches!(cancelled, Error::Cancelled));
}
