//! The routes of the API.

mod account;
mod addons;
mod apps;
mod body;
mod builds;
mod couplings;
mod dynos;
mod features;
mod images;
mod pipelines;
mod promotions;
mod releases;
mod settings;
mod slugs;
mod sources;
mod stacks;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};
use serde_json::Value;

use super::answer::{Refusal, Reply};
use super::entity::App;
use super::front;
use super::page;
use super::registry;
use super::world::World;
use crate::sandbox::fault::{Effect, Occasion};
use crate::sandbox::heroku::{Heroku, Shared};

/// Every route of the API.
pub(super) fn router(platform: Shared) -> Router {
    Router::new()
        .route("/account", get(account::info))
        .route("/account/rate-limits", get(account::rate_limits))
        .route("/apps", get(apps::list))
        .route("/apps/{app}", get(apps::info).patch(apps::update))
        .route(
            "/apps/{app}/config-vars",
            get(settings::config_vars).patch(settings::set_config_vars),
        )
        .route(
            "/apps/{app}/buildpack-installations",
            get(settings::buildpacks).put(settings::set_buildpacks),
        )
        .route(
            "/apps/{app}/addons",
            get(settings::addons).post(settings::add_addon),
        )
        .route("/apps/{app}/sources", post(sources::deprecated))
        .route("/apps/{app}/builds", get(builds::list).post(builds::create))
        .route(
            "/apps/{app}/builds/{build}",
            get(builds::info).delete(builds::cancel),
        )
        .route("/apps/{app}/build-cache", delete(builds::empty_cache))
        .route("/apps/{app}/slugs", post(slugs::create))
        .route("/apps/{app}/slugs/{slug}", get(slugs::info))
        .route("/apps/{app}/oci-images/{image}", get(slugs::images))
        .route("/apps/{app}/dynos", get(dynos::list))
        .route(
            "/apps/{app}/formation",
            get(dynos::formation).patch(dynos::scale_all),
        )
        .route(
            "/apps/{app}/formation/{kind}",
            get(dynos::process_type).patch(dynos::scale),
        )
        .route("/apps/{app}/features", get(features::list))
        .route(
            "/apps/{app}/features/{feature}",
            get(features::info).patch(features::update),
        )
        .route(
            "/apps/{app}/releases",
            get(releases::list).post(releases::create),
        )
        .route("/apps/{app}/releases/{release}", get(releases::info))
        .route(
            "/apps/{app}/releases/{release}/config-vars",
            get(releases::config_vars),
        )
        .route("/apps/{app}/pipeline-couplings", get(couplings::of_app))
        .route(
            "/apps/{app}/addons/{addon}",
            get(addons::info_of_app).delete(addons::remove),
        )
        .route(
            "/apps/{app}/addon-attachments",
            get(addons::attachments_of_app),
        )
        .route("/addons", get(addons::list))
        .route("/addons/{addon}", get(addons::info))
        .route(
            "/addons/{addon}/addon-attachments",
            get(addons::attachments_of_addon),
        )
        .route("/addon-attachments", get(addons::attachments))
        .route("/actions/addons/resolve", post(addons::resolve))
        .route("/sources", post(sources::create))
        .route("/stacks", get(stacks::list))
        .route("/stacks/{stack}", get(stacks::info))
        .route("/users/{user}", get(account::user))
        .route("/users/{user}/apps", get(apps::list_of_user))
        .route("/filters/apps", post(apps::filter))
        .merge(of_pipelines())
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .layer(from_fn_with_state(Arc::clone(&platform), front::admit))
        // It has a front of its own.
        .merge(registry::router(&platform))
        .with_state(platform)
}

/// The routes of pipelines, couplings and promotions.
fn of_pipelines() -> Router<Shared> {
    Router::new()
        .route("/pipelines", get(pipelines::list).post(pipelines::create))
        .route(
            "/pipelines/{pipeline}",
            get(pipelines::info)
                .patch(pipelines::update)
                .delete(pipelines::destroy),
        )
        .route(
            "/pipelines/{pipeline}/pipeline-couplings",
            get(couplings::of_pipeline),
        )
        .route(
            "/pipelines/{pipeline}/latest-releases",
            get(pipelines::latest_releases),
        )
        .route(
            "/pipelines/{pipeline}/latest-deployments",
            get(pipelines::latest_deployments),
        )
        .route(
            "/pipelines/{pipeline}/latest-builds",
            get(pipelines::latest_builds),
        )
        .route(
            "/pipeline-couplings",
            get(couplings::list).post(couplings::create),
        )
        .route(
            "/pipeline-couplings/{coupling}",
            get(couplings::info)
                .patch(couplings::update)
                .delete(couplings::destroy),
        )
        .route("/pipeline-promotions", post(promotions::create))
        .route("/pipeline-promotions/{promotion}", get(promotions::info))
        .route(
            "/pipeline-promotions/{promotion}/promotion-targets",
            get(promotions::targets),
        )
}

/// A route that does not exist, a wrong method or a trailing slash.
async fn no_route() -> Refusal {
    Refusal::no_route()
}

/// An app by its id or name, or 404.
fn find_app<'a>(world: &'a World, key: &str) -> Result<&'a App, Refusal> {
    world.app(key).ok_or_else(|| Refusal::missing("app"))
}

/// Answers a list, or the page of it that the request asks for; a fault may limit how long a page is.
fn paged(platform: &Heroku, headers: &HeaderMap, orders: &[&str], items: Vec<Value>) -> Reply {
    let effects = platform.host.strike(Occasion::Page, "");
    let limit = effects.into_iter().find_map(|effect| match effect {
        Effect::Page(limit) => Some(limit),
        _ => None,
    });
    page::list(headers, orders, limit, items)
}
