//! Images that real tools made, released by the binary: every transport, what breaks on the way, and what is no image.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::support::{PIPELINE, Shop, image::Image};

/// A shop of container apps whose first app gets this image.
fn shop(reference: &str, faults: &[&str]) -> Shop {
    let build = format!("build: {{images: {{web: \"{reference}\"}}}}\n");
    let shop = Shop::with(faults).yaml(&format!("{PIPELINE}{build}"));
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        let body = json!({"build_stack": "container"});
        let (status, text) = shop.answer("PATCH", &format!("/apps/{app}"), &body);
        assert_eq!(status, 200, "{text}");
    }
    let image = Image::new("1", "node web.js");
    shop.write("out/web.tar", &image.docker_archive());
    shop
}

/// The same image in every form, by umoci and skopeo; `false` if they are not installed.
fn made(at: &Path) -> bool {
    let run = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let mut command = Command::new(words[0]);
        let command = command.args(&words[1..]).current_dir(at);
        let output = command.env("HOME", at).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {said}");
    };
    for program in ["umoci", "skopeo"] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("{program} is not installed: not tried");
            return false;
        }
    }
    std::fs::write(at.join("web.js"), "listen()").unwrap();
    let policy = json!({"default": [{"type": "insecureAcceptAnything"}]});
    std::fs::write(at.join("policy.json"), policy.to_string()).unwrap();
    let copy = "skopeo --policy policy.json copy oci:made:web";
    for line in [
        "umoci init --layout made",
        "umoci new --image made:web",
        "umoci insert --rootless --image made:web web.js /app/web.js",
        "umoci config --image made:web --config.cmd node --architecture amd64 --os linux",
        &format!("{copy} docker-archive:docker.tar:acme/web:1"),
        &format!("{copy} oci-archive:oci.tar:web"),
    ] {
        run(line);
    }
    true
}

#[cfg(unix)]
#[test]
fn every_transport_is_released() {
    let out = tempfile::tempdir().unwrap();
    if !made(out.path()) {
        return;
    }
    let at = out.path().display();
    for reference in [
        format!("docker-archive:{at}/docker.tar"),
        format!("docker-archive:{at}/docker.tar:acme/web:1"),
        format!("oci-archive:{at}/oci.tar:web"),
        format!("oci:{at}/made:web"),
    ] {
        let shop = shop(&reference, &[]);
        let run = shop.deploy().run();
        assert_eq!(run.code, 0, "{reference}: {}", run.stderr);
        let id = shop.running("shop-us")["images"]["web"].clone();
        assert_eq!(run.app("shop-us")["images"]["web"], id, "{reference}");
        assert_eq!(shop.running("shop-staging")["images"]["web"], id);
        // What was pushed is named where it is.
        let pushed = "build: {images: {web: \"docker://registry.heroku.com/shop-staging/web\"}}\n";
        let shop = shop.yaml(&format!("{PIPELINE}{pushed}"));
        let same = shop.deploy().args(&["--to", "staging"]).run();
        same.exits(0).changed_nothing();
        assert_eq!(shop.running("shop-staging")["images"]["web"], id);
    }
}

#[test]
fn what_breaks_on_the_way_is_made_good() {
    for fault in [
        "blob=cut:60%@1-2",
        "blob=corrupt",
        "blob=forgotten",
        "http=reset-after@1:PATCH /v2/*/*/blobs/uploads",
        "http=503@1:PUT /v2/*/*/manifests",
    ] {
        let run = shop("docker-archive:out/web.tar", &[fault]).deploy().run();
        assert_eq!(run.code, 0, "{fault}: {}", run.stderr);
        for app in ["shop-staging", "shop-eu", "shop-us"] {
            assert_eq!(run.runs(app), 3, "{fault}: {app}");
        }
    }
}

#[test]
fn what_is_there_is_not_sent_again() {
    let shop = shop("docker-archive:out/web.tar", &[]);
    let run = shop.deploy().run();
    run.exits(0);
    // A layer and a configuration, for the first app; the others get them from its repository.
    let parts = run
        .requests
        .iter()
        .filter(|one| one.method == "PATCH" && one.path.contains("/blobs/uploads/"));
    assert_eq!(parts.count(), 2);
    assert_eq!(run.count("PUT", "/manifests/latest"), 3);
    run.says("nothing sent, 2 were taken from another repository");
}

#[test]
fn what_the_registry_refuses_releases_nothing() {
    for (fault, code, told) in [
        (
            "http=403@*:POST /v2/*/*/blobs/uploads",
            77,
            "permission to deploy",
        ),
        ("http=413@*:PATCH /v2/*/*/blobs/uploads", 16, "too large"),
        ("http=429@*:HEAD /v2/*/*/blobs", 75, "later"),
    ] {
        let shop = shop("docker-archive:out/web.tar", &[fault]);
        let run = shop.deploy().run();
        assert_eq!(run.code, code, "{fault}: {}", run.stderr);
        run.says(told);
        assert_eq!(run.count("PATCH", "/formation"), 0, "{fault}");
        assert_eq!(run.count("PUT", "/manifests/latest"), 0, "{fault}");
    }
}

#[test]
fn what_is_no_image_is_not_sent() {
    let good = Image::new("1", "node web.js");
    let mut wrong = Image::new("1", "node web.js");
    wrong.layer[600] ^= 1;
    for (file, told) in [
        (wrong.docker_archive(), "is not what its digest"),
        (b"\x1f\x8b\x08".to_vec(), "compressed with gzip"),
        (good.docker_archive()[..2000].to_vec(), "not whole"),
        (Vec::new(), "not a tar"),
    ] {
        let shop = shop("docker-archive:out/web.tar", &[]);
        shop.write("out/web.tar", &file);
        let run = shop.deploy().run();
        run.exits(66)
            .says("out/web.tar")
            .says(told)
            .changed_nothing();
        assert_eq!(run.count("POST", "/v2/"), 0);
    }
}
