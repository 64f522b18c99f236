//! The feature `preboot`: what ran before a release answers for a while.

use std::time::Duration;

use serde_json::json;

use super::client::{Client, app, spec};

const FEATURE: &str = "/apps/shop-staging/features/preboot";

async fn page(client: &Client) -> String {
    let app = client.get("/apps/shop-staging").await;
    let page = client.stream(app["web_url"].as_str().unwrap(), &[]).await;
    page.text().await.unwrap()
}

#[tokio::test]
async fn the_feature_is_read_and_changed() {
    let client = Client::start(&[]).await;
    let feature = client.get(FEATURE).await;
    assert_eq!(feature["enabled"], false);
    let all = client.get("/apps/shop-staging/features").await;
    assert_eq!(all, json!([feature]));
    let body = json!({"enabled": true});
    let (status, changed) = client.call("PATCH", FEATURE, Some(body)).await;
    assert_eq!((status, &changed["enabled"]), (200, &json!(true)));
    let by_id = format!(
        "/apps/shop-staging/features/{}",
        feature["id"].as_str().unwrap()
    );
    assert_eq!(client.get(&by_id).await["enabled"], true);
    assert_eq!(
        client.get("/apps/shop-eu/features/preboot").await["enabled"],
        false
    );
    let other = "/apps/shop-staging/features/other";
    assert_eq!(client.call("GET", other, None).await.0, 404);
    let request = client.api("PATCH", FEATURE).json(&json!({}));
    assert_eq!(request.send().await.unwrap().status(), 422);
}

#[tokio::test]
async fn the_code_before_a_release_answers_until_the_window_is_over() {
    for (enabled, window, expected) in [
        (false, Duration::MAX, "running v3"),
        (true, Duration::MAX, "running v2"),
        (true, Duration::ZERO, "running v3"),
    ] {
        let mut spec = spec(&[]);
        spec.pace.preboot = window;
        let client = Client::with(spec).await;
        client
            .call("PATCH", FEATURE, Some(json!({"enabled": enabled})))
            .await;
        client.build("shop-staging", app(None), "new").await;
        let page = page(&client).await;
        assert!(page.contains(expected), "{enabled} {window:?}: {page}");
    }
}
