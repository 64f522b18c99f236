//! How a source gets to the platform.

use serde_json::json;

use super::support::ONE;
use crate::support::Shop;

/// Bytes that no compression makes smaller.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

fn with(keys: &str) -> String {
    format!("{ONE}{keys}\n")
}

#[test]
fn a_small_archive_goes_within_the_request() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    let run = shop.deploy().run();
    run.exits(0).says("development runs version");
    let body = run.body("POST", "/builds");
    assert!(
        body["url"]
            .as_str()
            .unwrap()
            .starts_with("data:base64,H4sI"),
        "{body}"
    );
    assert!(
        body["checksum"].as_str().unwrap().starts_with("sha256:"),
        "{body}"
    );
    assert!(!run.stderr.contains("H4sI"), "no archive in the output");
}

#[test]
fn the_largest_archive_that_is_sent_is_built() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    shop.write("noise", &noise(71_500));
    shop.deploy().run().exits(0).says("done in");
}

#[test]
fn one_that_is_too_large_is_refused_before_anything_is_sent() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    shop.write("noise", &noise(80_000));
    let run = shop.deploy().run();
    run.exits(66)
        .says("nothing was sent to the platform")
        .says("source.upload");
    assert!(run.requests.iter().all(|request| request.method == "GET"));
}

#[test]
fn without_a_dockerfile_nothing_is_sent() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    shop.remove("Dockerfile");
    shop.write("index.js", b"1");
    for command in ["plan", "deploy"] {
        let run = shop.launchway(&[command]).run();
        run.exits(66)
            .says("there is no Dockerfile at the root of the source");
        assert!(run.requests.iter().all(|request| request.method == "GET"));
    }
}

#[test]
fn a_large_archive_goes_through_an_upload_host() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    let (put, get) = shop.sandbox.upload_pair("shop.tgz");
    shop.write(
        "deploy.yaml",
        with(&format!(
            "source: {{upload: {{put: \"{put}\", get: \"{get}\"}}}}"
        ))
        .as_bytes(),
    );
    shop.write("noise", &noise(200_000));
    let run = shop.deploy().args(&["--verbose"]).run();
    run.exits(0);
    let query = put.split_once("X-Amz-Signature=").unwrap().1;
    assert!(!run.stdout.concat().contains(query) && !run.stderr.contains(query));
}

#[test]
fn config_vars_count_before_anything_is_sent_and_in_the_plan() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    shop.write("noise", &noise(60_000));
    shop.launchway(&["plan"]).run().exits(0);
    let vars = json!({"LARGE": "x".repeat(19_000)});
    shop.ask("PATCH", "/apps/web-dev/config-vars", &vars);
    for command in ["plan", "deploy"] {
        let run = shop.launchway(&[command]).run();
        run.exits(66)
            .says("beside the app's config vars (19 kB)")
            .says("fewer or shorter config vars");
        assert!(run.requests.iter().all(|request| request.method == "GET"));
    }
}

#[test]
fn an_image_needs_neither_dockerfile_nor_archive() {
    let shop = Shop::akkeris(
        // Nobody listens there, so its digest is not known.
        &with("build: {image: \"docker://me:pass-word-1@127.0.0.1:1/acme/web:1.2.3\"}"),
        &[],
        &[],
    );
    shop.remove("Dockerfile");
    let run = shop.deploy().run();
    run.exits(0).says("runs version 127.0.0.1:1/acme/web:1.2.3");
    assert!(!run.stderr.contains("pass-word-1"));
}
