//! What there is on an app: `builds`, `releases` and `slug`, for people and as documents; logs again; the file of a slug.

use std::fmt::Write as _;
use std::process::Output;

use launchway::sandbox::Origin;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::support::{self, SINGLE, Shop, WITHOUT_PIPELINE};

/// A shop with a release phase, which has been deployed to.
fn deployed(faults: &[&str]) -> Shop {
    let shop = Shop::with(faults).yaml(SINGLE);
    shop.deploy().run().exits(0);
    shop
}

/// What a command prints, which must end like this.
#[track_caller]
pub(crate) fn run(shop: &Shop, arguments: &[&str], code: i32) -> Output {
    let output = shop.launchway(arguments).output();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    for text in [text(&output.stdout), stderr] {
        assert!(!text.contains("Signature="), "{text}");
        let control = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(control), "{text:?}");
    }
    output
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The document that a command prints, after it was held against its schema.
#[track_caller]
pub(crate) fn document(shop: &Shop, arguments: &[&str], schema: &str) -> Value {
    let output = run(shop, arguments, 0);
    support::document(&output, schema)
}

/// The id of the newest build of an app.
fn build(shop: &Shop, app: &str) -> String {
    let state = shop.state();
    let builds = state["apps"][app]["builds"].as_array().unwrap();
    builds.last().unwrap()["id"].as_str().unwrap().to_owned()
}

#[test]
fn builds_are_listed_the_newest_first() {
    let shop = deployed(&[]);
    shop.deploy().args(&["--force"]).run().exits(0);
    let list = document(&shop, &["builds", "--json"], "builds");
    let builds = list["builds"].as_array().unwrap();
    assert_eq!(builds.len(), 2);
    assert_eq!(builds[0]["id"], build(&shop, "shop-staging"));
    assert_eq!(builds[0]["status"], "succeeded");
    assert!(builds[0]["slug"].is_string() && builds[0]["by"].is_string());
    let table = text(&run(&shop, &["builds", "list", "-n", "1"], 0).stdout);
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(
        table.starts_with("build ") && table.contains("succeeded"),
        "{table}"
    );
    run(&shop, &["builds", "--app", "nobodys-app"], 16);
}

#[test]
fn a_list_is_read_over_its_pages() {
    let shop = deployed(&["page=1"]);
    shop.deploy().args(&["--force"]).run().exits(0);
    let list = document(&shop, &["releases", "--json"], "releases");
    let versions: Vec<u64> = list["releases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|release| release["version"].as_u64().unwrap())
        .collect();
    assert!(
        versions.len() >= 4 && versions.is_sorted_by(|a, b| a > b),
        "{versions:?}"
    );
    assert_eq!(list["releases"][0]["current"], true);
    let two = document(&shop, &["releases", "-n", "2", "--json"], "releases");
    assert_eq!(two["releases"].as_array().unwrap().len(), 2);
}

#[test]
fn without_a_deploy_yaml_an_app_is_enough() {
    let shop = deployed(&[]);
    std::fs::remove_file(shop.workspace().join("deploy.yaml")).unwrap();
    let table = text(&run(&shop, &["releases", "--app", "shop-staging"], 0).stdout);
    assert!(
        table.contains("v3") && table.contains("succeeded, live"),
        "{table}"
    );
    run(&shop, &["releases"], 65);
}

#[test]
fn the_log_of_a_build_is_shown_again() {
    let shop = Shop::new().yaml(SINGLE);
    let deploy = shop.deploy().run();
    deploy.exits(0);
    let id = build(&shop, "shop-staging");
    let output = run(&shop, &["builds", "output", &id], 0);
    let shown = text(&output.stdout);
    let logged = deploy.output();
    let lines = |of: &mut dyn Iterator<Item = &str>| -> Vec<String> {
        of.map(|line| line.trim().to_owned()).collect()
    };
    assert!(shown.lines().count() > 3, "{shown}");
    assert_eq!(
        lines(&mut shown.lines()),
        lines(&mut logged.iter().map(String::as_str))
    );
    run(
        &shop,
        &["builds", "output", "01234567-89ab-cdef-0123-456789abcdef"],
        16,
    );
}

#[test]
fn a_release_without_a_release_phase_has_no_log() {
    let shop = deployed(&[]);
    let output = run(&shop, &["releases", "output", "v3"], 0);
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("v3 of shop-staging has no log"));
}

#[test]
fn only_what_is_pending_is_cancelled() {
    let shop = deployed(&[]);
    let id = build(&shop, "shop-staging");
    let output = run(&shop, &["builds", "cancel", &id], 16);
    let said = text(&output.stderr);
    assert!(
        said.contains("has succeeded: only what is pending can be cancelled"),
        "{said}"
    );
}

#[test]
fn a_pending_build_is_cancelled() {
    let shop = Shop::with(&["build=never"]).yaml(WITHOUT_PIPELINE);
    let mut live = shop.deploy().start();
    live.until("build_started");
    let id = build(&shop, "shop-staging");
    let output = run(&shop, &["builds", "cancel", &id], 0);
    assert!(text(&output.stderr).contains("was cancelled"));
    live.end().exits(10);
}

#[test]
fn a_slug_is_shown_and_downloaded() {
    let shop = deployed(&[]);
    let shown = document(&shop, &["slug", "show", "--json"], "slug");
    let (id, sha256) = (shown["id"].as_str().unwrap(), &shown["sha256"]);
    assert_eq!(shown["file"], true);
    let of_build = build(&shop, "shop-staging");
    for which in [id, "v3", "3", &of_build] {
        let same = document(&shop, &["slug", "show", which, "--json"], "slug");
        assert_eq!(same["id"], id, "{which}");
    }
    run(&shop, &["slug", "download", "v3", "-o", "out.tgz"], 0);
    let file = std::fs::read(shop.workspace().join("out.tgz")).unwrap();
    let mut digest = String::new();
    for byte in Sha256::digest(&file) {
        write!(digest, "{byte:02x}").unwrap();
    }
    assert_eq!(digest, *sha256);
    assert_eq!(shown["bytes"], file.len());
    run(&shop, &["slug", "download", "-o", "missing/out.tgz"], 74);
    run(&shop, &["slug", "show", "v99"], 16);
    let left = std::fs::read_dir(shop.workspace()).unwrap();
    let left = left.filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with(".launchway")
    });
    assert_eq!(left.count(), 0);
}

/// The log of the newest build, line by line.
#[track_caller]
fn log(shop: &Shop) -> Vec<String> {
    let id = build(shop, "shop-staging");
    let output = run(shop, &["builds", "output", &id], 0);
    text(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn a_log_is_whole_however_its_stream_breaks() {
    let shop = deployed(&["log=flood:2000"]);
    let whole = log(&shop);
    assert!(whole.len() > 2000, "{}", whole.len());
    for fault in [
        "stream=cut:50%",
        "stream=reset:30%",
        "stream=text",
        "stream=late:2",
    ] {
        shop.set_faults(&[fault]);
        assert_eq!(log(&shop), whole, "{fault}");
    }
}

#[test]
fn a_log_that_can_not_be_read_is_no_success() {
    let shop = deployed(&[]);
    shop.set_faults(&["http=403@*:stream"]);
    let id = build(&shop, "shop-staging");
    let output = run(&shop, &["builds", "output", &id], 20);
    assert!(
        text(&output.stderr).contains("is not shown in full"),
        "{output:?}"
    );
}

#[test]
fn a_hostile_log_drives_nobody() {
    let shop = deployed(&["log=hostile"]);
    let lines = log(&shop);
    for line in &lines {
        assert!(
            !line.trim_start().starts_with("::") && !line.contains("##["),
            "{line}"
        );
    }
    assert!(
        lines.iter().any(|line| line.contains("glued")),
        "{lines:#?}"
    );
}

#[test]
fn the_log_of_a_pending_build_is_followed_to_its_end() {
    let shop = Shop::with(&["build=slow:300ms"]).yaml(SINGLE);
    let mut live = shop.deploy().start();
    live.until("build_started");
    let lines = log(&shop);
    live.end().exits(0);
    assert_eq!(lines, log(&shop));
}

#[test]
fn the_log_of_a_release_phase_is_shown_again() {
    let shop = Shop::new().yaml(SINGLE).release_phase("./migrate");
    let deploy = shop.deploy().run();
    deploy.exits(0);
    let shown = text(&run(&shop, &["releases", "output", "v3"], 0).stdout);
    assert!(!shown.trim().is_empty());
    let logged = deploy.output();
    assert!(
        shown
            .lines()
            .all(|line| logged.iter().any(|l| l.trim() == line.trim())),
        "{shown}"
    );
}

/// Puts what is not the file of a new slug in its place, if there is to be anything.
fn slug_with(shop: &Shop, bytes: Option<&'static str>) -> String {
    let wanted = serde_json::json!({
        "process_types": {"web": "node x"},
        "checksum": format!("SHA256:{}", "0a".repeat(32)),
    });
    let (status, answer) = shop.answer("POST", "/apps/shop-staging/slugs", &wanted);
    assert_eq!(status, 201, "{answer}");
    let slug: Value = serde_json::from_str(&answer).unwrap();
    if let Some(bytes) = bytes {
        let url = slug["blob"]["url"].as_str().unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let put = reqwest::Client::new().put(url).body(bytes).send();
        assert!(runtime.block_on(put).unwrap().status().is_success());
    }
    slug["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_not_kept() {
    let shop = deployed(&[]);
    for (bytes, code, says) in [
        (Some("other bytes"), 69, "its SHA-256 is"),
        (None, 16, "downloading slug"),
    ] {
        let id = slug_with(&shop, bytes);
        shop.write("out.tgz", "what was there");
        let output = run(&shop, &["slug", "download", &id, "-o", "out.tgz"], code);
        let said = text(&output.stderr);
        assert!(said.contains(says), "{said}");
        let kept = std::fs::read_to_string(shop.workspace().join("out.tgz")).unwrap();
        assert_eq!(kept, "what was there");
    }
}

#[test]
fn a_host_that_refuses_the_file_is_asked_again_at_a_new_address() {
    let shop = deployed(&[]);
    let mut first = None;
    for (fault, code) in [
        ("web=200", 0),
        ("http=403@1:GET upload", 0),
        ("http=503@1-2:GET upload", 0),
        ("http=404@1:GET upload", 0),
        ("http=302@*:GET upload", 69),
        ("http=401@*:GET upload", 69),
        ("http=403@*:GET upload", 69),
        ("http=422@*:GET upload", 69),
        ("http=500@*:GET upload", 69),
        ("http=429@*:GET upload", 75),
        ("http=404@*:GET upload", 16),
    ] {
        shop.set_faults(&[fault]);
        shop.write("out.tgz", "what was there");
        let before = shop.requests().len();
        let output = run(&shop, &["slug", "download", "v3", "-o", "out.tgz"], code);
        let said = text(&output.stderr);
        let requests = shop.requests();
        let asked = requests[before..]
            .iter()
            .filter(|one| one.origin == Origin::Api && one.path.contains("/slugs/"));
        let tries = requests[before..]
            .iter()
            .filter(|one| one.origin == Origin::Upload);
        // Each further try has an address of its own.
        let (asked, tries) = (asked.count(), tries.count());
        let first = *first.get_or_insert(asked);
        assert_eq!(asked, first + tries - 1, "{fault}: {said}");
        let kept = std::fs::read(shop.workspace().join("out.tgz")).unwrap();
        assert_eq!(kept != b"what was there", code == 0, "{fault}");
    }
}
