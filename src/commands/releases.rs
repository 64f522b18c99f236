//! `releases`: lists the releases of an app, shows the log of a release phase.

use super::{Context, builds::age, log::Which, of_app::app_name, runtime::Doing};
use crate::{
    cli::listings::{List, Releases, ReleasesAction},
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::Journal,
    platform::types::Release,
    report::listing as view,
    run::in_flight::InFlight,
};

impl Context<'_> {
    pub(super) fn releases(&self, args: &Releases) -> Result<Exit, Failure> {
        let list = match &args.action {
            None => &args.list,
            Some(ReleasesAction::List(list)) => list,
            Some(ReleasesAction::Output { which, of }) => {
                return self.log(of, Which::Release(which));
            }
        };
        let config = self.config_for(&list.of)?;
        let journal = self.data_journal("releases", None);
        let doing = Doing::new("listing the releases");
        let work = self.list_releases(&config, list, &journal);
        let releases = self.read_only(&doing, work)?;
        self.show_data(list.json, &releases, view::Releases::text)
    }

    async fn list_releases(
        &self,
        config: &Config,
        list: &List,
        journal: &Journal,
    ) -> Result<view::Releases, Failure> {
        let session = self.session(config, &list.of.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let app = run.the_app(app_name(config, &list.of)).await?;
        let releases = run.list_releases(&app, list.count.into()).await?;
        let now = run.platform.services().api.now();
        let releases = releases.into_iter().map(|release| shown(release, now));
        Ok(view::Releases {
            schema_version: view::SCHEMA_VERSION,
            platform: config.platform.to_string(),
            app: app.name,
            releases: releases.collect(),
        })
    }
}

/// A release as it is shown at this time.
fn shown(release: Release, now: jiff::Timestamp) -> view::Release {
    view::Release {
        id: release.at.id,
        version: release.at.version,
        status: release.status,
        current: release.current,
        artifact: release.artifact.map(|artifact| artifact.name()),
        description: release.description,
        by: release.user,
        created_at: release.created_at.map(|at| at.to_string()),
        age_seconds: release.created_at.map(|at| age(at, now)),
    }
}
