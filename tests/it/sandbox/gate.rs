//! What every request to the API needs, and what every answer has.

use reqwest::Method;
use serde_json::Value;

use super::client::{ACCEPT, Client};
use crate::support::schema;

#[tokio::test]
async fn a_version_and_a_token_are_needed() {
    let client = Client::start(&[]).await;
    let url = format!("{}/account", client.sandbox.api_url());
    let token = client.sandbox.token().to_owned();

    let answer = client.plain(Method::GET, &url).bearer_auth(&token).send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["id"], "missing_version");
    assert!(body["error"].is_string() && body["message"].is_null());

    for header in ["", "Bearer wrong", "Basic Og=="] {
        let request = client.plain(Method::GET, &url).header("accept", ACCEPT);
        let answer = request.header("authorization", header).send().await;
        let answer = answer.unwrap();
        assert_eq!(answer.status(), 401, "{header}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["id"], "unauthorized");
        assert_eq!(body["message"], "Invalid credentials provided.");
    }

    for variant in ["3", "3.sdk", "3.pipelines", "3.cancel-build"] {
        let accept = format!("application/vnd.heroku+json; version={variant}");
        let request = client.plain(Method::GET, &url).header("accept", accept);
        let answer = request.basic_auth("", Some(&token)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{variant}");
    }
}

#[tokio::test]
async fn answers_carry_an_id_and_what_is_left_of_the_limit() {
    let client = Client::start(&[]).await;
    let request = client.api("GET", "/account").header("request-id", "mine");
    let answer = request.send().await.unwrap();
    let ids = answer.headers()["request-id"].to_str().unwrap().to_owned();
    assert!(ids.starts_with("mine,") && ids.len() == 5 + 36, "{ids}");
    assert_eq!(answer.headers()["ratelimit-remaining"], "4499");
    assert_eq!(client.get("/account/rate-limits").await["remaining"], 4499);
}

#[tokio::test]
async fn routes_that_do_not_exist_are_told_from_things_that_do_not() {
    let client = Client::start(&[]).await;
    for (method, path) in [
        ("GET", "/shoes"),
        ("GET", "/apps/"),
        ("GET", "/apps/shop-eu/"),
        ("DELETE", "/account"),
        ("GET", "/sources"),
    ] {
        let answer = client.api(method, path).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{method} {path}");
        let body: Value = answer.json().await.unwrap();
        let message = body["message"].as_str().unwrap();
        assert!(message.contains("endpoint was not found"), "{message}");
    }
    let (status, answer) = client.call("GET", "/apps/no-such-app", None).await;
    assert_eq!(
        (status, &answer["message"]),
        (404, &"Couldn't find that app.".into())
    );
    let answer = client.api("POST", "/apps/shop-eu/sources").send().await;
    assert_eq!(answer.unwrap().status(), 410);
}

#[tokio::test]
async fn what_is_asked_is_recorded() {
    let client = Client::start(&[]).await;
    client.get("/apps/shop-eu").await;
    client.upload(b"bytes".to_vec()).await;
    let seen: Vec<(String, u16, bool)> = client
        .sandbox
        .requests()
        .into_iter()
        .map(|request| (request.method, request.status, request.authorized))
        .collect();
    let expected = [("GET", 200, true), ("POST", 201, true), ("PUT", 200, false)];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(method, status, authorized)| (method.to_owned(), status, authorized))
        .collect();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_port_can_be_chosen_and_is_free_again_afterwards() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    for _ in 0..2 {
        let mut spec = super::client::spec(&[]);
        spec.port = Some(port);
        spec.token = Some("mine".to_owned());
        let client = Client::with(spec).await;
        assert_eq!(client.sandbox.api_url(), format!("http://127.0.0.1:{port}"));
        assert_eq!(client.sandbox.token(), "mine");
        client.get("/account").await;
        client.sandbox.shutdown().await;
    }
}

#[test]
fn the_check_against_the_schema_finds_mistakes() {
    use serde_json::json;
    let limits = |body| schema::validate_response("GET", "/account/rate-limits", &body);
    assert!(limits(json!({"remaining": 1})).is_ok());
    assert!(limits(json!({"remaining": "1"})).is_err());
    assert!(limits(json!({})).is_err());
    assert!(limits(json!({"remaining": 1, "more": 2})).is_err());
    assert!(schema::validate_response("GET", "/shoes", &json!({})).is_err());

    let build = |body| schema::validate_request("POST", "/apps/shop/builds", &body);
    assert!(build(json!({"source_blob": {"url": "https://example.com/a"}})).is_ok());
    assert!(build(json!({"source_blob": {"url": 1}})).is_err());
    assert!(build(json!({"source_blob": {"uri": "x"}})).is_err());
    assert!(build(json!({"source": {}})).is_err());

    let release = |body| schema::validate_request("POST", "/apps/shop/releases", &body);
    let id = "01234567-89ab-cdef-0123-456789abcdef";
    assert!(release(json!({"slug": id})).is_ok());
    assert!(release(json!({"release": id})).is_ok());
    assert!(release(json!({"release": "v3"})).is_err());
    assert!(release(json!({"source_blob": {"id": id}})).is_err());
}
