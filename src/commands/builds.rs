//! `builds`: lists the builds of an app, shows the log of one, cancels one.

use super::{Context, log::Which, of_app::app_name, runtime::Doing};
use crate::{
    cli::listings::{AppArgs, Builds, BuildsAction, List},
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::Journal,
    platform::types::Build,
    report::{listing as view, sanitize},
    run::in_flight::InFlight,
};

impl Context<'_> {
    pub(super) fn builds(&self, args: &Builds) -> Result<Exit, Failure> {
        let list = match &args.action {
            None => &args.list,
            Some(BuildsAction::List(list)) => list,
            Some(BuildsAction::Output { id, of }) => return self.log(of, Which::Build(id)),
            Some(BuildsAction::Cancel { id, of }) => return self.cancel_build(of, id),
        };
        let config = self.config_for(&list.of)?;
        let journal = self.data_journal("builds", None);
        let doing = Doing::new("listing the builds");
        let work = self.list_builds(&config, list, &journal);
        let builds = self.read_only(&doing, work)?;
        self.show_data(list.json, &builds, view::Builds::text)
    }

    async fn list_builds(
        &self,
        config: &Config,
        list: &List,
        journal: &Journal,
    ) -> Result<view::Builds, Failure> {
        let session = self.session(config, &list.of.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let app = run.the_app(app_name(config, &list.of)).await?;
        let builds = run.list_builds(&app, list.count.into()).await?;
        let now = run.platform.services().api.now();
        let builds = builds.into_iter().map(|build| shown(build, now));
        Ok(view::Builds {
            schema_version: view::SCHEMA_VERSION,
            platform: config.platform.to_string(),
            app: app.name,
            builds: builds.collect(),
        })
    }

    fn cancel_build(&self, of: &AppArgs, id: &str) -> Result<Exit, Failure> {
        let config = self.config_for(of)?;
        let journal = self.data_journal("builds", None);
        let doing = Doing::new("cancelling a build");
        let work = self.cancel(&config, of, id, &journal);
        let done = self.read_only(&doing, work);
        let app = done.map_err(|failure| match failure.exit {
            Exit::Interrupted | Exit::Terminated | Exit::Deadline => {
                failure.state(format!("it is not known whether build {id} was cancelled"))
            }
            _ => failure,
        })?;
        let (id, app) = (sanitize::text(id), sanitize::text(&app));
        self.console
            .print(&format!("build {id} of {app} was cancelled\n"));
        Ok(Exit::Ok)
    }

    async fn cancel(
        &self,
        config: &Config,
        of: &AppArgs,
        id: &str,
        journal: &Journal,
    ) -> Result<String, Failure> {
        let session = self.session(config, &of.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let app = run.the_app(app_name(config, of)).await?;
        run.cancel_pending(&app, id).await?;
        Ok(app.name)
    }
}

/// A build as it is shown at this time.
fn shown(build: Build, now: jiff::Timestamp) -> view::Build {
    view::Build {
        id: build.id,
        status: build.status,
        source_version: build.made_of.version,
        slug: build.artifact.map(|artifact| artifact.name()),
        release: build.release,
        by: build.user,
        created_at: build.created_at.map(|at| at.to_string()),
        age_seconds: build.created_at.map(|at| age(at, now)),
    }
}

/// How long ago something was, in seconds. A clock that is ahead makes nothing younger than it is.
pub(super) fn age(at: jiff::Timestamp, now: jiff::Timestamp) -> u64 {
    u64::try_from(now.duration_since(at).as_secs()).unwrap_or(0)
}
