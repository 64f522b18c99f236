//! Preboot: with this feature the web dynos of the release before go on answering until the new ones have had time to
//! boot (<https://devcenter.heroku.com/articles/preboot>).

use std::time::Duration;

use super::{Heroku, wire};
use crate::{
    http::Error,
    platform::types::{App, Overlap},
};

/// About this long after the deploy has completed, with the default time-out for booting.
const LASTS: Duration = Duration::from_mins(3);

impl Heroku {
    /// The feature, if an app has it on.
    pub(super) async fn preboot(
        &self,
        app: &App,
        budget: Duration,
    ) -> Result<Option<Overlap>, Error> {
        let path = format!("/apps/{}/features/preboot", app.id);
        let feature: wire::FeatureJson = self.read(path, budget).await?;
        Ok(feature.enabled.then_some(Overlap {
            by: "preboot",
            lasts: LASTS,
        }))
    }
}
