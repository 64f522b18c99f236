//! What the commands share that show what there is on one app: which app it is, and how data gets to stdout.

use serde::Serialize;

use super::Context;
use crate::{
    cli::listings::AppArgs,
    config::{self, Config},
    exit::Exit,
    failure::Failure,
    journal::{Journal, Listener},
    report::{self, Output, Style, json::defuse},
};

impl Context<'_> {
    /// `deploy.yaml`; where there is none and an app is named, what stands for it.
    pub(super) fn config_for(&self, of: &AppArgs) -> Result<Config, Failure> {
        let path = &self.global.config;
        match &of.app {
            Some(app) if !path.exists() => config::for_app(path, app).map_err(|problems| {
                Failure::new(Exit::Internal, "cannot do without a deploy.yaml")
                    .detail(problems.to_string().lines())
            }),
            _ => self.config(),
        }
    }

    /// A journal for a command that prints data: warnings go to stderr, and nothing else does.
    pub(super) fn data_journal(&self, command: &str, more: Option<Box<dyn Listener>>) -> Journal {
        let style = Style {
            verbosity: self.style.verbosity.min(report::Verbosity::Quiet),
            ..self.style
        };
        let warnings: Box<dyn Listener> = Box::new(report::human::Human::new(&self.console, style));
        Journal::new(
            command,
            [Some(warnings), more].into_iter().flatten().collect(),
        )
    }

    /// Prints data on stdout: as one JSON document, or as text for people.
    pub(super) fn show_data<T: Serialize>(
        &self,
        json: bool,
        data: &T,
        text: impl FnOnce(&T, &Style) -> String,
    ) -> Result<Exit, Failure> {
        if !json && self.global.output != Output::Json {
            return self.data(&text(data, &self.stdout_style()));
        }
        let json = serde_json::to_string(data)
            .map_err(|why| Failure::new(Exit::Internal, format!("cannot write JSON: {why}")))?;
        self.data(&(defuse(&self.redactor.clean_json(&json)) + "\n"))
    }
}

/// The app that is meant: the one that is named, else that of the first stage.
pub(super) fn app_name<'a>(config: &'a Config, of: &'a AppArgs) -> &'a str {
    let first = config.stages.first().and_then(|stage| stage.apps.first());
    of.app.as_ref().or(first).map_or("", String::as_str)
}
