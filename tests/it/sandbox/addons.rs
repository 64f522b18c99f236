//! Add-ons, as the platform's CLI looks them up, and whom a token is of.

use serde_json::{Value, json};

use super::client::{Client, id};

async fn added(client: &Client, app: &str, name: &str) -> Value {
    let plan = json!({"plan": "heroku-postgresql:essential-0", "name": name});
    let path = format!("/apps/{app}/addons");
    client.call("POST", &path, Some(plan)).await.1
}

async fn resolve(client: &Client, body: Value) -> (u16, Value) {
    let path = "/actions/addons/resolve";
    client.call("POST", path, Some(body)).await
}

#[tokio::test]
async fn a_name_is_resolved_to_the_add_ons_that_it_may_mean() {
    let client = Client::start(&[]).await;
    let one = added(&client, "shop-eu", "shop-db").await;
    let two = added(&client, "shop-eu", "shop-copy").await;
    for body in [
        json!({"addon": "shop-db"}),
        json!({"addon": "shop-db", "app": "shop-eu"}),
        json!({"addon": "shop-db", "addon_service": "heroku-postgresql"}),
    ] {
        assert_eq!(resolve(&client, body).await, (200, json!([one])));
    }
    let of_service = json!({"addon": "heroku-postgresql", "app": "shop-eu"});
    assert_eq!(resolve(&client, of_service).await, (200, json!([one, two])));
    for body in [
        json!({"addon": "heroku-postgresql"}),
        json!({"addon": "shop-db", "app": "shop-us"}),
        json!({"addon": "shop-db", "addon_service": "heroku-redis"}),
    ] {
        let (status, answer) = resolve(&client, body).await;
        assert_eq!((status, &answer["resource"]), (404, &json!("add_on")));
    }
}

#[tokio::test]
async fn an_add_on_is_attached_to_its_app_until_it_is_removed() {
    let client = Client::start(&[]).await;
    let addon = added(&client, "shop-eu", "shop-db").await;
    let attachments = client.get("/apps/shop-eu/addon-attachments").await;
    assert_eq!(
        (&attachments[0]["name"], &attachments[0]["addon"]["id"]),
        (&json!("HEROKU_POSTGRESQL"), &addon["id"])
    );
    let of_addon = format!("/addons/{}/addon-attachments", id(&addon));
    for path in [of_addon.as_str(), "/addon-attachments"] {
        assert_eq!(client.get(path).await, attachments, "{path}");
    }
    let path = format!("/apps/shop-eu/addons/{}", id(&addon));
    assert_eq!(client.get(&path).await, addon);
    let (status, removed) = client.call("DELETE", &path, None).await;
    assert_eq!((status, &removed["id"]), (200, &addon["id"]));
    assert_eq!(client.get("/apps/shop-eu/addons").await, json!([]));
    let (status, _) = client.call("GET", &path, None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn the_account_is_found_as_a_user() {
    let client = Client::start(&[]).await;
    let account = client.get("/account").await;
    for user in ["~", "sandbox@example.com", &id(&account)] {
        assert_eq!(client.get(&format!("/users/{user}")).await, account);
    }
    let (status, _) = client.call("GET", "/users/other@example.com", None).await;
    assert_eq!(status, 404);
}
