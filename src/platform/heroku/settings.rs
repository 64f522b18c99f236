//! What an app is set up with: config vars, buildpacks, add-ons. None of it comes with what is promoted to it.

use std::{collections::BTreeSet, time::Duration};

use super::{Heroku, wire};
use crate::{
    http::{Error, Request, path_segment},
    platform::{
        names::Names,
        types::{App, Buildpacks, Runs},
    },
};

impl Heroku {
    /// The names of an app's config vars.
    pub(super) async fn names_of_config_vars(
        &self,
        app: &App,
        budget: Duration,
    ) -> Result<BTreeSet<String>, Error> {
        let path = format!("/apps/{}/config-vars", app.id);
        let Names(names) = self.read(path, budget).await?;
        Ok(names)
    }

    /// Whether the state of a stack is `deprecated`, of `public`, `deprecated` and `beta` (heroku.md §8).
    pub(super) async fn stack_is_deprecated(
        &self,
        stack: &str,
        budget: Duration,
    ) -> Result<bool, Error> {
        let path = format!("/stacks/{}", path_segment(stack));
        let stack: wire::StackState = self.read(path, budget).await?;
        Ok(stack.state.as_deref() == Some("deprecated"))
    }

    /// The buildpacks that are set for an app.
    pub(super) async fn buildpacks_of(
        &self,
        app: &App,
        budget: Duration,
    ) -> Result<Buildpacks, Error> {
        if let Some(runs) = app.runs.filter(|runs| *runs != Runs::Slugs) {
            return Ok(Buildpacks::Unused(runs.called()));
        }
        let path = format!("/apps/{}/buildpack-installations", app.id);
        let list = self.list(|| Request::get(&path, budget)).await?;
        Ok(Buildpacks::Set(wire::InstallationJson::names(list)))
    }

    /// The services of an app's add-ons, those that it shares with other apps among them.
    pub(super) async fn services_of_addons(
        &self,
        app: &App,
        budget: Duration,
    ) -> Result<BTreeSet<String>, Error> {
        let path = format!("/apps/{}/addons", app.id);
        let list: Vec<wire::AddonJson> = self.list(|| Request::get(&path, budget)).await?;
        Ok(list
            .into_iter()
            .filter_map(wire::AddonJson::service)
            .collect())
    }
}
