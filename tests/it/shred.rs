//! `source.shred`: once the build is over, nothing of the source is left where it was uploaded.

use launchway::sandbox::Origin;
use serde_json::Value;

use crate::support::{Run, SINGLE, Shop};

const KEPT: &str = "source: {shred: false}\n";

/// The uploads among the requests, by their places.
fn uploads(run: &Run) -> Vec<usize> {
    let requests = run.requests.iter().enumerate();
    let puts = requests.filter(|(_, one)| one.origin == Origin::Upload && one.method == "PUT");
    puts.map(|(at, _)| at).collect()
}

/// How many bytes are there after each upload, at the end.
fn left(run: &Run) -> Vec<u64> {
    let places = uploads(run).into_iter().map(|at| &run.requests[at].path);
    places
        .map(|path| run.state["uploads"][path].as_u64().unwrap())
        .collect()
}

#[test]
fn nothing_is_left_of_the_source_once_the_build_is_over() {
    let shop = Shop::new();
    let run = shop.deploy().args(&["-v"]).run();
    run.exits(0).says("overwritten: the build is over");
    assert_eq!(left(&run), [0, 0]);
    let [put, over] = uploads(&run)[..] else {
        panic!("{:?}", run.requests);
    };
    assert_eq!(run.requests[put].path, run.requests[over].path);
    let last_look = run
        .requests
        .iter()
        .rposition(|one| one.method == "GET" && one.path.contains("/builds/"));
    assert!(last_look < Some(over), "{last_look:?} {over}");
    assert!(
        run.events()
            .any(|event| event["event"] == "source_shredded")
    );
}

#[test]
fn it_is_left_where_deploy_yaml_says_so() {
    let shop = Shop::new().yaml(&format!("{SINGLE}{KEPT}"));
    let run = shop.deploy().run();
    run.exits(0);
    assert_eq!(uploads(&run).len(), 1);
    assert_ne!(left(&run), [0]);
}

#[test]
fn what_can_not_be_overwritten_is_a_warning() {
    for fault in ["upload=403@2", "upload=503@2+"] {
        let run = Shop::with(&[fault]).deploy().run();
        run.exits(0)
            .says("the uploaded source was not overwritten")
            .says("a copy of it stays there until it expires");
        // One try: nobody waits for it.
        assert_eq!(uploads(&run).len(), 2, "{fault}");
    }
}

#[test]
fn the_release_does_not_wait_for_it() {
    let run = Shop::with(&["http=hang@2:PUT upload"])
        .yaml(SINGLE)
        .deploy()
        .run();
    run.exits(0);
    let at = |found: &dyn Fn(&Value) -> bool| run.events().position(|event| found(&event));
    let warned = at(&|event| {
        let message = event["message"].as_str().unwrap_or_default();
        message.contains("was not overwritten (no answer in time)")
    });
    let released = at(&|event| event["event"] == "release_started");
    assert!(
        released.is_some() && released < warned,
        "{released:?} {warned:?}"
    );
}

#[test]
fn a_build_that_failed_needs_its_source_no_more() {
    let run = Shop::with(&["build=fail"]).yaml(SINGLE).deploy().run();
    run.exits(10);
    assert_eq!(left(&run), [0, 0]);
    let run = Shop::with(&["build=notice"]).yaml(SINGLE).deploy().run();
    run.exits(0);
    assert_eq!(left(&run), [0, 0, 0, 0]);
}

#[test]
fn a_build_that_may_be_under_way_keeps_its_source() {
    let run = Shop::with(&["build=never", "http=503@3+:GET build"])
        .yaml(SINGLE)
        .deploy()
        .run();
    run.exits(20);
    assert_eq!(uploads(&run).len(), 1);
}
