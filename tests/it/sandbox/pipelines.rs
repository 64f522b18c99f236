//! Pipelines, couplings and promotions.

use serde_json::{Value, json};

use super::client::{Client, app, id};

#[tokio::test]
async fn pipelines_and_couplings_are_found_by_the_right_names_only() {
    let client = Client::start(&[]).await;
    let by_name = client.get("/pipelines/acme-shop").await;
    let pipeline = id(&by_name);
    assert_eq!(client.get(&format!("/pipelines/{pipeline}")).await, by_name);
    let found = client.get("/pipelines?eq[name]=acme-shop").await;
    assert_eq!(found, json!([by_name]));
    assert_eq!(client.get("/pipelines?eq[name]=other").await, json!([]));

    let couplings = format!("/pipelines/{pipeline}/pipeline-couplings");
    assert_eq!(client.get(&couplings).await.as_array().unwrap().len(), 3);
    let own = client.get("/apps/shop-eu/pipeline-couplings").await;
    assert_eq!(own["stage"], "production", "one object, not a list");

    let (status, answer) = client
        .call("GET", "/pipelines/acme-shop/pipeline-couplings", None)
        .await;
    assert_eq!((status, &answer["id"]), (422, &json!("invalid_params")));
    for path in ["latest-releases", "latest-deployments", "latest-builds"] {
        client.get(&format!("/pipelines/{pipeline}/{path}")).await;
    }
    let ids = json!({"in": {"id": [own["app"]["id"]]}});
    let (status, apps) = client.call("POST", "/filters/apps", Some(ids)).await;
    assert_eq!((status, &apps[0]["name"]), (200, &json!("shop-eu")));
    let names = client
        .api("POST", "/filters/apps")
        .json(&json!({"in": {"id": ["shop-eu"]}}));
    assert_eq!(names.send().await.unwrap().status(), 422);
}

#[tokio::test]
async fn an_ambiguous_name_is_three_hundred_and_a_list() {
    let client = Client::start(&["pipeline=ambiguous"]).await;
    let (status, answer) = client.call("GET", "/pipelines/acme-shop", None).await;
    assert_eq!(status, 300);
    assert_eq!(answer.as_array().unwrap().len(), 2);
    client.get(&format!("/pipelines/{}", id(&answer[0]))).await;
}

#[tokio::test]
async fn lists_can_be_made_to_come_in_pages() {
    let client = Client::start(&["page=2"]).await;
    let pipeline = id(&client.get("/pipelines/acme-shop").await);
    let path = format!("/pipelines/{pipeline}/pipeline-couplings");
    let answer = client.api("GET", &path).send().await.unwrap();
    assert_eq!(answer.status(), 206);
    let next = answer.headers()["next-range"].to_str().unwrap().to_owned();
    let answer = client.api("GET", &path).header("range", next).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 200);
    let rest: Vec<Value> = answer.json().await.unwrap();
    assert_eq!(rest.len(), 1);
}

#[tokio::test]
async fn pipelines_and_couplings_can_be_made_changed_and_removed() {
    let client = Client::start(&[]).await;
    let old = client.get("/apps/shop-us/pipeline-couplings").await;
    let path = format!("/pipeline-couplings/{}", id(&old));
    let (status, _) = client.call("DELETE", &path, None).await;
    assert_eq!(status, 200);
    let (status, _) = client
        .call("GET", "/apps/shop-us/pipeline-couplings", None)
        .await;
    assert_eq!(status, 404);

    let pipeline = client
        .post("/pipelines", json!({"name": "other-shop"}))
        .await;
    let body = json!({"app": "shop-us", "pipeline": pipeline["id"], "stage": "staging"});
    let coupling = client.post("/pipeline-couplings", body.clone()).await;
    let (status, _) = client.call("POST", "/pipeline-couplings", Some(body)).await;
    assert_eq!(status, 422, "coupled already");
    let path = format!("/pipeline-couplings/{}", id(&coupling));
    let change = json!({"stage": "production"});
    let (status, changed) = client.call("PATCH", &path, Some(change)).await;
    assert_eq!((status, &changed["stage"]), (200, &json!("production")));
    let wrong = client.api("PATCH", &path).json(&json!({"stage": "moon"}));
    assert_eq!(wrong.send().await.unwrap().status(), 422);
    assert_eq!(client.get(&path).await["stage"], "production");

    let path = format!("/pipelines/{}", id(&pipeline));
    let (_, renamed) = client
        .call("PATCH", &path, Some(json!({"name": "third-shop"})))
        .await;
    assert_eq!(renamed["name"], "third-shop");
    let (status, _) = client.call("DELETE", &path, None).await;
    assert_eq!(status, 200);
    assert_eq!(
        client
            .get("/pipeline-couplings")
            .await
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let by_name = client.api("DELETE", "/pipelines/acme-shop").send().await;
    assert_eq!(by_name.unwrap().status(), 422);
}

#[tokio::test]
async fn maintenance_closes_an_app() {
    let client = Client::start(&[]).await;
    let on = json!({"maintenance": true});
    let (_, app) = client.call("PATCH", "/apps/shop-eu", Some(on)).await;
    assert_eq!(app["maintenance"], true);
    let page = client.stream(app["web_url"].as_str().unwrap(), &[]).await;
    assert_eq!(page.status(), 503);
    client.get("/apps").await;
    client.get("/apps/shop-eu/config-vars").await;
}

/// The body of a promotion from staging to production.
async fn promotion(client: &Client, release: Option<&Value>) -> Value {
    let coupling = client.get("/apps/shop-staging/pipeline-couplings").await;
    let (eu, us) = (
        client.app_id("shop-eu").await,
        client.app_id("shop-us").await,
    );
    let mut body = json!({
        "pipeline": {"id": coupling["pipeline"]["id"]},
        "source": {"app": {"id": coupling["app"]["id"]}},
        "targets": [{"app": {"id": eu}}, {"app": {"id": us}}],
    });
    if let Some(release) = release {
        body["source"]["release"] = json!({"id": release["id"]});
    }
    body
}

async fn targets(client: &Client, body: Value) -> Value {
    let promotion = client.post("/pipeline-promotions", body).await;
    let path = format!("/pipeline-promotions/{}/promotion-targets", id(&promotion));
    client.settled(&path).await
}

#[tokio::test]
async fn a_pinned_release_is_promoted_even_if_another_runs() {
    let client = Client::start(&[]).await;
    let older = client.get("/apps/shop-staging/releases/2").await;
    client.build("shop-staging", app(None), "newer").await;
    targets(&client, promotion(&client, Some(&older)).await).await;
    let promoted = client.get("/apps/shop-eu/releases/3").await;
    assert_eq!(promoted["slug"], older["slug"]);
    assert_eq!(promoted["description"], "Promote shop-staging v2 01234567");

    targets(&client, promotion(&client, None).await).await;
    let promoted = client.get("/apps/shop-eu/releases/4").await;
    assert_eq!(promoted["description"], "Promote shop-staging v3 newer");
}

#[tokio::test]
async fn a_failing_release_phase_fails_its_target_only() {
    let client = Client::start(&["release-phase=fail:shop-us"]).await;
    let targets = targets(&client, promotion(&client, None).await).await;
    assert_eq!(targets[0]["status"], "succeeded");
    assert_eq!(targets[1]["status"], "failed");
    assert_eq!(targets[1]["error_message"], "release command failed");
    assert!(targets[1]["release"]["id"].is_string());
}

#[tokio::test]
async fn promotions_that_make_no_sense_are_refused() {
    let client = Client::start(&[]).await;
    let good = promotion(&client, None).await;
    let first = client.get("/apps/shop-staging/releases/1").await;
    let foreign = client.get("/apps/shop-eu/releases/2").await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    for (body, status, why) in [
        (
            with(&|body| body["pipeline"]["id"] = json!("acme-shop")),
            422,
            "a name",
        ),
        (
            with(&|body| body["source"]["app"]["id"] = json!("shop-staging")),
            422,
            "a name",
        ),
        (
            with(&|body| body["targets"][0]["app"]["id"] = json!("shop-eu")),
            422,
            "a name",
        ),
        (with(&|body| body["targets"] = json!([])), 422, "no target"),
        (
            with(&|body| body["targets"][0] = body["targets"][1].clone()),
            422,
            "twice",
        ),
        (
            with(&|body| body["targets"][0] = body["source"].clone()),
            422,
            "itself",
        ),
        (
            with(&|body| body["source"]["release"] = json!({"id": first["id"]})),
            422,
            "no slug",
        ),
        (
            with(&|body| body["source"]["release"] = json!({"id": foreign["id"]})),
            404,
            "foreign",
        ),
        (
            with(&|body| body["source"]["release"] = json!({"id": "v2"})),
            422,
            "a name",
        ),
    ] {
        let answer = client
            .api("POST", "/pipeline-promotions")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.unwrap().status(), status, "{why}: {body}");
    }
    let (status, _) = client
        .call(
            "GET",
            "/pipeline-promotions/00000000-0000-0000-0000-000000000000",
            None,
        )
        .await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn an_add_on_leads_to_its_app_and_an_apps_coupling_may_come_in_a_list() {
    let client = Client::start(&[]).await;
    let plan = json!({"plan": "heroku-postgresql:dev"});
    let (status, addon) = client
        .call("POST", "/apps/shop-eu/addons", Some(plan))
        .await;
    assert_eq!((status, &addon["app"]["name"]), (201, &json!("shop-eu")));
    let by_id = format!("/addons/{}", id(&addon));
    assert_eq!(client.get(&by_id).await, addon);
    let by_name = format!("/addons/{}", addon["name"].as_str().unwrap());
    assert_eq!(client.get(&by_name).await, addon);
    assert_eq!(client.get("/addons").await, json!([addon]));
    assert_eq!(client.get("/apps/shop-eu/addons").await, json!([addon]));
    let (status, _) = client.call("GET", "/addons/nothing", None).await;
    assert_eq!(status, 404);
    let client = Client::start(&["coupling=listed"]).await;
    let path = "/apps/shop-eu/pipeline-couplings";
    let answer = client.api("GET", path).send().await.unwrap();
    let list: Vec<Value> = answer.json().await.unwrap();
    assert_eq!(list.len(), 1);
}
