//! `plan --hosts`: the hosts that a run talks to.

use super::{Context, runtime::Doing, stage_at};
use crate::{
    cli,
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::Journal,
    registry,
    report::{self, Output, json::defuse},
    run::{
        hosts::{Hosts, hosts},
        in_flight::InFlight,
    },
};

impl Context<'_> {
    pub(super) fn hosts(&self, args: &cli::Plan) -> Result<Exit, Failure> {
        let config = self.config()?;
        let to = stage_at(&config, args.to.as_deref())?;
        let found = if args.offline {
            self.hosts_offline(&config, to)?
        } else {
            let journal = self.warnings_only("plan");
            let doing = Doing::new("asking the platform what is there");
            let ask = self.hosts_online(&config, to, args, &journal);
            self.read_only(&doing, ask)?
        };
        if self.global.output == Output::Json {
            let json = serde_json::to_string(&found).map_err(|e| {
                Failure::new(Exit::Internal, format!("cannot write the hosts: {e}"))
            })?;
            return self.data(&(defuse(&self.redactor.clean_json(&json)) + "\n"));
        }
        for note in &found.notes {
            let note = report::sanitize::text(note);
            self.console.print(&format!("note: {note}\n"));
        }
        let rows = found.hosts.iter();
        let rows = rows.map(|host| (host.host.as_str(), host.port, host.purposes.as_slice()));
        self.data(&report::hosts::render(rows))
    }

    /// What is known without asking anybody.
    fn hosts_offline(&self, config: &Config, to: usize) -> Result<Hosts, Failure> {
        let api_url = match self.api_url(config, config.platform.about().api_url) {
            Ok((url, _)) => Some(url),
            // It is not known, which is told.
            Err(failure) if failure.exit == Exit::Config => None,
            Err(failure) => return Err(failure),
        };
        let about = config.platform.about();
        let found = match &api_url {
            Some(url) => registry::address(about, url, self.env.get(registry::VARIABLE))
                .map_err(|why| Failure::new(Exit::Usage, why))?,
            None => None,
        };
        let registry = found.as_ref().map(|address| &address.url);
        Ok(hosts(config, to, api_url.as_ref(), registry, None))
    }

    async fn hosts_online(
        &self,
        config: &Config,
        to: usize,
        args: &cli::Plan,
        journal: &Journal,
    ) -> Result<Hosts, Failure> {
        let session = self.session(config, &args.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        run.hosts(to).await
    }
}
