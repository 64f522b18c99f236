//! Faults over real HTTP.

use std::time::{Duration, Instant};

use launchway::sandbox::{Change, Origin};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, app, id};

async fn status(client: &Client, method: &str, path: &str) -> Result<u16, reqwest::Error> {
    let request = client.api(method, path);
    Ok(request.send().await?.status().as_u16())
}

#[tokio::test]
async fn statuses_come_when_they_are_told_to() {
    let client = Client::start(&["http=429,retry-after=7@2:GET apps"]).await;
    assert_eq!(status(&client, "GET", "/apps").await.unwrap(), 200);
    let answer = client.api("GET", "/apps/shop-eu").send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["id"], "rate_limit");
    assert_eq!(status(&client, "GET", "/apps").await.unwrap(), 200);

    client.sandbox.set_faults(vec![
        "http=503,html,retry-after=date+30:GET account"
            .parse()
            .unwrap(),
    ]);
    let answer = client.api("GET", "/account").send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let date = answer.headers()["retry-after"].to_str().unwrap();
    assert!(date.ends_with(" GMT"), "{date}");
    assert!(answer.text().await.unwrap().contains("Application Error"));
}

#[tokio::test]
async fn connections_break_where_they_are_told_to() {
    let client = Client::start(&[
        "http=reset@1:account",
        "http=reset-in-head@2:account",
        "http=reset-in-body@3:account",
    ])
    .await;
    assert!(status(&client, "GET", "/account").await.is_err());
    assert!(status(&client, "GET", "/account").await.is_err());
    let answer = client.api("GET", "/account").send().await.unwrap();
    assert_eq!(answer.status(), 200, "the head is whole");
    assert!(answer.bytes().await.is_err(), "the body is not");
    assert_eq!(status(&client, "GET", "/account").await.unwrap(), 200);
}

#[tokio::test]
async fn a_lost_answer_does_not_undo_what_was_done() {
    let client = Client::start(&[
        "http=reset-after:POST pipelines",
        "http=502,after@2:POST pipelines",
    ])
    .await;
    let create = |name: &str| {
        client
            .api("POST", "/pipelines")
            .json(&json!({"name": name}))
    };
    assert!(create("first-one").send().await.is_err());
    assert_eq!(create("second-one").send().await.unwrap().status(), 502);
    assert_eq!(client.get("/pipelines").await.as_array().unwrap().len(), 3);
    let last = client.sandbox.requests();
    assert_eq!(last[0].status, 0, "nothing was answered");
    assert_eq!(last[0].body, Some(json!({"name": "first-one"})));
}

#[tokio::test]
async fn answers_can_be_nonsense() {
    let client = Client::start(&[
        "http=html@1:account",
        "http=invalid-json@2:account",
        "http=truncated@3:account",
        "http=redirect@4:account",
        "http=unknown-enum:builds",
    ])
    .await;
    for _ in 0..3 {
        let answer = client.api("GET", "/account").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.json::<Value>().await.is_err());
    }
    let answer = client.api("GET", "/account").send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let place = answer.headers()["location"].to_str().unwrap();
    assert!(!place.starts_with(client.sandbox.api_url()), "{place}");

    let url = client.upload(app(None)).await;
    let body = json!({"source_blob": {"url": url}});
    let answer = client
        .api("POST", "/apps/shop-eu/builds")
        .json(&body)
        .send()
        .await;
    let build: Value = answer.unwrap().json().await.unwrap();
    assert_eq!(build["status"], "postponed");
}

#[tokio::test]
async fn answers_can_be_slow_or_never_come() {
    let client = Client::start(&[
        "http=drip:1ms@1:account",
        "http=delay:80ms@2:account",
        "http=hang@3:account",
    ])
    .await;
    for _ in 0..2 {
        let start = Instant::now();
        let answer = client.api("GET", "/account/rate-limits").send().await;
        let answer: Value = answer.unwrap().json().await.unwrap();
        assert!(answer["remaining"].is_u64());
        assert!(start.elapsed() > Duration::from_millis(80));
    }
    let request = client
        .api("GET", "/account")
        .timeout(Duration::from_millis(100));
    assert!(request.send().await.unwrap_err().is_timeout());
    let answer = client.api("GET", "/account").send().await;
    assert!(answer.is_ok(), "only the third one hangs");
    // It would wait for ever for the one that hangs.
    client.sandbox.shutdown().await;
}

#[tokio::test]
async fn builds_fail_and_their_logs_say_so() {
    let client = Client::start(&["build=fail@1", "log=hostile@2", "build=release-late:2@3"]).await;
    let build = client.build("shop-eu", app(None), "abc").await;
    assert_eq!(build["status"], "failed");
    assert_eq!(build["release"], Value::Null);

    let build = client.build("shop-eu", app(None), "abc").await;
    let url = build["output_stream_url"].as_str().unwrap();
    let log = client.stream(url, &[]).await.bytes().await.unwrap();
    assert!(String::from_utf8(log.to_vec()).is_err());

    let build = client.build("shop-eu", app(None), "abc").await;
    assert_eq!(
        (&build["status"], &build["release"]),
        (&json!("succeeded"), &Value::Null)
    );
    let path = format!("/apps/shop-eu/builds/{}", id(&build));
    client.get(&path).await;
    assert!(client.get(&path).await["release"]["id"].is_string());
}

#[tokio::test]
async fn logs_are_long_or_come_in_pieces() {
    let client = Client::start(&["log=flood:3000@1", "log=split@2"]).await;
    let build = client.build("shop-eu", app(None), "abc").await;
    let log = client
        .follow(build["output_stream_url"].as_str().unwrap())
        .await;
    assert!(log.contains("line 3000 of 3000"));
    let build = client.build("shop-eu", app(None), "abc").await;
    let log = client
        .follow(build["output_stream_url"].as_str().unwrap())
        .await;
    assert!(log.contains("größer – naïve ✓"), "{log}");
}

#[tokio::test]
async fn an_expired_release_cannot_be_released_or_promoted() {
    let client = Client::start(&[]).await;
    let app = "shop-staging".to_owned();
    client
        .sandbox
        .change(Change::Expire { app, version: 2 })
        .unwrap();
    let release = client.get("/apps/shop-staging/releases/2").await;
    assert_eq!(release["status"], "expired");
    assert_eq!(release["eligible_for_rollback"], false);
    let body = json!({"release": release["id"]});
    let (status, _) = client
        .call("POST", "/apps/shop-staging/releases", Some(body))
        .await;
    assert_eq!(status, 422);
    let change = Change::Expire {
        app: "shop".to_owned(),
        version: 1,
    };
    let problem = client.sandbox.change(change).unwrap_err().to_string();
    assert_eq!(problem, "the sandbox has no release v1 of `shop`");
}

#[tokio::test]
async fn streams_end_early_in_both_ways() {
    let client = Client::start(&[
        "stream=cut:40%@1",
        "stream=reset:40%@2",
        "stream=late:1:shop-eu",
        "stream=late:9:shop-us",
    ])
    .await;
    let build = client.build("shop-eu", app(None), "abc").await;
    let url = build["output_stream_url"].as_str().unwrap();
    assert_eq!(client.stream(url, &[]).await.status(), 404, "late");
    let part = client.stream(url, &[]).await.text().await.unwrap();
    assert!(client.stream(url, &[]).await.text().await.is_err());
    let whole = client.stream(url, &[]).await.text().await.unwrap();
    assert_eq!(part.len(), whole.len() * 40 / 100);
    assert!(whole.starts_with(&part));
}

#[tokio::test]
async fn uploads_are_refused_lost_or_damaged() {
    let client = Client::start(&["upload=403@1", "upload=lost@1", "upload=corrupt@2"]).await;
    let (_, answer) = client.call("POST", "/sources", None).await;
    let put = answer["source_blob"]["put_url"].as_str().unwrap();
    let answer = client
        .plain(Method::PUT, put)
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 403);
    for _ in 0..2 {
        let build = client.build("shop-eu", app(None), "abc").await;
        assert_eq!(build["status"], "failed");
    }
    assert_eq!(
        client.build("shop-eu", app(None), "abc").await["status"],
        "succeeded"
    );
}

#[tokio::test]
async fn apps_are_down_for_a_while_or_for_good() {
    let client = Client::start(&["web=down-until:3:shop-eu", "web=500@2+:shop-us"]).await;
    let mut statuses = Vec::new();
    for app in ["shop-eu", "shop-us"] {
        let app = client.get(&format!("/apps/{app}")).await;
        for _ in 0..3 {
            let answer = client.stream(app["web_url"].as_str().unwrap(), &[]).await;
            statuses.push(answer.status().as_u16());
        }
    }
    assert_eq!(statuses, [503, 503, 200, 200, 500, 500]);
    let web = client.sandbox.requests();
    assert!(web.iter().any(|request| request.origin == Origin::Web));
}

#[tokio::test]
async fn hosts_can_be_unreachable() {
    let client = Client::start(&["stream=refused", "web=refused:shop-eu", "upload=refused"]).await;
    let (_, source) = client.call("POST", "/sources", None).await;
    let other = client.get("/apps/shop-us").await;
    let page = client.stream(other["web_url"].as_str().unwrap(), &[]).await;
    assert_eq!(page.status(), 200);
    let app = client.get("/apps/shop-eu").await;
    for url in [&source["source_blob"]["put_url"], &app["web_url"]] {
        let answer = client
            .plain(Method::GET, url.as_str().unwrap())
            .send()
            .await;
        assert!(answer.unwrap_err().is_connect());
    }
}

#[tokio::test]
async fn targets_and_releases_go_wrong() {
    let client = Client::start(&["target=fail:2", "release=expire:shop-eu"]).await;
    let coupling = client.get("/apps/shop-staging/pipeline-couplings").await;
    let (eu, us) = (
        client.app_id("shop-eu").await,
        client.app_id("shop-us").await,
    );
    let body = json!({
        "pipeline": {"id": coupling["pipeline"]["id"]},
        "source": {"app": {"id": coupling["app"]["id"]}},
        "targets": [{"app": {"id": eu}}, {"app": {"id": us}}],
    });
    let promotion = client.post("/pipeline-promotions", body).await;
    let path = format!("/pipeline-promotions/{}/promotion-targets", id(&promotion));
    let targets = client.settled(&path).await;
    assert_eq!(targets[0]["status"], "succeeded");
    assert_eq!(
        targets[1]["error_message"],
        "Could not verify slug checksum"
    );
    assert_eq!(targets[1]["release"], Value::Null);
    assert_eq!(
        client.get("/apps/shop-eu/releases/3").await["status"],
        "expired"
    );
    assert_eq!(
        client.get("/apps/shop-eu/releases/2").await["current"],
        true
    );
    let state = client.sandbox.state();
    assert_eq!(state["promotions"][0]["status"], "completed");
    assert_eq!(state["apps"]["shop-eu"]["releases"][2]["status"], "expired");
}

#[tokio::test]
async fn an_app_may_be_set_up_otherwise() {
    let names = |list: &Value| list.as_array().unwrap().len();
    let client = Client::start(&[
        "app=preboot:shop-eu",
        "app=stack:shop-eu",
        "app=buildpacks:shop-eu",
        "app=config-vars:shop-eu",
        "app=add-ons@2+:shop-eu",
    ])
    .await;
    for (app, one_more) in [("shop-eu", 1), ("shop-us", 0)] {
        let at = |place: &str| format!("/apps/{app}{place}");
        let feature = client.get(&at("/features/preboot")).await;
        assert_eq!(feature["enabled"], one_more == 1, "{app}");
        let stack = &client.get(&at("")).await["build_stack"]["name"];
        assert_eq!(stack == "heroku-20", one_more == 1, "{app}");
        let buildpacks = client.get(&at("/buildpack-installations")).await;
        assert_eq!(names(&buildpacks), one_more, "{app}");
        let vars = client.get(&at("/config-vars")).await;
        assert_eq!(vars.as_object().unwrap().len(), 1 + one_more, "{app}");
        assert_eq!(names(&client.get(&at("/addons")).await), 0, "{app}");
        assert_eq!(names(&client.get(&at("/addons")).await), one_more, "{app}");
    }
}
