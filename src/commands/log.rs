//! The log of a build or of a release phase again, on stdout as it was.

use super::{Context, of_app::app_name, runtime::Doing};
use crate::{
    cli::listings::AppArgs,
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::Journal,
    model::Feature,
    platform::types::ReleaseStatus,
    report::{console::Out, log::Log, sanitize},
    run::{in_flight::InFlight, log::Of},
};

/// Whose log.
#[derive(Clone, Copy)]
pub(super) enum Which<'a> {
    /// That of a build, by its id.
    Build(&'a str),
    /// That of a release, by its version or its id.
    Release(&'a str),
}

impl Context<'_> {
    /// Shows a log whole.
    pub(super) fn log(&self, of: &AppArgs, which: Which<'_>) -> Result<Exit, Failure> {
        let config = self.config_for(of)?;
        let colours = self.stdout_style().colours();
        let log = Log::new(Out::stdout(), self.redactor.clone(), colours);
        let journal = self.data_journal("output", Some(Box::new(log.clone())));
        let doing = Doing::new("showing the log");
        let work = self.log_on(&config, of, which, &journal, &log);
        let nothing = self.read_only(&doing, work)?;
        if let Some(nothing) = nothing {
            self.console
                .print(&format!("{}\n", sanitize::text(&nothing)));
        }
        match log.failure() {
            Some(why) => Err(Failure::new(
                Exit::Io,
                format!("cannot write to standard output: {why}"),
            )),
            None => Ok(Exit::Ok),
        }
    }

    /// Shows a log; or says why there is none.
    async fn log_on(
        &self,
        config: &Config,
        of: &AppArgs,
        which: Which<'_>,
        journal: &Journal,
        log: &Log,
    ) -> Result<Option<String>, Failure> {
        let about = config.platform.about();
        if matches!(which, Which::Release(_)) && !about.has(Feature::ReleaseLogs) {
            let what = format!("releases on {} have no log of their own", about.name);
            let place = about.release_output.replace("APP", app_name(config, of));
            return Err(Failure::new(Exit::Refused, what)
                .state("nothing was sent to the platform")
                .next(format!("see {place}")));
        }
        let session = self.session(config, &of.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let app = run.the_app(app_name(config, of)).await?;
        match which {
            Which::Build(id) => {
                let build = run.one_build(&app, id).await?;
                run.show_log(&app, Of::Build(&build.id), build.output, log.lines())
                    .await?;
            }
            Which::Release(which) => {
                let release = run.one_release(&app, which).await?;
                let pending = release.status == ReleaseStatus::Pending;
                if release.output.is_none() && !pending {
                    let (release, app) = (release.at, app.name);
                    return Ok(Some(format!(
                        "{release} of {app} has no log: it had no release phase"
                    )));
                }
                run.show_log(
                    &app,
                    Of::Release(&release.at.id),
                    release.output,
                    log.lines(),
                )
                .await?;
            }
        }
        Ok(None)
    }
}
