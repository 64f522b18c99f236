//! Status checks on releases.

use std::time::Duration;

use reqwest::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::{Akkeris, wire};
use crate::{
    http::{Error, Kind, Request},
    platform::types::{App, StatusReport},
};

impl Akkeris {
    pub(super) async fn statuses(
        &self,
        app: &App,
        release: &str,
        budget: Duration,
    ) -> Result<Vec<wire::StatusJson>, Error> {
        let path = format!("/apps/{}/releases/{release}/statuses", app.id);
        let json: wire::StatusesJson = self.read_known(path, budget).await?;
        Ok(json.statuses)
    }

    /// A status of a context is created once and changed by its id from then on.
    pub(super) async fn create_or_update_status(
        &self,
        app: &App,
        release: &str,
        report: StatusReport<'_>,
        budget: Duration,
    ) -> Result<(), Error> {
        let path = format!("/apps/{}/releases/{release}/statuses", app.id);
        let known = self.status_id(app, release, report.context, budget).await?;
        let id = match known {
            Some(id) => id,
            None => {
                let body = json!({
                    "context": report.context,
                    "name": report.name,
                    "state": report.state.word(),
                    "description": report.description,
                });
                let created = self
                    .ask::<IgnoredAny>(Request::post(path.as_str(), Some(&body), budget))
                    .await;
                match created {
                    Ok(_) => return Ok(()),
                    // Someone else was quicker, or the answer was lost.
                    Err(error)
                        if !error.certainly_not_accepted()
                            || matches!(error.kind, Kind::Rejected { status: 422, .. }) =>
                    {
                        let found = self.status_id(app, release, report.context, budget).await?;
                        found.ok_or(error)?
                    }
                    Err(error) => return Err(error),
                }
            }
        };
        let body = json!({
            "state": report.state.word(),
            "name": report.name,
            "description": report.description,
        });
        let update = Request::post(format!("{path}/{id}"), Some(&body), budget)
            .method(Method::PATCH)
            .repeatable();
        self.ask::<IgnoredAny>(update).await.map(drop)
    }

    async fn status_id(
        &self,
        app: &App,
        release: &str,
        context: &str,
        budget: Duration,
    ) -> Result<Option<String>, Error> {
        let statuses = self.statuses(app, release, budget).await?;
        Ok(statuses
            .into_iter()
            .find(|status| status.context == context)
            .map(|status| status.id))
    }
}
