//! A platform that can't be reached: harmless before anything was changed, `unknown` after.

use std::io::{Read as _, Write as _};

use crate::support::{SINGLE, Shop, Stub, WITHOUT_PIPELINE, closed_port};

#[test]
fn a_platform_that_can_not_be_reached() {
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(&closed_port())).run();
    run.exits(69).changed_nothing();
    assert_ending!("unreachable", run);
}

#[test]
fn a_platform_that_is_down_before_anything_was_changed() {
    let shop = Shop::with(&["http=503@*:api"]);
    let run = shop.deploy().tempo("0.01").run();
    run.exits(69).changed_nothing();
    assert_ending!("down_before", run);
}

#[test]
fn a_page_of_html_is_no_answer() {
    let shop = Shop::with(&["http=503,html@*:api"]);
    let run = shop.deploy().tempo("0.01").run();
    run.exits(69)
        .changed_nothing()
        .says("a page of HTML: Application Error");
}

#[test]
fn a_server_that_is_no_platform() {
    let stub = Stub::answering(
        "200 OK",
        "Content-Type: text/html\r\n",
        "<html>hello</html>",
    );
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(&stub.url)).tempo("0.01").run();
    run.exits(69);
    assert_ending!("no_platform", run);
}

#[test]
fn an_answer_that_is_longer_than_any_of_the_platforms() {
    let padding = " ".repeat(4 << 20);
    let body = format!(r#"{{"id": "a", "name": "b"{padding}}}"#);
    let stub = Stub::answering("200 OK", "Content-Type: application/json\r\n", body.leak());
    let shop = Shop::new();
    let run = shop.deploy().api_url(Some(&stub.url)).tempo("0.01").run();
    run.exits(69).says("with more than 4.2 MB");
}

#[test]
fn a_rate_limit_that_does_not_go_away() {
    for fault in ["http=429@*:api", "http=429,retry-after=86400@*:api"] {
        let shop = Shop::with(&[fault]);
        let run = shop.deploy().tempo("0.01").run();
        run.exits(75).changed_nothing();
        assert_ending!("rate_limited", run);
    }
}

#[test]
fn a_build_that_is_lost_sight_of() {
    let shop = Shop::with(&["build=never", "http=503@2+:GET /apps/*/builds/*"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("build", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
    assert_eq!(run.outcome("shop-eu"), "not_started");
}

#[test]
fn a_release_that_is_lost_sight_of() {
    let shop = Shop::with(&[
        "release-phase=never",
        "http=reset@2+:GET /apps/*/releases/*",
    ])
    .yaml(SINGLE);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("release", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
}

#[test]
fn a_promotion_that_is_lost_sight_of() {
    let shop = Shop::with(&["http=503@*:GET targets"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("promotion", run);
    assert_eq!(run.outcome("shop-staging"), "succeeded");
    assert_eq!(run.outcome("shop-eu"), "unknown");
    assert_eq!(run.outcome("shop-us"), "unknown");
}

/// Ways to lose the answer to a request that was carried out.
const DONE: [&str; 4] = ["500,after", "reset-after", "reset-in-body", "truncated"];
/// Ways to lose the answer to a request that was not.
const NOT_DONE: [&str; 3] = ["500", "reset", "html"];

#[test]
fn a_build_whose_creation_is_unknown_is_made_once() {
    for effect in DONE.iter().chain(&NOT_DONE) {
        let shop = Shop::with(&[&format!("http={effect}:POST builds")]).yaml(SINGLE);
        let run = shop.deploy().run();
        run.exits(0);
        let builds = run.state["apps"]["shop-staging"]["builds"].as_array();
        assert_eq!(builds.unwrap().len(), 1, "{effect}");
    }
}

#[test]
fn a_promotion_whose_creation_is_unknown_is_made_once() {
    for effect in DONE {
        let shop = Shop::with(&[&format!("http={effect}:POST promotions")]);
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(
            (run.runs("shop-eu"), run.runs("shop-us")),
            (3, 3),
            "{effect}"
        );
    }
}

#[test]
fn a_slug_release_whose_creation_is_unknown_is_made_once() {
    for effect in DONE.iter().chain(&NOT_DONE) {
        let fault = format!("http={effect}@1:POST releases");
        let shop = Shop::with(&[&fault]).yaml(WITHOUT_PIPELINE);
        let run = shop.deploy().run();
        run.exits(0);
        assert_eq!(
            (run.runs("shop-eu"), run.runs("shop-us")),
            (3, 3),
            "{effect}"
        );
    }
}

#[test]
fn a_build_that_is_never_known_to_be_made_is_unknown() {
    let shop = Shop::with(&["http=500@*:POST builds"]);
    let run = shop.deploy().run();
    run.exits(20);
    assert_ending!("build_unknown", run);
    assert_eq!(run.outcome("shop-staging"), "unknown");
    assert_eq!(run.outcome("shop-eu"), "not_started");
}

#[test]
fn a_promotion_that_is_never_known_to_be_made_is_unknown() {
    // Promotions can't be listed: that there is nothing proves nothing.
    for effect in NOT_DONE {
        let shop = Shop::with(&[&format!("http={effect}:POST promotions")]);
        let run = shop.deploy().run();
        run.exits(20);
        assert_eq!(run.count("POST", "/pipeline-promotions"), 1, "{effect}");
        assert_eq!(run.outcome("shop-staging"), "succeeded");
        assert_eq!(run.outcome("shop-us"), "unknown");
        if effect == "500" {
            assert_ending!("promotion_unknown", run);
        }
    }
}

#[test]
fn a_busy_platform_refuses_the_build() {
    let shop = Shop::with(&["http=429@*:POST builds"]);
    let run = shop.deploy().tempo("0.01").run();
    run.exits(75);
    assert_ending!("build_rate_limited", run);
    assert_eq!(run.runs("shop-staging"), 2);
}

#[test]
fn a_busy_platform_refuses_the_promotion() {
    let shop = Shop::with(&["http=429@*:POST promotions"]);
    let run = shop.deploy().tempo("0.003").run();
    run.exits(20);
    assert_ending!("promotion_rate_limited", run);
    assert_eq!(run.outcome("shop-eu"), "not_started");
    assert_eq!(run.runs("shop-staging"), 3);
}

/// What a server does with a connection that it took.
type Server = fn(&mut std::net::TcpStream) -> std::io::Result<()>;

#[test]
fn a_plan_ends_with_its_time() {
    let servers: [Server; 2] = [
        // Silent: it waits for a request that never ends.
        |stream| std::io::copy(stream, &mut std::io::sink()).map(drop),
        // Dripping: an answer that never ends either.
        |stream| {
            // A client that is answered before it has asked takes that for a broken connection.
            stream.read_exact(&mut [0; 16])?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n[")?;
            loop {
                stream.write_all(b" ")?;
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        },
    ];
    for serve in servers {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                std::thread::spawn(move || serve(&mut stream.unwrap()));
            }
        });
        let shop = Shop::new();
        let run = shop
            .launchway(&["plan", "--timeout", "1s"])
            .api_url(Some(&url))
            .run();
        run.exits(124).says("while asking the platform");
    }
}
