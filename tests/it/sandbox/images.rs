//! Releasing images that were pushed.

use launchway::sandbox::Change;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::client::{Client, id};
use crate::support::{
    image::{Image, digest},
    schema,
};

const VARIANT: &str = "application/vnd.heroku+json; version=3.docker-releases";

/// A platform whose apps are on the container stack.
async fn start(faults: &[&str]) -> Client {
    let client = Client::start(faults).await;
    for app in ["shop-staging", "shop-eu", "shop-us"] {
        let body = json!({"build_stack": "container"});
        let (status, _) = client
            .call("PATCH", &format!("/apps/{app}"), Some(body))
            .await;
        assert_eq!(status, 200);
    }
    client
}

async fn push(client: &Client, app: &str, kind: &str, image: &Image) {
    let base = format!("{}/v2/{app}/{kind}", client.sandbox.api_url());
    let send = |method: Method, place: String| {
        let request = client.plain(method, &format!("{base}{place}"));
        request.basic_auth("_", Some(client.sandbox.token()))
    };
    for blob in [&image.config, &image.layer] {
        let place = format!("/blobs/uploads/?digest={}", digest(blob));
        let stored = send(Method::POST, place).body(blob.clone()).send().await;
        assert_eq!(stored.unwrap().status(), StatusCode::CREATED);
    }
    let put = send(Method::PUT, "/manifests/latest".to_owned());
    let kind = "application/vnd.docker.distribution.manifest.v2+json";
    let put = put.header("content-type", kind).body(image.manifest());
    assert_eq!(put.send().await.unwrap().status(), StatusCode::CREATED);
}

/// The status of the answer, the answer, and its warning.
async fn release(client: &Client, app: &str, images: &[(&str, &str)]) -> (u16, Value, String) {
    let path = format!("/apps/{app}/formation");
    let updates = images.iter();
    let updates = updates.map(|(kind, image)| json!({"type": kind, "docker_image": image}));
    let body = json!({"updates": updates.collect::<Value>()});
    schema::validate_request("PATCH", &path, &body).unwrap();
    let request = client.plain(
        Method::PATCH,
        &format!("{}{path}", client.sandbox.api_url()),
    );
    let request = request.bearer_auth(client.sandbox.token()).json(&body);
    let answer = request.header("accept", VARIANT).send().await.unwrap();
    let status = answer.status();
    let warning = answer.headers().get("warning-message");
    let warning = warning.map_or("", |text| text.to_str().unwrap()).to_owned();
    let answer: Value = answer.json().await.unwrap();
    if status.is_success() {
        schema::validate_response("PATCH", &path, &answer).unwrap();
    }
    (status.as_u16(), answer, warning)
}

async fn newest(client: &Client, app: &str) -> Value {
    let all = client.get(&format!("/apps/{app}/releases")).await;
    all.as_array().unwrap().last().unwrap().clone()
}

#[tokio::test]
async fn they_make_a_release_unless_they_run_already() {
    let client = start(&[]).await;
    let commit = "0123456789abcdef0123456789abcdef01234567";
    let web = Image::of_commit("one", "node web.js", commit);
    let worker = Image::new("one", "node worker.js");
    push(&client, "shop-eu", "web", &web).await;
    push(&client, "shop-eu", "worker", &worker).await;
    let both = [("web", &*web.id()), ("worker", &worker.id())];
    let (status, answer, warning) = release(&client, "shop-eu", &both).await;
    assert_eq!((status, &*warning), (200, ""));
    assert_eq!(answer[0]["command"], "node web.js");
    let made = newest(&client, "shop-eu").await;
    assert_eq!(
        (&made["version"], &made["current"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(
        (&made["slug"], &made["artifacts"]),
        (&Value::Null, &json!([]))
    );
    let short = |image: &Image| image.id()[7..19].to_owned();
    let called = format!(
        "Deployed web ({}), worker ({})",
        short(&web),
        short(&worker)
    );
    assert_eq!(made["description"], called);
    let app = client.get("/apps/shop-eu").await;
    assert_eq!(app["stack"]["name"], "container");
    let page = client.stream(app["web_url"].as_str().unwrap(), &[]).await;
    assert!(page.text().await.unwrap().contains(commit));

    let (status, _, warning) = release(&client, "shop-eu", &both).await;
    assert_eq!(status, 200);
    let same = "The process type web was not updated, because it is already running the specified docker image.";
    assert!(warning.starts_with(same), "{warning}");
    assert_eq!(newest(&client, "shop-eu").await["version"], 3);

    let other = Image::new("two", "node worker.js");
    push(&client, "shop-eu", "worker", &other).await;
    let both = [("web", &*web.id()), ("worker", &other.id())];
    release(&client, "shop-eu", &both).await;
    let made = newest(&client, "shop-eu").await;
    assert_eq!(
        made["description"],
        format!("Deployed worker ({})", short(&other))
    );

    // A config var makes a release of the same images, and going back brings the earlier ones.
    client
        .sandbox
        .change(Change::ConfigVar {
            app: "shop-eu".to_owned(),
            name: "A".to_owned(),
            value: Some("b".to_owned()),
        })
        .unwrap();
    let (_, _, warning) = release(&client, "shop-eu", &both).await;
    assert!(warning.contains("worker"), "{warning}");
    let all = client.get("/apps/shop-eu/releases").await;
    let body = json!({"release": all[2]["id"]});
    client.post("/apps/shop-eu/releases", body).await;
    let state = client.sandbox.state();
    let last = state["apps"]["shop-eu"]["releases"]
        .as_array()
        .unwrap()
        .last()
        .unwrap();
    assert_eq!(
        last["images"],
        json!({"web": web.id(), "worker": worker.id()})
    );
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let client = start(&[]).await;
    let image = Image::new("one", "node web.js");
    push(&client, "shop-staging", "web", &image).await;
    for (app, kind) in [("shop-eu", "web"), ("shop-staging", "worker")] {
        let (status, answer, _) = release(&client, app, &[(kind, &image.id())]).await;
        assert_eq!((status, &answer["id"]), (422, &json!("invalid_params")));
    }
    let (status, ..) = release(&client, "shop-staging", &[("web", &digest(b"none"))]).await;
    assert_eq!(status, 422);
    assert_eq!(newest(&client, "shop-staging").await["version"], 2);
    // Another app's stack takes none, and the version without its variant knows none.
    let body = json!({"build_stack": "heroku-24"});
    client.call("PATCH", "/apps/shop-staging", Some(body)).await;
    let (status, answer, _) = release(&client, "shop-staging", &[("web", &image.id())]).await;
    assert_eq!(status, 422);
    assert!(answer.to_string().contains("not on the stack container"));
    let body = json!({"updates": [{"type": "web", "docker_image": image.id()}]});
    let (status, _) = client
        .call("PATCH", "/apps/shop-staging/formation", Some(body))
        .await;
    assert_eq!(status, 422);
}

#[tokio::test]
async fn an_image_called_release_is_the_release_phase() {
    let client = start(&["release-phase=fail@2:shop-eu"]).await;
    let (web, phase) = (Image::new("1", "node ."), Image::new("1", "./migrate"));
    push(&client, "shop-eu", "web", &web).await;
    push(&client, "shop-eu", "release", &phase).await;
    let both = [("release", &*phase.id()), ("web", &web.id())];
    release(&client, "shop-eu", &both).await;
    let made = newest(&client, "shop-eu").await;
    assert_eq!(made["status"], "pending");
    let log = client
        .follow(made["output_stream_url"].as_str().unwrap())
        .await;
    assert!(log.contains("$ ./migrate"), "{log}");
    let path = format!("/apps/shop-eu/releases/{}", id(&made));
    assert_eq!(client.settled(&path).await["status"], "succeeded");
    let next = Image::new("2", "node .");
    push(&client, "shop-eu", "web", &next).await;
    release(&client, "shop-eu", &[("web", &next.id())]).await;
    let failed = id(&newest(&client, "shop-eu").await);
    let failed = client
        .settled(&format!("/apps/shop-eu/releases/{failed}"))
        .await;
    assert_eq!(failed["status"], "failed");
    assert_eq!(client.get(&path).await["current"], true);
}

#[tokio::test]
async fn they_are_not_promoted() {
    let client = start(&[]).await;
    let image = Image::new("one", "node web.js");
    push(&client, "shop-staging", "web", &image).await;
    release(&client, "shop-staging", &[("web", &image.id())]).await;
    let coupling = client.get("/apps/shop-staging/pipeline-couplings").await;
    let body = json!({
        "pipeline": {"id": coupling["pipeline"]["id"]},
        "source": {"app": {"id": client.app_id("shop-staging").await}},
        "targets": [{"app": {"id": client.app_id("shop-eu").await}}],
    });
    let (status, answer) = client
        .call("POST", "/pipeline-promotions", Some(body))
        .await;
    assert_eq!(status, 422);
    assert!(answer.to_string().contains("container stack"), "{answer}");
}
