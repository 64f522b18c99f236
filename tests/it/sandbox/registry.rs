//! The registry of the sandbox, driven by a client that nobody here wrote: images that umoci made are pushed by skopeo, and
//! pulled back by it.

use std::path::Path;
use std::process::Command;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::Client;

/// Runs a tool in a directory: whether it succeeded, and what it printed.
async fn tool(directory: &Path, line: &str) -> (bool, String) {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let directory = directory.to_owned();
    let run = move || {
        Command::new(&words[0])
            .args(&words[1..])
            .current_dir(&directory)
            .env("HOME", &directory)
            .output()
            .unwrap()
    };
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[cfg(unix)]
#[tokio::test]
async fn skopeo_pushes_an_image_and_pulls_it_back() {
    for program in ["umoci", "skopeo"] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("{program} is not installed: not tried");
            return;
        }
    }
    let client = Client::start(&[]).await;
    let token = client.sandbox.token();
    let host = client.sandbox.api_url().trim_start_matches("http://");
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path();
    std::fs::write(at.join("web.js"), "listen()").unwrap();
    std::fs::write(
        at.join("policy.json"),
        json!({"default": [{"type": "insecureAcceptAnything"}]}).to_string(),
    )
    .unwrap();
    for line in [
        "umoci init --layout made",
        "umoci new --image made:web",
        "umoci insert --rootless --image made:web web.js /app/web.js",
        "umoci config --image made:web --config.cmd node --config.cmd web.js",
    ] {
        let (done, said) = tool(at, line).await;
        assert!(done, "{line}: {said}");
    }
    let there = format!("docker://{host}/shop-staging/web");
    let copy = "skopeo --policy policy.json copy";
    let push = format!("{copy} --dest-tls-verify=false --format v2s2");
    let (done, said) = tool(at, &format!("{push} oci:made:web {there}")).await;
    assert!(!done && said.contains("authentication required"), "{said}");
    let push = format!("{push} --dest-creds _:{token}");
    let (done, said) = tool(at, &format!("{push} oci:made:web {there}")).await;
    assert!(done, "{said}");
    // What OCI calls a manifest is not taken.
    let as_oci = push.replace("v2s2", "oci");
    let (done, said) = tool(at, &format!("{as_oci} oci:made:web {there}")).await;
    assert!(!done && said.contains("manifest"), "{said}");
    let nobody = there.replace("shop-staging", "nobody");
    let (done, _) = tool(at, &format!("{push} oci:made:web {nobody}")).await;
    assert!(!done);
    let inspect =
        format!("skopeo --policy policy.json inspect --tls-verify=false --creds _:{token} {there}");
    let (done, said) = tool(at, &inspect).await;
    assert!(done, "{said}");
    let inspected: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(inspected["Layers"].as_array().unwrap().len(), 1, "{said}");
    let pull = format!("{copy} --src-tls-verify=false --src-creds _:{token} {there} dir:back");
    let (done, said) = tool(at, &pull).await;
    assert!(done, "{said}");
    let manifest = std::fs::read(at.join("back/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let layer = layer.trim_start_matches("sha256:");
    let made = at.join("made/blobs/sha256").join(layer);
    assert_eq!(
        std::fs::read(made).unwrap(),
        std::fs::read(at.join("back").join(layer)).unwrap()
    );
}

/// An upload in parts: one that begins elsewhere than where the last one ended is told where that is.
#[tokio::test]
async fn an_upload_goes_on_where_it_broke_off() {
    let client = Client::start(&[]).await;
    let base = client.sandbox.api_url().to_owned();
    let send = |method: Method, place: String| {
        let request = client.plain(method, &format!("{base}{place}"));
        request.basic_auth("_", Some(client.sandbox.token()))
    };
    let begun = send(Method::POST, "/v2/shop-eu/web/blobs/uploads/".to_owned());
    let begun = begun.send().await.unwrap();
    assert_eq!(begun.status(), StatusCode::ACCEPTED);
    let place = begun.headers()["location"].to_str().unwrap().to_owned();
    let part = |range: &'static str, body: &'static str| {
        let request = send(Method::PATCH, place.clone());
        request.header("content-range", range).body(body)
    };
    let first = part("0-4", "hello").send().await.unwrap();
    assert_eq!(first.headers()["range"], "0-4");
    let again = part("0-4", "hello").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(again.headers()["range"], "0-4");
    let seen = send(Method::GET, place.clone()).send().await.unwrap();
    assert_eq!(seen.status(), StatusCode::NO_CONTENT);
    assert_eq!(seen.headers()["range"], "0-4");
    part("5-10", " world").send().await.unwrap();
    let name = "sha256:b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9";
    let end = send(Method::PUT, format!("{place}?digest={name}"));
    assert_eq!(end.send().await.unwrap().status(), StatusCode::CREATED);
    let blob = send(Method::GET, format!("/v2/shop-eu/web/blobs/{name}"));
    let blob = blob.send().await.unwrap();
    assert_eq!(blob.headers()["docker-content-digest"], name);
    assert_eq!(blob.text().await.unwrap(), "hello world");
    let wrong = name.replace("b94d", "0000");
    let wrong = format!("/v2/shop-eu/web/blobs/uploads/?digest={wrong}");
    let wrong = send(Method::POST, wrong).body("hello world");
    assert_eq!(
        wrong.send().await.unwrap().status(),
        StatusCode::BAD_REQUEST
    );
}
