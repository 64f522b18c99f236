//! What the running server refuses and in which words, where the recordings hold no such request.

use serde_json::{Value, json};

use super::support::{ONE, TWO};
use crate::support::Shop;

#[test]
#[expect(clippy::too_many_lines, reason = "a table of requests and answers")]
fn the_sandbox_refuses_in_the_words_of_the_server() {
    let shop = Shop::akkeris(ONE, &[], &[]);
    let release = shop.releases("web-dev")[0].clone();
    let (release, slug) = (&release["id"], &release["slug"]["id"]);
    let statuses = format!(
        "/apps/web-dev/releases/{}/statuses",
        release.as_str().unwrap()
    );
    let known = shop.ask(
        "POST",
        &statuses,
        &json!({"context": "tests/smoke", "name": "Smoke", "state": "pending"}),
    );
    let known = format!("{statuses}/{}", known["id"].as_str().unwrap());
    let unknown = format!("{statuses}/00000000-0000-4000-8000-000000000000");
    let context = |context: &str| json!({"context": context, "name": "Smoke", "state": "success"});
    for (method, path, body, status, said) in [
        (
            "POST",
            "/spaces",
            json!({"name": "dev"}),
            409,
            "The specified space already exists.",
        ),
        (
            "POST",
            "/apps",
            json!({"name": "web", "space": "dev", "org": "main"}),
            409,
            "The requested application already exists.",
        ),
        (
            "POST",
            "/apps",
            json!({"name": "other", "org": "main"}),
            422,
            "The application space field was not specified",
        ),
        (
            "POST",
            "/pipeline-couplings",
            json!({
                "app": "web-dev", "pipeline": "webpipe", "stage": "review",
                "required_status_checks": {"contexts": ["tests/smoke"]},
            }),
            422,
            "Required status checks cannot be added to a pipelines review stage.",
        ),
        (
            "POST",
            "/apps/web-dev/releases",
            json!({"description": "x"}),
            422,
            "The specified \"slug\" (or) \"release\" field was not provided.",
        ),
        (
            "POST",
            "/apps/web-dev/releases",
            json!({"slug": slug, "release": release}),
            422,
            "The specified request may only contain either",
        ),
        (
            "POST",
            &statuses,
            context("a_b_c_d"),
            422,
            "Invalid context name",
        ),
        (
            "POST",
            &statuses,
            context("a/b"),
            422,
            "Invalid context length",
        ),
        (
            "PATCH",
            &known,
            json!({"name": "Other"}),
            422,
            "Invalid state: The state must be",
        ),
        (
            "PATCH",
            &unknown,
            json!({"state": "success"}),
            422,
            "This status does not exist, use create not update.",
        ),
        (
            "GET",
            "/pipeline-promotions/00000000-0000-4000-8000-000000000000",
            Value::Null,
            404,
            "The specified pipeline promotion was not found.",
        ),
        (
            "GET",
            "/pipeline-promotions/00000000-0000-4000-8000-000000000000/promotion-targets",
            Value::Null,
            200,
            "[]",
        ),
        (
            "POST",
            "/apps/web-dev/builds",
            json!({"url": "x".repeat(110_000)}),
            413,
            "at readStream (/srv/akkeris-api/node_modules/raw-body/index.js",
        ),
        ("GET", "/account", Value::Null, 200, "\"verified\":true"),
    ] {
        let (answered, text) = shop.answer(method, path, &body);
        assert_eq!(answered, status, "{method} {path}: {text}");
        assert!(text.contains(said), "{method} {path}: {text}");
    }
}

#[test]
fn a_promotion_can_be_read_at_once() {
    let shop = Shop::akkeris(TWO, &[], &[]);
    let state = shop.state();
    let app = |name: &str| state["apps"][name]["app"]["id"].clone();
    let promotion = json!({
        "pipeline": {"id": shop.ask("GET", "/pipelines/webpipe", &Value::Null)["id"]},
        "source": {"app": {"id": app("web-dev")}},
        "targets": [{"app": {"id": app("web-stg")}}],
    });
    let made = shop.ask("POST", "/pipeline-promotions", &promotion);
    let path = format!("/pipeline-promotions/{}", made["id"].as_str().unwrap());
    let (status, text) = shop.answer("GET", &path, &Value::Null);
    assert_eq!(status, 200, "{text}");
    let targets = shop.ask("GET", &format!("{path}/promotion-targets"), &Value::Null);
    assert_eq!(targets[0]["pipeline_promotion"]["id"], made["id"]);
}
