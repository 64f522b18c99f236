//! An article, "How can Heroku containers be released using the Platform API?": pack, upload, release, wait.
//!
//! What is corrected: the archive is a source, which a build makes a slug of (the article: a slug, since "Heroku doesn't
//! accept raw code directly"); it has what a `*` leaves out, and not itself; the address to build from comes with the one to
//! upload to, in the one answer of `POST /sources` (the article asks again, and cuts an id out of the path: sources have
//! none); a source is built (`POST /builds`), never released (`POST /releases` takes a slug or an earlier release); and the
//! wait ends at a deadline, and at words that are neither `succeeded` nor `failed`.
//!
//! Its title's containers, which the text never comes to, are images: they are pushed to the platform's registry and released
//! by `PATCH /formation`.

use launchway::sandbox::{Change, Origin};

use serde_json::json;

use super::command;
use crate::support::{SINGLE, Shop, image::Image};

#[test]
fn the_archive_is_a_source_with_all_that_belongs_to_it() {
    let shop = Shop::new().yaml(SINGLE);
    shop.write(".buildpacks", "heroku/nodejs\n");
    shop.write(".gitignore", "node_modules\n");
    shop.write("node_modules/left/index.js", "1");
    shop.git(&["init", "--quiet"]);
    // Preparing the code. Corrected: `tar -czf source.tar.gz *` drops names with a dot, packs what git ignores, and, run
    // again, its own archive.
    for _ in 0..2 {
        command(&shop, &["pack", "-o", "source.tar.gz"], 0);
    }
    let listed = command(&shop, &["pack", "--list"], 0).output.stdout;
    let listed = String::from_utf8(listed).unwrap();
    assert!(
        listed.contains(".buildpacks") && listed.contains("package.json"),
        "{listed}"
    );
    assert!(!listed.contains("node_modules/left"), "{listed}");
}

#[test]
fn it_is_uploaded_built_and_its_release_followed_to_its_end() {
    let shop = Shop::with(&["release-phase=slow:800ms"])
        .yaml(SINGLE)
        .release_phase("./migrate");
    let run = shop.deploy().run();
    run.exits(0).says("Release command done.");
    // Create a source URL. Corrected: once, at POST /sources, for both addresses.
    assert_eq!(run.count("POST", "/sources"), 1);
    assert!(
        run.asked("POST", "/sources")
            .all(|one| one.path == "/sources")
    );
    assert_eq!(run.count("GET", "/sources"), 0);
    // Upload it.
    let uploads = run
        .requests
        .iter()
        .filter(|one| one.origin == Origin::Upload && one.method == "PUT");
    assert!(uploads.count() >= 1);
    // Creating the actual release. Corrected: a build makes it.
    assert_eq!(run.count("POST", "/builds"), 1);
    assert_eq!(run.count("POST", "/releases"), 0);
    // Monitor the release.
    let release = shop.running_id("shop-staging");
    assert!(run.count("GET", &format!("/releases/{release}")) > 0);
    let list = command(&shop, &["releases", "--json"], 0).document("releases");
    assert_eq!(list["releases"][0]["status"], "succeeded");
}

#[test]
fn a_release_that_failed_ends_the_wait_and_is_told() {
    let shop = Shop::with(&["release-phase=fail"])
        .yaml(SINGLE)
        .release_phase("./migrate");
    shop.deploy()
        .run()
        .exits(11)
        .says("Release command failed with exit status 1.");
    let output = command(&shop, &["releases", "output", "v3"], 0)
        .output
        .stdout;
    assert!(String::from_utf8(output).unwrap().contains("./migrate"));
}

#[test]
fn the_wait_ends_where_the_article_would_wait_for_ever() {
    // Neither `succeeded` nor `failed`: it never ends, or its artefact is destroyed meanwhile (`expired`).
    let shop = Shop::with(&["release-phase=never"]).yaml(SINGLE);
    let run = shop.deploy().args(&["--timeout", "5s"]).run();
    run.exits(124);
    let shop = Shop::with(&["release-phase=never"]).yaml(SINGLE);
    let mut live = shop.deploy().start();
    live.until("release_started");
    shop.change(Change::Expire {
        app: "shop-staging".to_owned(),
        version: 3,
    });
    live.end().exits(11).says("expired");
}

#[test]
fn containers_are_pushed_and_released_by_the_formation() {
    let image = Image::new("1", "node web.js");
    let shop = Shop::new().yaml(&format!(
        "{SINGLE}build: {{images: {{web: \"docker-archive:web.tar\"}}}}\n"
    ));
    shop.write("web.tar", &image.docker_archive());
    let container = json!({"build_stack": "container"});
    shop.answer("PATCH", "/apps/shop-staging", &container);
    let run = shop.deploy().run();
    run.exits(0);
    // Corrected: no archive of the code goes to `POST /sources`, and no slug to `POST /releases`.
    for path in ["/sources", "/builds", "/slugs", "/releases"] {
        assert_eq!(run.count("POST", path), 0, "{path}");
    }
    let tagged = run.asked("PUT", "/manifests/latest").next().unwrap();
    assert_eq!(tagged.path, "/v2/shop-staging/web/manifests/latest");
    let released = run.asked("PATCH", "/formation").next().unwrap();
    let updates = &released.body.as_ref().unwrap()["updates"];
    assert_eq!(
        updates,
        &json!([{"type": "web", "docker_image": image.id()}])
    );
    assert_eq!(
        run.app("shop-staging")["images"],
        json!({"web": image.id()})
    );
}
