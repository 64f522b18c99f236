//! A slug that was made elsewhere: `build.slug` with a file, and with the id of one that is there.

use flate2::{Compression, write::GzEncoder};
use launchway::sandbox::Origin;
use serde_json::json;
use tar::{Builder, Header};

use crate::support::Shop;

const BUILD: &str = "build: {slug: out/slug.tgz, process_types: {web: node web.js}}\n";

const PIPELINE: &str = "\
version: 1
platform: heroku
pipeline: acme-shop
stages:
  - stage: staging
    app: shop-staging
    verify:
      - http: {path: /health, body: \"${version}\", within: 5s, every: 20ms}
  - stage: production
    apps: [shop-eu, shop-us]
";

/// A gzipped tarball of these files, whose names are left as they are.
pub(crate) fn tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (name, content) in files {
        let mut header = Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// A shop whose slug is in a file.
fn shop(faults: &[&str]) -> Shop {
    let shop = Shop::with(faults).yaml(&format!("{PIPELINE}{BUILD}"));
    shop.write("out/slug.tgz", &tarball(&[("./app/web.js", "listen()")]));
    shop
}

#[test]
fn it_is_sent_released_and_promoted() {
    let shop = shop(&[]);
    let commit = shop.commit();
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/slugs"), 1);
    assert_eq!(run.count("POST", "/builds"), 0);
    assert_eq!(run.count("POST", "/releases"), 1);
    assert_eq!(run.count("POST", "/pipeline-promotions"), 1);
    let uploads = run.requests.iter().filter(|r| r.origin == Origin::Upload);
    assert_eq!(uploads.count(), 1);
    let record = run.record();
    let version = record["source"]["version"].as_str().unwrap();
    assert!(version.starts_with(&format!("{commit}-")), "{version}");
    assert_eq!(record["source"]["commit"], commit);
    let asked = run.asked("POST", "/slugs").next().unwrap();
    let body = asked.body.as_ref().unwrap();
    assert_eq!(body["commit"], version);
    assert_eq!(body["process_types"], json!({"web": "node web.js"}));
    let sha256 = record["source"]["sha256"].as_str().unwrap();
    assert_eq!(body["checksum"], format!("SHA256:{sha256}"));
    assert_eq!(record["stages"][0]["how"], "release");
    assert_eq!(record["stages"][1]["how"], "promote");
    assert_eq!(
        shop.running("shop-staging")["slug"],
        shop.running("shop-us")["slug"]
    );
    let again = shop.deploy().run();
    again.exits(0).says("nothing to do").changed_nothing();
    assert_eq!(again.count("POST", "/slugs"), 0);
}

#[test]
fn without_a_pipeline_every_app_gets_the_slug_itself() {
    let yaml = PIPELINE.replace("pipeline: acme-shop\n", "");
    let shop = shop(&[]).yaml(&format!("{yaml}{BUILD}"));
    let run = shop.deploy().run();
    run.exits(0);
    assert_ending!("released", run);
    assert_eq!(run.count("POST", "/slugs"), 1);
    assert_eq!(run.count("POST", "/releases"), 3);
    assert_eq!(
        shop.running("shop-staging")["slug"],
        shop.running("shop-eu")["slug"]
    );
}

#[test]
fn the_same_file_that_runs_something_else_is_other_code() {
    let shop = shop(&[]);
    shop.deploy().run().exits(0);
    let yaml = format!("{PIPELINE}{BUILD}").replace("node web.js", "node worker.js");
    let shop = shop.yaml(&yaml);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/slugs"), 1);
    assert_eq!(run.runs("shop-eu"), 4);
}

#[test]
fn one_that_is_there_is_released_by_its_id() {
    let shop = Shop::new();
    shop.deploy().run().exits(0);
    let id = shop.running("shop-staging")["slug"]["id"].clone();
    let id = id.as_str().unwrap();
    shop.somebody_releases_to("shop-staging");
    let shop = shop.yaml(&format!("{PIPELINE}build: {{slug: {id}}}\n"));
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/slugs"), 0);
    assert_eq!(run.count("POST", "/builds"), 0);
    // Production runs it still.
    assert_eq!(run.count("POST", "/pipeline-promotions"), 0);
    assert_eq!(shop.running("shop-staging")["slug"]["id"], id);
    let again = shop.deploy().run();
    again.exits(0).says("nothing to do").changed_nothing();
    let forced = shop.deploy().args(&["--force", "--to", "staging"]).run();
    forced.exits(0);
    assert_eq!(forced.count("POST", "/releases"), 1);
}

#[test]
fn an_id_that_nobody_has_is_refused() {
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    let shop = Shop::new().yaml(&format!("{PIPELINE}build: {{slug: {id}}}\n"));
    let run = shop.deploy().run();
    run.exits(16).says("has no slug").says("refused to create");
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn what_is_no_slug_is_not_sent() {
    let shop = shop(&[]);
    for (file, said) in [
        (tarball(&[("web.js", "")]), "web.js is not under ./app"),
        (b"no gzip".to_vec(), "is not whole"),
        (tarball(&[("./app/../../etc/x", "")]), "leads out of ./app"),
        (
            tarball(&[("./app/a\u{1b}[31m", ""), ("b", "")]),
            "b is not under",
        ),
    ] {
        shop.write("out/slug.tgz", &file);
        let run = shop.deploy().run();
        run.exits(66).says(said).changed_nothing();
        assert_eq!(run.count("POST", "/slugs"), 0);
    }
    let missing = shop.yaml(&format!("{PIPELINE}{BUILD}").replace("out/", "dist/"));
    missing.deploy().run().exits(66).says("can't read the slug");
}

#[test]
fn after_a_failed_release_phase_the_same_slug_is_released_again() {
    let yaml = format!("{PIPELINE}{BUILD}").replace("node web.js", "node ., release: ./migrate");
    let shop = shop(&["release-phase=fail@1"]).yaml(&yaml);
    shop.deploy()
        .run()
        .exits(11)
        .says("the release phase failed");
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/slugs"), 0);
    assert_eq!(run.count("POST", "/releases"), 1);
    assert_eq!(run.runs("shop-staging"), 4);
}

#[test]
fn a_lost_answer_is_found_and_nothing_is_released_twice() {
    for fault in [
        "http=503@1:POST slugs",
        "http=reset-after@1:POST slugs",
        "http=503@1-2:PUT upload",
        "http=403@1:PUT upload",
        "http=reset-after@1:POST /apps/*/releases$",
        "http=500@1:POST /apps/*/releases$",
        "http=503@1-3:GET slugs",
    ] {
        let run = shop(&[fault]).deploy().run();
        assert_eq!(run.code, 0, "{fault}: {}", run.stderr);
        assert_eq!(run.runs("shop-staging"), 3, "{fault}");
    }
}

#[test]
fn a_slug_that_the_platform_refuses_changes_nothing() {
    for (fault, code) in [
        ("http=422@*:POST slugs", 16),
        ("http=403@*:PUT upload", 69),
        ("upload=corrupt", 16),
    ] {
        let run = shop(&[fault]).deploy().run();
        assert_eq!(run.code, code, "{fault}: {}", run.stderr);
        assert_eq!(run.runs("shop-staging"), 2, "{fault}");
    }
}

#[test]
fn plan_says_what_would_be_released() {
    let shop = shop(&[]);
    let text = shop.plan_text(&[]);
    assert!(text.contains("slug       version sha256-"), "{text}");
    assert!(text.contains("release the slug; now v2"), "{text}");
    let offline = shop.plan_text(&["--offline"]);
    assert!(offline.contains("slug       version sha256-"), "{offline}");
}
