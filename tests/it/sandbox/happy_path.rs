//! A source carried through the whole pipeline.

use launchway::sandbox::Pace;
use reqwest::Method;
use serde_json::json;

use super::client::{Client, app, endless_spec, id};

#[tokio::test]
async fn a_source_goes_from_upload_to_production() {
    let client = Client::start(&[]).await;
    let url = client.upload(app(Some("./migrate"))).await;
    let body = json!({"source_blob": {"url": url, "version": "abc123"}});
    let build = client.post("/apps/shop-staging/builds", body).await;
    assert_eq!(build["status"], "pending");

    let log = client
        .follow(build["output_stream_url"].as_str().unwrap())
        .await;
    assert!(log.contains("3 files"), "{log}");
    assert!(log.contains("Node.js app detected"), "{log}");
    assert!(
        log.contains("Procfile declares types -> release, web"),
        "{log}"
    );

    let build = client
        .settled(&format!("/apps/shop-staging/builds/{}", id(&build)))
        .await;
    assert_eq!(build["status"], "succeeded");
    let path = format!(
        "/apps/shop-staging/releases/{}",
        build["release"]["id"].as_str().unwrap()
    );
    let release = client.get(&path).await;
    let output = client
        .follow(release["output_stream_url"].as_str().unwrap())
        .await;
    assert!(output.contains("Running release command..."), "{output}");
    let release = client.settled(&path).await;
    assert_eq!(release["status"], "succeeded");
    assert_eq!(release["current"], true);
    assert_eq!(release["version"], 3);

    let slug = client
        .get(&format!(
            "/apps/shop-staging/slugs/{}",
            release["slug"]["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(slug["commit"], "abc123");

    let coupling = client.get("/apps/shop-staging/pipeline-couplings").await;
    let (eu, us) = (
        client.app_id("shop-eu").await,
        client.app_id("shop-us").await,
    );
    let body = json!({
        "pipeline": {"id": coupling["pipeline"]["id"]},
        "source": {"app": {"id": coupling["app"]["id"]}, "release": {"id": release["id"]}},
        "targets": [{"app": {"id": eu}}, {"app": {"id": us}}],
    });
    let promotion = client.post("/pipeline-promotions", body).await;
    assert_eq!(promotion["status"], "pending");
    let path = format!("/pipeline-promotions/{}", id(&promotion));
    let targets = client.settled(&format!("{path}/promotion-targets")).await;
    for target in targets.as_array().unwrap() {
        assert_eq!(target["status"], "succeeded");
        assert!(target["release"]["id"].is_string());
    }
    assert_eq!(client.get(&path).await["status"], "completed");

    let app = client.get("/apps/shop-eu").await;
    let page = client
        .plain(
            Method::GET,
            &format!("{}health", app["web_url"].as_str().unwrap()),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(
        page.contains("shop-eu is running v3") && page.contains("abc123"),
        "{page}"
    );
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn what_is_under_way_is_pending() {
    let client = Client::with(endless_spec()).await;
    let url = client.upload(app(None)).await;
    let body = json!({"source_blob": {"url": url}});
    let build = client.post("/apps/shop-staging/builds", body).await;
    let path = format!("/apps/shop-staging/builds/{}", id(&build));
    assert_eq!(client.get(&path).await["status"], "pending");

    let releases = client.get("/apps/shop-eu/releases").await;
    let release = releases
        .as_array()
        .unwrap()
        .iter()
        .find(|release| release["current"] == true)
        .unwrap();
    let coupling = client.get("/apps/shop-eu/pipeline-couplings").await;
    let body = json!({
        "pipeline": {"id": coupling["pipeline"]["id"]},
        "source": {"app": {"id": coupling["app"]["id"]}, "release": {"id": release["id"]}},
        "targets": [{"app": {"id": client.app_id("shop-us").await}}],
    });
    let promotion = client.post("/pipeline-promotions", body).await;
    let path = format!("/pipeline-promotions/{}/promotion-targets", id(&promotion));
    let target = &client.get(&path).await[0];
    assert!(
        target["release"].is_null() && target["status"] == "pending",
        "{target}"
    );
}

#[tokio::test]
async fn a_release_is_pending_while_its_release_phase_runs() {
    let mut spec = endless_spec();
    spec.pace.build = Pace::instant().build;
    let client = Client::with(spec).await;
    let build = client
        .build("shop-staging", app(Some("./migrate")), "abc123")
        .await;
    assert_eq!(build["status"], "succeeded");
    let path = format!(
        "/apps/shop-staging/releases/{}",
        build["release"]["id"].as_str().unwrap()
    );
    assert_eq!(client.get(&path).await["status"], "pending");
}
