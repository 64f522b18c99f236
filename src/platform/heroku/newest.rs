//! The newest builds and releases of an app.

use std::time::Duration;

use super::{Heroku, images, wire};
use crate::{
    http::{Error, Request},
    platform::types::{App, Build, Release},
};

impl Heroku {
    /// The newest builds of an app, newest first.
    pub(super) async fn newest_builds(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Build>, Error> {
        // The range that the platform's own client asks for.
        let range = format!("created_at ..; max={count}, order=desc");
        let path = format!("/apps/{}/builds", app.id);
        let list: Vec<wire::BuildJson> = self
            .newest(count, &range, || Request::get(&path, budget))
            .await?;
        Ok(list
            .into_iter()
            .map(|json| self.known_build(json))
            .collect())
    }

    /// The newest releases of an app, newest first.
    pub(super) async fn newest_releases(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Release>, Error> {
        // The default order is ascending: without `order=desc` the newest are missing on an old app.
        let range = format!("version ..; max={count}, order=desc");
        let path = format!("/apps/{}/releases", app.id);
        let list: Vec<wire::ReleaseJson> = self
            .newest(count, &range, || Request::get(&path, budget))
            .await?;
        let releases = list.into_iter().map(|json| self.known_release(json));
        let mut releases: Vec<Release> = releases.collect();
        images::repeated(&mut releases);
        Ok(releases)
    }
}
