//! Releases: lists, release phases, slugs of other apps and rollbacks.

use launchway::sandbox::Change;
use serde_json::{Value, json};

use super::client::{Client, app, id};

#[tokio::test]
async fn the_list_comes_in_pages() {
    let client = Client::start(&[]).await;
    for n in 0..4 {
        let change = Change::Release {
            app: "shop-eu".to_owned(),
            version: format!("source-{n}"),
        };
        client.sandbox.change(change).unwrap();
    }
    let mut versions = Vec::new();
    let mut range = Some("version ..; max=4, order=desc".to_owned());
    let mut statuses = Vec::new();
    while let Some(wanted) = range {
        let request = client.api("GET", "/apps/shop-eu/releases");
        let answer = request.header("range", wanted).send().await.unwrap();
        statuses.push(answer.status().as_u16());
        let next = answer.headers().get("next-range");
        range = next.map(|next| next.to_str().unwrap().to_owned());
        let page: Vec<Value> = answer.json().await.unwrap();
        versions.extend(
            page.iter()
                .map(|release| release["version"].as_u64().unwrap()),
        );
    }
    assert_eq!(statuses, [206, 200]);
    assert_eq!(versions, [6, 5, 4, 3, 2, 1]);

    let all = client.get("/apps/shop-eu/releases").await;
    assert_eq!(all[0]["version"], 1, "ascending without a range");
    assert_eq!(all[0]["slug"], Value::Null);
    let current: Vec<bool> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|release| release["current"].as_bool().unwrap())
        .collect();
    assert_eq!(current, [false, false, false, false, false, true]);

    let request = client.api("GET", "/apps/shop-eu/releases");
    let answer = request.header("range", "version ..; max=1; order=desc");
    assert_eq!(answer.send().await.unwrap().status(), 400);
}

#[tokio::test]
async fn one_release_is_found_by_id_or_number() {
    let client = Client::start(&[]).await;
    let by_number = client.get("/apps/shop-eu/releases/2").await;
    let by_id = client
        .get(&format!("/apps/shop-eu/releases/{}", id(&by_number)))
        .await;
    assert_eq!(by_number, by_id);
    let (status, _) = client.call("GET", "/apps/shop-eu/releases/v2", None).await;
    assert_eq!(status, 404);
    let vars = client.get("/apps/shop-eu/releases/2/config-vars").await;
    assert_eq!(vars, json!({"NODE_ENV": "production"}));
}

#[tokio::test]
async fn a_failing_release_phase_leaves_the_build_succeeded_and_the_old_release_running() {
    let client = Client::start(&[]).await;
    let build = client
        .build("shop-staging", app(Some("./migrate && exit 1")), "bad")
        .await;
    assert_eq!(build["status"], "succeeded");
    let path = format!(
        "/apps/shop-staging/releases/{}",
        build["release"]["id"].as_str().unwrap()
    );
    let release = client.settled(&path).await;
    assert_eq!(release["status"], "failed");
    assert_eq!(release["current"], false);
    assert_eq!(release["eligible_for_rollback"], false);
    let log = client
        .follow(release["output_stream_url"].as_str().unwrap())
        .await;
    assert!(log.contains("exit status 1"), "{log}");
    assert_eq!(
        client.get("/apps/shop-staging/releases/2").await["current"],
        true
    );
    let app = client.get("/apps/shop-staging").await;
    let page = client.stream(app["web_url"].as_str().unwrap(), &[]).await;
    assert!(page.text().await.unwrap().contains("running v2"));
}

#[tokio::test]
async fn without_a_release_phase_a_release_is_there_at_once() {
    let client = Client::start(&[]).await;
    let build = client.build("shop-staging", app(None), "good").await;
    let path = format!(
        "/apps/shop-staging/releases/{}",
        build["release"]["id"].as_str().unwrap()
    );
    let release = client.get(&path).await;
    assert_eq!(release["status"], "succeeded");
    assert_eq!(release["output_stream_url"], Value::Null);
    assert_eq!(release["description"], "Deploy good");
}

#[tokio::test]
async fn a_slug_can_be_released_to_another_app_and_runs_its_release_phase_there() {
    let client = Client::start(&[]).await;
    let build = client
        .build("shop-staging", app(Some("./migrate")), "abc")
        .await;
    let body = json!({"slug": build["slug"]["id"], "description": "by hand"});
    let release = client.post("/apps/shop-eu/releases", body).await;
    assert_eq!(release["status"], "pending");
    assert_eq!(release["description"], "by hand");
    let path = format!("/apps/shop-eu/releases/{}", id(&release));
    assert_eq!(client.settled(&path).await["current"], true);
    let slug = release["slug"]["id"].as_str().unwrap();
    client.get(&format!("/apps/shop-eu/slugs/{slug}")).await;
    let (status, _) = client
        .call("GET", &format!("/apps/shop-us/slugs/{slug}"), None)
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_rollback_releases_an_earlier_release_again() {
    let client = Client::start(&[]).await;
    let earlier = client.get("/apps/shop-eu/releases/2").await;
    client.sandbox.change(change("shop-eu", "newer")).unwrap();
    let release = client
        .post("/apps/shop-eu/releases", json!({"release": earlier["id"]}))
        .await;
    assert_eq!(release["version"], 4);
    assert_eq!(release["description"], "Rollback to v2");
    assert_eq!(release["slug"], earlier["slug"]);

    let first = client.get("/apps/shop-eu/releases/1").await;
    for (body, expected) in [
        (json!({"release": first["id"]}), 422),
        (json!({"release": "v2"}), 422),
        (json!({"slug": "abc"}), 422),
        (json!({}), 422),
        (json!({"slug": first["id"]}), 404),
        (
            json!({"slug": earlier["slug"]["id"], "release": earlier["id"]}),
            422,
        ),
    ] {
        let request = client.api("POST", "/apps/shop-eu/releases").json(&body);
        let status = request.send().await.unwrap().status();
        assert_eq!(status, expected, "{body}");
    }
}

#[tokio::test]
async fn slugs_can_be_made_by_hand() {
    let client = Client::start(&[]).await;
    let body = json!({"process_types": {"web": "./run"}, "commit": "123"});
    let slug = client.post("/apps/shop-eu/slugs", body).await;
    assert_eq!(slug["blob"]["method"], "put");
    let url = slug["blob"]["url"].as_str().unwrap();
    let release = json!({"slug": slug["id"]});
    // One that was not uploaded, or is none, can't be released.
    let early = client.api("POST", "/apps/shop-eu/releases").json(&release);
    assert_eq!(early.send().await.unwrap().status(), 422);
    let put = client.plain(reqwest::Method::PUT, url).body("slug");
    assert_eq!(put.send().await.unwrap().status(), 200);
    let early = client.api("POST", "/apps/shop-eu/releases").json(&release);
    assert_eq!(early.send().await.unwrap().status(), 422);
    let put = client.plain(reqwest::Method::PUT, url);
    let put = put.body(crate::slug_file::tarball(&[("./app/web.js", "listen()")]));
    assert_eq!(put.send().await.unwrap().status(), 200);
    let body = release;
    assert_eq!(
        client.post("/apps/shop-eu/releases", body).await["current"],
        true
    );
}

fn change(app: &str, version: &str) -> Change {
    Change::Release {
        app: app.to_owned(),
        version: version.to_owned(),
    }
}
