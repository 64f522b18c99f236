//! HTTP checks: what an answer must be, and what is said of one that is not.

use crate::support::{SINGLE, Shop, Stub};

/// One stage with one HTTP check.
fn checked(http: &str) -> String {
    let (stages, _) = SINGLE.split_once("    verify:").unwrap();
    format!("{stages}    verify:\n      - http: {http}\n")
}

#[test]
fn each_try_has_a_connection_of_its_own() {
    let stub = Stub::answering("200 OK", "", "ok");
    let http = format!("{{url: \"{}/h\", every: 10ms, successes: 4}}", stub.url);
    Shop::new().yaml(&checked(&http)).deploy().run().exits(0);
    assert_eq!(stub.connections(), 4);
}

#[test]
fn a_redirect_is_told_with_where_it_leads_to() {
    let location = "Location: https://sso.example.com/login?key=0123456789abcdef\r\n";
    let stub = Stub::answering("301 Moved Permanently", location, "");
    let http = format!("{{url: \"{}/h\", within: 10ms}}", stub.url);
    let run = Shop::new().yaml(&checked(&http)).deploy().run();
    run.exits(13)
        .says("301 instead of 200, a redirect to https://sso.example.com/login")
        .does_not_say("0123456789abcdef");
}

#[test]
fn a_page_that_was_not_asked_for_is_told_by_its_title() {
    let page = "<html><title>Application error</title></html>";
    let stub = Stub::answering("200 OK", "", page);
    let http = format!("{{url: \"{}/h\", body: ok, within: 10ms}}", stub.url);
    let run = Shop::new().yaml(&checked(&http)).deploy().run();
    run.exits(13)
        .says("`ok` is not in the body: a page of HTML: Application error");
}

#[test]
fn an_answer_with_many_headers_is_read() {
    let headers = "x-trace: 1\r\n".repeat(250);
    let stub = Stub::answering("200 OK", headers.leak(), "ok");
    let http = format!("{{url: \"{}/h\", within: 10s}}", stub.url);
    Shop::new().yaml(&checked(&http)).deploy().run().exits(0);
}

#[test]
fn a_check_proves_that_the_new_code_answered() {
    for http in [
        r#"{path: /, body: "is running ${release}"}"#,
        r#"{path: /, body: "source ${version}"}"#,
        r"{path: /, matches: '(?m)^source ${version}$'}",
    ] {
        Shop::new().yaml(&checked(http)).deploy().run().exits(0);
    }
    let http = r#"{path: /, body: "source ${version}!", within: 10ms}"#;
    Shop::new().yaml(&checked(http)).deploy().run().exits(13);
}

#[test]
fn the_answers_json_and_headers_count() {
    let stub = Stub::answering(
        "200 OK",
        "X-Release: v3\r\n",
        r#"{"status": {"db": "up"}, "release": "v3"}"#,
    );
    let check = |more: &str| checked(&format!("{{url: \"{}/h\", {more}}}", stub.url));
    let good =
        r#"headers: {x-release: "${release}"}, json: {/release: "${release}", /status/db: up}"#;
    let run = Shop::new().yaml(&check(good)).deploy().run();
    run.exits(0);
    let old = r#"json: {/release: "${version}"}, within: 10ms"#;
    let run = Shop::new().yaml(&check(old)).deploy().run();
    run.exits(13).says("/release is");
    let missing = "headers: {x-other: a}, within: 10ms";
    let run = Shop::new().yaml(&check(missing)).deploy().run();
    run.exits(13).says("it has no header `x-other`");
}

#[test]
fn a_check_that_names_what_nobody_knows_is_refused_before_anything_is_changed() {
    // The workspace is in no git checkout.
    let http = r#"{path: /, json: {/commit: "${commit}"}}"#;
    let run = Shop::new().yaml(&checked(http)).deploy().run();
    run.exits(16).says("names ${commit}, which is unknown here");
    assert_eq!(run.changes().count(), 0);
}

#[test]
fn a_check_may_send_more_than_a_get() {
    const SMOKE: &str = "smoke-0123456789abcdef";
    // It gives the secret away.
    let stub = Stub::answering("200 OK", "", "hello smoke-0123456789abcdef, I know you");
    let http = format!(
        "\n          url: \"{}/api/v1/health?key=1\"\n          matches: nobody\n          within: 10ms\n          \
         request:\n            method: put\n            headers:\n              Authorization: Bearer ${{SMOKE}}\n              \
         x-run: ${{release}} of ${{run}}\n            body: |\n              {{\"release\": \"${{release}}\",\n               \
         \"key\": \"${{SMOKE}}\"}}",
        stub.url
    );
    let run = Shop::new()
        .yaml(&checked(&http))
        .deploy()
        .env("SMOKE", SMOKE)
        .run();
    run.exits(13)
        .says("/api/v1/health`")
        .says("PUT http://127.0.0.1:")
        .does_not_say(SMOKE)
        .does_not_say("key=1");
    assert!(!run.stdout.concat().contains(SMOKE) && !run.record().to_string().contains(SMOKE));
    let heard = stub.heard();
    let [request] = heard.as_slice() else {
        panic!("{heard:?}");
    };
    assert!(request.starts_with("PUT /api/v1/health?key=1 HTTP/1.1\n"));
    assert!(request.contains("authorization: Bearer smoke-0123456789abcdef\n"));
    assert!(request.contains("x-run: v3 of "), "{request}");
    let body = "\n\n{\"release\": \"v3\",\n \"key\": \"smoke-0123456789abcdef\"}\n";
    assert!(request.ends_with(body), "{request}");
}

#[test]
fn a_body_makes_it_a_post_and_a_redirect_gets_neither_it_nor_the_headers() {
    let elsewhere = Stub::answering("200 OK", "", "ok");
    let location = format!("Location: {}/there\r\n", elsewhere.url);
    let stub = Stub::answering("307 Temporary Redirect", location.leak(), "");
    let http = format!(
        "{{url: \"{}/h\", request: {{body: hello, headers: {{x-key: abc}}}}, status: 2xx, within: 10ms}}",
        stub.url
    );
    let run = Shop::new().yaml(&checked(&http)).deploy().run();
    run.exits(13)
        .says("307 instead of 2xx, a redirect to")
        .says("POST http");
    assert!(stub.heard()[0].starts_with("POST /h HTTP/1.1\n"));
    assert_eq!(elsewhere.connections(), 0);
}

#[test]
fn a_command_may_need_what_another_check_sends() {
    let stub = Stub::answering("200 OK", "", "ok");
    let yaml = checked(&format!(
        "{{url: \"{}/h\", request: {{headers: {{authorization: \"Bearer ${{SMOKE}}\"}}}}}}\n      - run: echo \"it is ${{SMOKE}}\"",
        stub.url
    ));
    let shop = Shop::new().yaml(&yaml);
    let run = shop.deploy().env("SMOKE", "smoke-0123456789abcdef").run();
    run.exits(0);
    #[cfg(unix)]
    run.says("it is ***");
}

#[test]
fn what_an_answer_repeats_is_hidden_where_it_is_cut_too() {
    // As long as a token that is signed.
    let long = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(4);
    let stub = Stub::asked(|_, request| {
        let sent = request
            .lines()
            .find_map(|line| line.strip_prefix("authorization: "));
        let sent = sent.unwrap_or_default();
        format!("200 OK\r\nContent-Length: 0\r\nX-Echo: {sent}\r\n\r\n")
    });
    let http = format!(
        "{{url: \"{}/h\", headers: {{x-echo: ok}}, request: {{headers: {{authorization: \"Bearer ${{LONG}}\"}}}}, within: 10ms}}",
        stub.url
    );
    let run = Shop::new()
        .yaml(&checked(&http))
        .deploy()
        .env("LONG", &long)
        .run();
    run.exits(13)
        .says("its header `x-echo` is `***…`, not `ok`")
        .does_not_say(&long[..12]);
    let written = run.stdout.concat() + &run.record().to_string();
    assert!(!written.contains(&long[..12]), "{written}");
}

#[test]
fn what_everybody_knows_is_not_hidden_because_a_check_sends_it() {
    let stub = Stub::answering("200 OK", "", "ok");
    let yaml = checked(&format!(
        "{{url: \"{}/h\", request: {{headers: {{x-app: \"${{APP_NAME}}\"}}}}}}",
        stub.url
    ));
    let run = Shop::new()
        .yaml(&yaml)
        .deploy()
        .env("APP_NAME", "shop-staging")
        .run();
    run.exits(0).says("shop-staging");
}

#[test]
fn what_was_answered_is_kept_as_evidence() {
    let headers = "Server: Cowboy\r\nRetry-After: 5\r\nX-Request-Id: 7f3a\r\nVia: 1.1 vegur\r\n\
                   Content-Type: text/plain\r\nSet-Cookie: session=none-of-your-business\r\n";
    let body = "boom\r\n::error::owned\u{1b}[31m \u{202e}at line 3";
    let stub = Stub::answering("500 Oops", headers, body);
    let http = format!("{{url: \"{}/h\", within: 10ms}}", stub.url);
    let run = Shop::new().yaml(&checked(&http)).deploy().run();
    run.exits(13)
        .says(
            "  content-type: text/plain · retry-after: 5 · server: Cowboy · via: 1.1 vegur · x-request-id: 7f3a",
        )
        .says("body: boom ::error::owned [31m at line 3")
        .does_not_say("none-of-your-business");
    let evidence = &run.app("shop-staging")["checks"][0]["evidence"];
    assert_eq!(evidence["status"], 500);
    assert_eq!(evidence["headers"]["server"], "Cowboy");
    // Nothing of it is at the start of a line.
    assert!(!run.stderr.lines().any(|line| line.starts_with("::")));
}

#[test]
fn the_first_bad_answer_of_a_soak_is_the_evidence() {
    let stub = Stub::in_turn(&[
        ("200 OK", "", "ok"),
        ("503 No", "", "the first"),
        ("500 No", "", "the second"),
    ]);
    let http = format!(
        "{{url: \"{}/h\", every: 10ms, soak: 20s, failure_limit: 1}}",
        stub.url
    );
    let run = Shop::new().yaml(&checked(&http)).deploy().run();
    run.exits(13)
        .says("503 instead of 200")
        .says("body: the first");
    let evidence = &run.app("shop-staging")["checks"][0]["evidence"];
    assert_eq!(evidence["body"], "the first");
}
