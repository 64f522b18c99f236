//! The stream host.

use std::time::Duration;

use serde_json::json;

use super::client::{Client, app, endless_spec, spec};

/// A finished build's stream, and what it said.
async fn finished(client: &Client) -> (String, String) {
    let build = client.build("shop-staging", app(None), "abc").await;
    let url = build["output_stream_url"].as_str().unwrap().to_owned();
    let log = client.follow(&url).await;
    (url, log)
}

#[tokio::test]
async fn a_stream_is_not_registered_before_it_starts() {
    let client = Client::with(endless_spec()).await;
    let url = client.upload(app(None)).await;
    let body = json!({"source_blob": {"url": url}});
    let build = client.post("/apps/shop-staging/builds", body).await;
    let url = build["output_stream_url"].as_str().unwrap();
    let answer = client.stream(url, &[]).await;
    assert_eq!(answer.status(), 404);
    assert_eq!(
        answer.text().await.unwrap().trim(),
        "Channel is not registered."
    );
    let unsigned = url.split('?').next().unwrap();
    assert_eq!(client.stream(unsigned, &[]).await.status(), 403);
}

#[tokio::test]
async fn reading_can_start_anywhere() {
    let client = Client::start(&[]).await;
    let (url, log) = finished(&client).await;
    let answer = client.stream(&url, &[("range", "100-")]).await;
    assert_eq!(answer.status(), 200, "never 206");
    assert_eq!(answer.text().await.unwrap(), log[100..]);
    let answer = client.stream(&url, &[("range", "bytes=100-")]).await;
    assert_eq!(
        answer.text().await.unwrap(),
        log,
        "not understood: all of it"
    );
    let end = format!("{}-", log.len());
    assert_eq!(client.stream(&url, &[("range", &end)]).await.status(), 204);
}

#[tokio::test]
async fn the_same_as_events() {
    let client = Client::start(&[]).await;
    let (url, log) = finished(&client).await;
    let events = |from: &str| {
        let from = from.to_owned();
        let (client, url) = (&client, &url);
        async move {
            let headers = [
                ("accept", "text/event-stream"),
                ("last-event-id", from.as_str()),
            ];
            let answer = client.stream(url, &headers).await;
            assert_eq!(answer.headers()["content-type"], "text/event-stream");
            answer.text().await.unwrap()
        }
    };
    let text = events("").await;
    let (mut read, mut last) = (String::new(), 0);
    for event in text.split_terminator("\n\n") {
        let mut lines = Vec::new();
        for line in event.split('\n') {
            match line.split_once(": ") {
                Some(("id", number)) => last = number.parse().unwrap(),
                Some(("data", data)) => lines.push(data),
                _ => panic!("{line:?}"),
            }
        }
        read.push_str(&lines.join("\n"));
        assert_eq!(read.len(), last);
    }
    assert_eq!(read, log);
    assert!(
        events("100")
            .await
            .starts_with(&format!("id: {}\ndata: ", log.len()))
    );
}

#[tokio::test]
async fn silence_is_filled_with_heartbeats() {
    let mut spec = spec(&["build=slow:10h"]);
    spec.pace.heartbeat = Duration::from_millis(5);
    let client = Client::with(spec).await;
    let url = client.upload(app(None)).await;
    let body = json!({"source_blob": {"url": url}});
    let build = client.post("/apps/shop-staging/builds", body).await;
    let url = build["output_stream_url"].as_str().unwrap();
    let mut stream = client.started(url).await;
    let mut log = Vec::new();
    while !log.contains(&0) {
        log.extend(stream.chunk().await.unwrap().unwrap());
    }
    // They are no part of the output: behind what was said is nothing else.
    let said = log.iter().filter(|byte| **byte != 0).count();
    assert!(said > 0);
    let range = format!("{said}-");
    let mut rest = client.stream(url, &[("range", &range)]).await;
    let rest = rest.chunk().await.unwrap().unwrap();
    assert!(rest.iter().all(|byte| *byte == 0), "{rest:?}");
}
