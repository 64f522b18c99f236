//! "Building and Releasing Using the Platform API": a build of a tarball that is somewhere, the list of builds, a build's
//! output, and a source of one's own that is uploaded first.
//!
//! What is corrected: a source is made with `POST /sources` (`/apps/:app/sources` was switched off in 2017); a build that is
//! done is `succeeded`, never `successful`; `slug` may be `null`, and `release` is there; the address of the output is signed,
//! and good only with all that is behind its question mark; a build that succeeded is not deployed yet: its release phase may
//! fail. The document shows how a build is made again where it means how its output is read.

use launchway::sandbox::Origin;
use serde_json::{Value, json};

use super::command;
use crate::slug_file::tarball;
use crate::support::{SINGLE, Shop, WITHOUT_PIPELINE};

const VERSION: &str = "cb6999d361a0244753cf89813207ad53ad906a14";

fn put(url: &str, bytes: Vec<u8>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let put = reqwest::Client::new().put(url).body(bytes).send();
    assert!(runtime.block_on(put).unwrap().status().is_success());
}

#[test]
fn a_build_is_made_of_a_tarball_that_is_somewhere() {
    // Creating builds: `source_blob` with the address of a tarball and its version. It need not be in the platform's store.
    let shop = Shop::new();
    let (there, from) = shop.sandbox.upload_pair("node-js-sample.tgz");
    put(
        &there,
        tarball(&[("Procfile", "web: node .\n"), ("package.json", "{}")]),
    );
    let shop = shop.yaml(&format!(
        "{SINGLE}source: {{url: \"{from}\", version: {VERSION}}}\n"
    ));
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/sources"), 0);
    let body = run.body("POST", "/builds");
    assert_eq!(body["source_blob"]["url"], from.as_str());
    let version = body["source_blob"]["version"].as_str().unwrap();
    assert!(version.starts_with(VERSION), "{version}");

    // Listing builds, with the slug of each.
    let list = command(&shop, &["builds", "--json"], 0).document("builds");
    let build = &list["builds"][0];
    assert_eq!(build["status"], "succeeded");
    assert_eq!(build["source_version"], version);
    // "You can use the slug resource to download slugs to debug builds."
    let id = build["id"].as_str().unwrap();
    let slug = command(&shop, &["slug", "show", id, "--json"], 0).document("slug");
    assert_eq!(slug["id"], build["slug"]);
    command(&shop, &["slug", "download", id, "-o", "slug.tgz"], 0);
    assert!(shop.workspace().join("slug.tgz").is_file());

    // Build output: of a build that is over, too. "A null character chunk may be sent as a heartbeat": none is shown.
    let output = command(&shop, &["builds", "output", id], 0);
    let log = String::from_utf8(output.output.stdout.clone()).unwrap();
    assert!(log.contains("app detected") && !log.contains('\0'), "{log}");
    let stream = output
        .requests
        .iter()
        .find(|one| one.origin == Origin::Stream)
        .unwrap();
    assert!(!stream.authorized);
}

#[test]
fn a_source_of_ones_own_is_uploaded_first() {
    let shop = Shop::new().yaml(SINGLE);
    let run = shop.deploy().run();
    run.exits(0);
    // Create a Source; use put_url to upload data, without a Content-Type; create a build using get_url.
    let upload = run
        .requests
        .iter()
        .find(|one| one.origin == Origin::Upload)
        .unwrap();
    assert_eq!(upload.method, "PUT");
    // The store refuses a Content-Type as well as a token.
    assert_eq!((upload.status, upload.authorized), (200, false));
    let body = run.body("POST", "/builds");
    let url = body["source_blob"]["url"].as_str().unwrap();
    assert!(url.contains(&upload.path), "{url}");
    let order: Vec<&str> = run
        .requests
        .iter()
        .filter(|one| one.method != "GET")
        .map(|one| one.path.rsplit('/').next().unwrap())
        .take(3)
        .collect();
    assert_eq!((order[0], order[2]), ("sources", "builds"));
}

#[test]
fn a_build_that_succeeded_is_not_deployed_where_its_release_failed() {
    let shop = Shop::with(&["release-phase=fail"])
        .yaml(SINGLE)
        .release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(11);
    let list = command(&shop, &["builds", "--json"], 0).document("builds");
    assert_eq!(list["builds"][0]["status"], "succeeded");
    assert_eq!(run.runs("shop-staging"), 2, "what ran before still does");
}

#[test]
fn a_slug_is_released_on_the_apps_where_it_is_wanted() {
    // "Creating a separate app to handle builds and then use the generated slugs to create releases".
    let shop = Shop::new().yaml(SINGLE);
    shop.deploy().run().exits(0);
    let slug = command(&shop, &["slug", "show", "--json"], 0).document("slug")["id"].clone();
    let elsewhere = WITHOUT_PIPELINE
        .replace("shop-staging", "shop-elsewhere")
        .replace(
            "platform: heroku\n",
            &format!(
                "platform: heroku\nbuild: {{slug: {}}}\n",
                slug.as_str().unwrap()
            ),
        );
    let shop = shop.yaml(&elsewhere);
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(run.count("POST", "/builds"), 0);
    let bodies: Vec<Value> = run
        .asked("POST", "/releases")
        .map(|one| one.body.clone().unwrap()["slug"].clone())
        .collect();
    assert_eq!(bodies, vec![json!(slug); 3]);
}
