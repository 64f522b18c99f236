//! The upload host, and builds that cannot be made of what is there.

use std::io::Write as _;
use std::net::TcpStream;

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, app, id};

async fn source(client: &Client) -> (String, String) {
    let (_, answer) = client.call("POST", "/sources", None).await;
    let url = |name: &str| answer["source_blob"][name].as_str().unwrap().to_owned();
    (url("put_url"), url("get_url"))
}

/// The verdict on a build, and its log.
async fn build(client: &Client, blob: Value) -> (String, String) {
    let body = json!({"source_blob": blob});
    let build = client.post("/apps/shop-staging/builds", body).await;
    let log = client
        .follow(build["output_stream_url"].as_str().unwrap())
        .await;
    let path = format!("/apps/shop-staging/builds/{}", id(&build));
    let build = client.settled(&path).await;
    assert!(build["status"] == "succeeded" || build["release"].is_null());
    (build["status"].as_str().unwrap().to_owned(), log)
}

#[tokio::test]
async fn an_upload_is_as_strict_as_the_real_one() {
    let client = Client::start(&[]).await;
    let (put, get) = source(&client).await;
    let request = || client.plain(Method::PUT, &put);

    let answer = request()
        .header("content-type", "application/gzip")
        .body("x");
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("SignatureDoesNotMatch")
    );

    let answer = request()
        .bearer_auth("token")
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("Only one auth mechanism allowed")
    );

    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("x")]);
    let chunked = reqwest::Body::wrap_stream(chunks);
    let answer = request().body(chunked).send().await.unwrap();
    assert_eq!(answer.status(), 501);

    let wrong = put.replace("X-Amz-Signature=", "X-Amz-Signature=0");
    let answer = client.plain(Method::PUT, &wrong).body("x").send().await;
    assert_eq!(answer.unwrap().status(), 403);
    let answer = client.plain(Method::PUT, &get).body("x").send().await;
    assert_eq!(
        answer.unwrap().status(),
        403,
        "the other URL is for reading"
    );

    assert_eq!(
        client
            .plain(Method::GET, &get)
            .send()
            .await
            .unwrap()
            .status(),
        404
    );
    let answer = request().header("content-type", "").body("x").send().await;
    assert_eq!(
        answer.unwrap().status(),
        200,
        "an empty content type is none"
    );
    let read = client.plain(Method::GET, &get).send().await.unwrap();
    assert_eq!(read.text().await.unwrap(), "x");
}

#[tokio::test]
async fn an_upload_without_a_length_is_refused() {
    let client = Client::start(&[]).await;
    let (put, _) = source(&client).await;
    let url = url::Url::parse(&put).unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let target = put.split_once(&format!(":{}", address.1)).unwrap().1;
    let head = format!("PUT {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let mut socket = TcpStream::connect(address).unwrap();
    socket.write_all(head.as_bytes()).unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut socket, &mut text).unwrap();
        text
    })
    .await
    .unwrap();
    assert!(answer.starts_with("HTTP/1.1 411"), "{answer}");
    assert!(answer.contains("MissingContentLength"), "{answer}");
}

#[tokio::test]
async fn the_checksum_is_verified() {
    let client = Client::start(&[]).await;
    let url = client.upload(app(None)).await;
    let zeros = "0".repeat(64);
    let blob = json!({"url": url, "checksum": format!("SHA256:{zeros}")});
    let (status, log) = build(&client, blob).await;
    assert_eq!(status, "failed");
    assert!(
        log.contains(&format!("checksum mismatch: expected SHA256:{zeros}")),
        "{log}"
    );
}

#[tokio::test]
async fn a_source_that_is_missing_or_no_tarball_fails_the_build() {
    let client = Client::start(&[]).await;
    let (_, get) = source(&client).await;
    let (status, log) = build(&client, json!({"url": get})).await;
    assert_eq!(status, "failed");
    assert!(log.contains("404, nothing was uploaded there"), "{log}");

    let get = client.upload(b"not a tarball".to_vec()).await;
    let (status, log) = build(&client, json!({"url": get})).await;
    assert_eq!(status, "failed");
    assert!(log.contains("not a gzipped tarball"), "{log}");

    let (status, log) = build(&client, json!({"url": "https://example.com/a.tgz"})).await;
    assert_eq!(status, "failed");
    assert!(log.contains("its own upload host only"), "{log}");
}

#[tokio::test]
async fn builds_that_make_no_sense_are_refused() {
    let client = Client::start(&[]).await;
    for (body, status) in [
        (json!({}), 422),
        (json!({"source_blob": {}}), 422),
        (
            json!({"source_blob": {"url": "http://example.com/a.tgz"}}),
            400,
        ),
        (
            json!({"source_blob": {"url": "https://a.b/c", "checksum": "abc"}}),
            422,
        ),
        (
            json!({"source_blob": {"url": "https://a.b/c"}, "buildpacks": ["x"]}),
            422,
        ),
    ] {
        let request = client.api("POST", "/apps/shop-staging/builds").json(&body);
        assert_eq!(request.send().await.unwrap().status(), status, "{body}");
    }
    let request = client.api("POST", "/apps/shop-staging/builds").body("{");
    assert_eq!(request.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn requested_buildpacks_are_in_the_log() {
    let client = Client::start(&[]).await;
    let url = client.upload(app(None)).await;
    let body = json!({
        "source_blob": {"url": url, "version": "", "version_description": null},
        "buildpacks": [{"name": "heroku/nodejs"}, {"url": "https://example.com/buildpack.tgz"}],
    });
    let build = client.post("/apps/shop-staging/builds", body).await;
    let log = client
        .follow(build["output_stream_url"].as_str().unwrap())
        .await;
    assert!(log.contains("Using buildpack: heroku/nodejs"), "{log}");
    assert!(
        log.contains("Using buildpack: https://example.com/buildpack.tgz"),
        "{log}"
    );
    assert!(log.contains("Source version: none given"), "{log}");
}

#[tokio::test]
async fn a_pending_build_can_be_cancelled_once() {
    let client = Client::start(&["build=never"]).await;
    let url = client.upload(app(None)).await;
    let body = json!({"source_blob": {"url": url}});
    let build = client.post("/apps/shop-staging/builds", body).await;
    let path = format!("/apps/shop-staging/builds/{}", id(&build));
    let (status, answer) = client.call("DELETE", &path, None).await;
    assert_eq!((status, &answer["status"]), (200, &json!("failed")));
    let (status, _) = client.call("DELETE", &path, None).await;
    assert_eq!(status, 422);
    assert_eq!(
        client
            .get("/apps/shop-staging/builds")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let (status, _) = client
        .call("DELETE", "/apps/shop-staging/build-cache", None)
        .await;
    assert_eq!(status, 200);
}
