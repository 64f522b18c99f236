//! Layers that apps and process types share: the registry takes them from the repository that has them.

use crate::images::{BUILD, shop, web, worker};
use crate::support::{Run, Stub, image::Image};

const APPS: [&str; 3] = ["shop-staging", "shop-eu", "shop-us"];

/// How many bytes this run sent to the registry, by what it says.
fn parts_sent(run: &Run) -> usize {
    let sent = run
        .requests
        .iter()
        .filter(|one| one.method == "PATCH" && one.path.contains("/blobs/uploads/"));
    sent.count()
}

fn bytes_sent(run: &Run) -> u64 {
    let uploads = run.events().filter(|event| event["event"] == "uploaded");
    uploads.map(|event| event["bytes"].as_u64().unwrap()).sum()
}

fn mounts(run: &Run) -> usize {
    let begun = run
        .requests
        .iter()
        .filter(|one| one.method == "POST" && one.path.contains("/blobs/uploads/"));
    begun.count() - parts_sent(run)
}

#[test]
fn what_is_shared_is_sent_once() {
    let shop = shop(BUILD, &[]);
    let run = shop.deploy().run();
    run.exits(0)
        .says("1 was taken from another repository")
        .says("nothing sent, 2 were taken from another repository");
    // Two configurations and the layer of both, which is compressed on the way.
    assert_eq!(parts_sent(&run), 3);
    assert_eq!(mounts(&run), 9);
    let configs = (web().config.len() + worker().config.len()) as u64;
    let layer = bytes_sent(&run) - configs;
    assert!(0 < layer && layer < web().layer.len() as u64, "{layer}");
    for app in APPS {
        assert_eq!(shop.running(app)["images"]["web"], web().id(), "{app}");
    }
    // What is tagged in the first app is known to be there.
    let other = Image::new("1", "node other.js");
    shop.write("out/worker.tar", &other.docker_archive());
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(parts_sent(&run), 1);
    assert_eq!(bytes_sent(&run), other.config.len() as u64);
}

#[test]
fn a_registry_that_does_not_do_it_is_sent_all() {
    for fault in [
        // The second blob of the first app's worker is the layer that its web has.
        "http=404@3:POST /v2/*/*/blobs/uploads",
        "http=403@3:POST /v2/*/*/blobs/uploads",
        "http=405@3:POST /v2/*/*/blobs/uploads",
    ] {
        let shop = shop(BUILD, &[fault]);
        let run = shop.deploy().run();
        run.exits(0).does_not_say("retrying");
        assert_eq!(parts_sent(&run), 4, "{fault}");
    }
    // One that begins an upload in its place: that one goes on.
    let registry = Stub::asked(|_, request| {
        let own = match request.split(' ').next() {
            Some("POST") => "202 Accepted\r\nLocation: /v2/upload",
            Some("PATCH") => "202 Accepted\r\nLocation: /v2/upload?part=2",
            Some("PUT") => "201 Created",
            _ => "404 Not Found",
        };
        format!("{own}\r\nContent-Length: 0\r\n\r\n")
    });
    let shop = shop(BUILD, &[]);
    let run = shop
        .deploy()
        .env("LAUNCHWAY_REGISTRY_URL", &registry.url)
        .run();
    // The sandbox has not got those images.
    run.exits(11);
    let heard = registry.heard();
    let count = |start: &str, part: &str| {
        let asked = heard.iter().filter_map(|one| one.lines().next());
        asked
            .filter(|line| line.starts_with(start) && line.contains(part))
            .count()
    };
    assert_eq!(count("POST", "mount=sha256:"), 1, "{heard:#?}");
    assert_eq!(count("POST", "&from=shop-staging/web"), 1, "{heard:#?}");
    assert_eq!((count("POST", ""), count("PATCH", "")), (4, 4));
    assert_eq!(count("GET", "/v2/upload"), 0, "{heard:#?}");
}

#[test]
fn an_outage_while_it_is_asked_for_is_waited_out() {
    for fault in [
        "http=503@4:POST /v2/*/*/blobs/uploads",
        "http=reset-after@4:POST /v2/*/*/blobs/uploads",
        "http=429@4:POST /v2/*/*/blobs/uploads",
    ] {
        let shop = shop(BUILD, &[fault]);
        shop.deploy().run().exits(0);
    }
}

#[test]
fn a_blob_that_the_registry_keeps_elsewhere_is_there() {
    let shop = shop(BUILD, &[]);
    shop.deploy().run().exits(0);
    shop.set_faults(&["blob=elsewhere@*"]);
    let other = Image::new("1", "node other.js");
    shop.write("out/web.tar", &other.docker_archive());
    let run = shop.deploy().run();
    run.exits(0).says("1 was there");
    assert_eq!(parts_sent(&run), 1);
    let uploads = run
        .requests
        .iter()
        .filter(|one| one.origin == launchway::sandbox::Origin::Upload);
    assert_eq!(uploads.count(), 0);
}
