//! What can be asked of many apps in one request. If it can't be had, each app is asked for alone: so these requests are
//! not repeated for as long as others, and what failed for good is not asked for again.

use std::{collections::HashMap, sync::atomic::Ordering, time::Duration};

use reqwest::header::ACCEPT;
use serde_json::json;

use super::{Heroku, VERSION_3, wire};
use crate::{
    http::{Error, Kind, Request, path_segment},
    platform::types::{App, Release},
};

/// What the platform's own client sends to read apps by their ids.
const VERSION_3_FILTERS: &str = "application/vnd.heroku+json; version=3.filters";
/// The longest page that there is.
const LONGEST_PAGE: &str = "id ..; max=1000";
/// The newest releases of a pipeline's apps come without pages: room for some ten thousand.
const LARGEST_LATEST: usize = 16 << 20;

impl Heroku {
    /// Apps by their ids: by a filter, which is a POST but changes nothing (the schema's words).
    pub(super) async fn apps_together(
        &self,
        ids: &[&str],
        budget: Duration,
    ) -> Result<Vec<App>, Error> {
        let body = json!({"in": {"id": ids}});
        let budget = budget.min(self.services.pacing.budget_in_doubt());
        let list: Vec<wire::AppJson> = self
            .pages(Some(LONGEST_PAGE), || {
                Request::post("/filters/apps", Some(&body), budget)
                    .repeatable()
                    .header(ACCEPT, VERSION_3_FILTERS)
            })
            .await?;
        Ok(self.call_apps(list))
    }

    /// All apps that the account sees.
    pub(super) async fn all_apps(&self, budget: Duration) -> Result<Vec<App>, Error> {
        let budget = budget.min(self.services.pacing.budget_in_doubt());
        let list: Vec<wire::AppJson> = self
            .pages(Some(LONGEST_PAGE), || {
                Request::get("/apps", budget).header(ACCEPT, VERSION_3)
            })
            .await?;
        Ok(self.call_apps(list))
    }

    fn call_apps(&self, list: Vec<wire::AppJson>) -> Vec<App> {
        let apps: Vec<App> = list.into_iter().map(App::from).collect();
        for app in &apps {
            self.services.api.call_app(&app.id, &app.name);
        }
        apps
    }

    /// The newest release of each app of a pipeline, by the apps' ids.
    pub(super) async fn latest_together(
        &self,
        pipeline: &str,
        budget: Duration,
    ) -> Result<HashMap<String, Release>, Error> {
        let path = format!("/pipelines/{}/latest-releases", path_segment(pipeline));
        if self.no_latest.load(Ordering::Relaxed) {
            let request = format!("GET {path}");
            return Err(Error::new(Kind::Unsupported, request, "it failed before"));
        }
        let budget = budget.min(self.services.pacing.budget_in_doubt());
        let request = || Request::get(&path, budget).largest(LARGEST_LATEST);
        let list: Result<Vec<wire::ReleaseJson>, Error> = self.list(request).await;
        self.no_latest.store(list.is_err(), Ordering::Relaxed);
        let releases = list?.into_iter().filter_map(wire::ReleaseJson::of_its_app);
        // Of all their outputs few are read: those addresses become known secrets then.
        Ok(releases.collect())
    }
}
