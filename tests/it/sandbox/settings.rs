//! What apps are set up with: config vars, buildpacks, stacks, add-ons.

use serde_json::{Value, json};

use super::client::Client;

#[tokio::test]
async fn a_config_var_makes_a_release_of_what_runs() {
    let client = Client::start(&[]).await;
    let before = client.get("/apps/shop-eu/releases/2").await;
    let vars = json!({"NODE_ENV": null, "NEW": "1"});
    let (status, now) = client
        .call("PATCH", "/apps/shop-eu/config-vars", Some(vars))
        .await;
    assert_eq!((status, now), (200, json!({"NEW": "1"})));
    let after = client.get("/apps/shop-eu/releases/3").await;
    assert_eq!(
        (&after["slug"], &after["current"]),
        (&before["slug"], &json!(true))
    );
    assert_eq!(after["description"], "Set NEW, NODE_ENV config vars");
    for wrong in [json!({"A": 1}), json!({"A-B": "x"})] {
        let request = client
            .api("PATCH", "/apps/shop-eu/config-vars")
            .json(&wrong);
        assert_eq!(request.send().await.unwrap().status(), 422, "{wrong}");
    }
}

#[tokio::test]
async fn buildpacks_stack_and_addons_are_kept() {
    let client = Client::start(&[]).await;
    let path = "/apps/shop-eu/buildpack-installations";
    assert_eq!(client.get(path).await, json!([]));
    let updates = json!({"updates": [{"buildpack": "heroku/nodejs"}, {"buildpack": "https://example.com/b.tgz"}]});
    client.call("PUT", path, Some(updates)).await;
    let names: Vec<Value> = client
        .get(path)
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["buildpack"]["name"].clone())
        .collect();
    assert_eq!(names, ["heroku/nodejs", "https://example.com/b.tgz"]);
    client
        .call(
            "PATCH",
            "/apps/shop-eu",
            Some(json!({"build_stack": "heroku-22"})),
        )
        .await;
    let app = client.get("/apps/shop-eu").await;
    assert_eq!(
        (&app["build_stack"]["name"], &app["stack"]["name"]),
        (&json!("heroku-22"), &json!("heroku-24"))
    );
    let plan = json!({"plan": "heroku-postgresql:essential-0"});
    let (status, addon) = client
        .call("POST", "/apps/shop-eu/addons", Some(plan))
        .await;
    assert_eq!(
        (status, &addon["addon_service"]["name"]),
        (201, &json!("heroku-postgresql"))
    );
    assert_eq!(client.get("/apps/shop-eu/addons").await, json!([addon]));
}

#[tokio::test]
async fn stacks_tell_how_long_they_live() {
    let client = Client::start(&[]).await;
    let stacks = client.get("/stacks").await;
    let found: Vec<_> = stacks
        .as_array()
        .unwrap()
        .iter()
        .map(|stack| (stack["name"].as_str(), stack["state"].as_str()))
        .collect();
    for (name, state) in [
        ("heroku-22", "deprecated"),
        ("heroku-24", "public"),
        ("cnb", "public"),
        ("container", "public"),
    ] {
        assert!(found.contains(&(Some(name), Some(state))), "{name}");
        assert_eq!(client.get(&format!("/stacks/{name}")).await["state"], state);
    }
    let (status, answer) = client.call("GET", "/stacks/cedar-14", None).await;
    assert_eq!((status, &answer["id"]), (404, &json!("not_found")));
}
