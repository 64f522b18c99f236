//! Formation and dynos.

use serde_json::json;

use super::client::{Client, app};

#[tokio::test]
async fn an_app_runs_one_web_dyno_until_it_is_scaled() {
    let client = Client::start(&[]).await;
    client.build("shop-staging", app(None), "new").await;
    let formation = client.get("/apps/shop-staging/formation").await;
    let web = &formation[0];
    assert_eq!((&web["type"], &web["quantity"]), (&json!("web"), &json!(1)));
    let place = "/apps/shop-staging/formation/web";
    assert_eq!(client.get(place).await, *web);
    let body = json!({"quantity": 2});
    let (status, scaled) = client.call("PATCH", place, Some(body)).await;
    assert_eq!((status, &scaled["quantity"]), (200, &json!(2)));
    let dynos = client.get("/apps/shop-staging/dynos").await;
    let names: Vec<_> = dynos
        .as_array()
        .unwrap()
        .iter()
        .map(|dyno| (&dyno["name"], &dyno["state"], &dyno["release"]["version"]))
        .collect();
    let expected = [
        (&json!("web.1"), &json!("up"), &json!(3)),
        (&json!("web.2"), &json!("up"), &json!(3)),
    ];
    assert_eq!(names, expected);
    let body = json!({"updates": [{"type": "web", "quantity": 0}]});
    let all = "/apps/shop-staging/formation";
    let (status, scaled) = client.call("PATCH", all, Some(body)).await;
    assert_eq!((status, &scaled[0]["quantity"]), (200, &json!(0)));
    assert_eq!(client.get("/apps/shop-staging/dynos").await, json!([]));
    let other = "/apps/shop-staging/formation/worker";
    assert_eq!(client.call("GET", other, None).await.0, 404);
    let request = client.api("PATCH", all).json(&json!({}));
    assert_eq!(request.send().await.unwrap().status(), 422);
}
