//! Apps of the Fir generation: no slug anywhere, an image in its place.

use launchway::sandbox::Generation;
use serde_json::{Value, json};

use super::client::{Client, app, id, spec};

/// A pipeline of Fir apps, but for those that are named.
async fn client(cedar: &[&str]) -> Client {
    let mut spec = spec(&[]);
    for app in &mut spec.apps {
        if !cedar.contains(&app.name.as_str()) {
            app.generation = Generation::Fir;
        }
    }
    Client::with(spec).await
}

#[tokio::test]
async fn a_build_makes_a_release_with_an_image_and_no_slug() {
    let client = client(&[]).await;
    let found = client.get("/apps/shop-staging").await;
    assert_eq!(found["generation"]["name"], "fir");
    assert_eq!(found["stack"]["name"], "cnb");
    let pipeline = client.get("/pipelines/acme-shop").await;
    assert_eq!(pipeline["generation"]["name"], "fir");
    let build = client.build("shop-staging", app(None), "abc").await;
    assert_eq!(build["status"], "succeeded");
    assert_eq!(build["generation"], "fir");
    assert_eq!(build["slug"], Value::Null);
    let path = format!("/apps/shop-staging/releases/{}", id(&build["release"]));
    let release = client.get(&path).await;
    assert_eq!(release["slug"], Value::Null);
    assert_eq!(release["artifacts"][0]["type"], "oci_image");
    let image = id(&release["artifacts"][0]);
    let images = client
        .get(&format!("/apps/shop-staging/oci-images/{image}"))
        .await;
    assert_eq!(images.as_array().unwrap().len(), 1);
    assert_eq!(images[0]["commit"], "abc");
    let digest = images[0]["digest"].as_str().unwrap();
    let by_digest = client
        .get(&format!("/apps/shop-staging/oci-images/{digest}"))
        .await;
    assert_eq!(by_digest, images);
    for path in [
        format!("/apps/shop-staging/slugs/{image}"),
        format!("/apps/shop-us/oci-images/{image}"),
    ] {
        assert_eq!(client.call("GET", &path, None).await.0, 404, "{path}");
    }
}

#[tokio::test]
async fn an_image_is_released_again_by_its_id_or_digest() {
    let client = client(&["shop-eu"]).await;
    let build = client
        .build("shop-staging", app(Some("exit 1")), "abc")
        .await;
    let path = format!("/apps/shop-staging/releases/{}", id(&build["release"]));
    let failed = client.settled(&path).await;
    assert_eq!(failed["status"], "failed");
    let image = id(&failed["artifacts"][0]);
    let images = client
        .get(&format!("/apps/shop-staging/oci-images/{image}"))
        .await;
    for key in [&json!(image), &images[0]["digest"]] {
        let body = json!({"oci_image": key, "description": "again"});
        let again = client.post("/apps/shop-staging/releases", body).await;
        assert_eq!(again["artifacts"], failed["artifacts"]);
        assert_eq!(again["description"], "again");
        assert!(again["output_stream_url"].is_string(), "it has a phase too");
    }
    for (app, body) in [
        ("shop-staging", json!({"slug": image})),
        ("shop-eu", json!({"oci_image": image})),
    ] {
        let path = format!("/apps/{app}/releases");
        assert_eq!(client.call("POST", &path, Some(body)).await.0, 422, "{app}");
    }
    let build = json!({"source_blob": {"url": "https://example.com/a.tgz"}, "buildpacks": [{"name": "heroku/nodejs"}]});
    let path = "/apps/shop-staging/builds";
    assert_eq!(client.call("POST", path, Some(build)).await.0, 422);
}

#[tokio::test]
async fn a_promotion_carries_the_image_to_apps_of_the_same_generation() {
    let client = client(&["shop-us"]).await;
    let build = client.build("shop-staging", app(None), "abc").await;
    let pipeline = id(&client.get("/pipelines/acme-shop").await);
    let source = client.app_id("shop-staging").await;
    let promotion = |target: String| {
        json!({
            "pipeline": {"id": pipeline},
            "source": {"app": {"id": source}, "release": build["release"]},
            "targets": [{"app": {"id": target}}],
        })
    };
    let body = promotion(client.app_id("shop-eu").await);
    let made = client.post("/pipeline-promotions", body).await;
    assert_eq!(made["source"]["release"], build["release"]);
    let path = format!("/pipeline-promotions/{}/promotion-targets", id(&made));
    let targets = client.settled(&path).await;
    assert_eq!(targets[0]["status"], "succeeded");
    let of = |app: &str, release: &Value| format!("/apps/{app}/releases/{}", id(release));
    let there = client.get(&of("shop-eu", &targets[0]["release"])).await;
    let here = client.get(&of("shop-staging", &build["release"])).await;
    assert_eq!(there["artifacts"], here["artifacts"]);
    let body = promotion(client.app_id("shop-us").await);
    let (status, _) = client
        .call("POST", "/pipeline-promotions", Some(body))
        .await;
    assert_eq!(status, 422);
}
