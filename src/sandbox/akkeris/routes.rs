//! The calls of the API.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::answer::{Refusal, Reply, ok};
use super::front::Call;
use super::{apps, builds, couplings, pipelines, promotions, releases, statuses};
use crate::sandbox::akkeris::Shared;

/// Every call of the API.
pub(super) fn router(platform: Shared) -> Router {
    Router::new().fallback(serve).with_state(platform)
}

async fn serve(State(platform): State<Shared>, request: Request) -> Response {
    let reply = match Call::let_in(&platform, request).await {
        Ok(call) => answer(&platform, &call),
        Err(refusal) => Err(refusal),
    };
    match reply {
        Ok(answer) => answer.into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn answer(platform: &Shared, call: &Call) -> Reply {
    let segments: Vec<&str> = call.path.split('/').skip(1).collect();
    let platform = &Arc::clone(platform);
    match (call.method.as_str(), segments.as_slice()) {
        ("GET", ["account"]) => apps::account(call),
        ("POST", ["spaces"]) => apps::create_space(platform, call),
        ("GET", ["apps"]) => apps::list(platform),
        ("POST", ["apps"]) => apps::create(platform, call),
        ("GET", ["apps", app]) => apps::info(platform, app),
        ("GET", ["apps", app, "config-vars"]) => apps::config_vars(platform, app),
        ("PATCH", ["apps", app, "config-vars"]) => apps::set_config_vars(platform, app, call),
        ("GET", ["apps", app, "features", "auto-release"]) => apps::auto_release(platform, app),
        ("PATCH", ["apps", app, "features", "auto-release"]) => {
            apps::set_auto_release(platform, app, call)
        }
        ("GET", ["apps", app, "builds"]) => builds::list(platform, app),
        ("POST", ["apps", app, "builds"]) => builds::create(platform, app, call),
        ("GET", ["apps", app, "builds", id]) => builds::info(platform, app, id),
        ("DELETE", ["apps", app, "builds", id]) => builds::stop(platform, app, id),
        ("GET", ["apps", app, "builds", id, "result"]) => builds::result(platform, app, id),
        ("GET", ["slugs", id]) => builds::slug(platform, id),
        ("GET", ["apps", app, "releases"]) => releases::list(platform, app),
        ("POST", ["apps", app, "releases"]) => releases::create(platform, app, call),
        ("GET", ["apps", app, "releases", id]) => releases::info(platform, app, id),
        ("GET", ["apps", app, "releases", id, "statuses"]) => statuses::list(platform, app, id),
        ("POST", ["apps", app, "releases", id, "statuses"]) => {
            statuses::create(platform, app, id, call)
        }
        ("GET", ["apps", app, "releases", id, "statuses", status]) => {
            statuses::info(platform, app, id, status)
        }
        ("PATCH", ["apps", app, "releases", id, "statuses", status]) => {
            statuses::update(platform, app, id, status, call)
        }
        ("GET", ["apps", app, "pipeline-couplings"]) => couplings::of_app(platform, app),
        ("GET", ["pipelines"]) => pipelines::list(platform),
        ("POST", ["pipelines"]) => pipelines::create(platform, call),
        ("GET", ["pipelines", key]) => pipelines::info(platform, key),
        ("DELETE", ["pipelines", key]) => pipelines::destroy(platform, key),
        ("GET", ["pipelines", key, "pipeline-couplings"]) => couplings::of_pipeline(platform, key),
        ("GET", ["pipelines", key, "statuses"]) => pipelines::statuses(platform, key),
        ("GET", ["pipeline-stages"]) => ok(json!({
            "review": "development", "development": "staging", "staging": "production", "production": null,
        })),
        ("GET", ["pipeline-couplings"]) => couplings::list(platform),
        ("POST", ["pipeline-couplings"]) => couplings::create(platform, call),
        ("GET", ["pipeline-couplings", id]) => couplings::info(platform, id),
        ("PATCH", ["pipeline-couplings", id]) => couplings::update(platform, id, call),
        ("DELETE", ["pipeline-couplings", id]) => couplings::destroy(platform, id, call),
        ("GET", ["pipeline-promotions"]) => promotions::list(platform),
        ("POST", ["pipeline-promotions"]) => promotions::create(platform, call),
        ("GET", ["pipeline-promotions", id]) => promotions::info(platform, id),
        ("GET", ["pipeline-promotions", _, "promotion-targets"]) => promotions::targets(platform),
        _ => Err(Refusal::NoRoute),
    }
}
