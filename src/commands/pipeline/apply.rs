//! `pipeline apply` and `pipeline delete`: what changes a pipeline.

use std::{cell::Cell, time::Duration};

use super::Context;
use crate::{
    cli::pipeline::{Apply, Delete},
    commands::{
        runtime::runtime,
        session::Session,
        shutdown::shut_down,
        signals::{Signals, ended, last_resort},
    },
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::{Journal, record::PipelineRecord},
    report::{
        self,
        pipeline::{self as view, Applied, ChangeKind, Deleted, Document as _},
    },
    run::{
        Run,
        in_flight::InFlight,
        pipeline::{
            apply::Prepared,
            difference::{Change, Declared},
            progress::Progress,
        },
        prompt::Person as _,
    },
};

impl Context<'_> {
    pub(super) fn pipeline_apply(&self, args: &Apply) -> Result<Exit, Failure> {
        let config = self.config()?;
        let journal = self.pipeline_journal();
        let runtime = runtime()?;
        let result = runtime.block_on(self.apply_on(&config, args, &journal));
        runtime.shutdown_timeout(Duration::ZERO);
        result
    }

    pub(super) fn pipeline_delete(&self, args: &Delete) -> Result<Exit, Failure> {
        let config = self.config_or_none(&args.asked)?;
        let journal = self.pipeline_journal();
        runtime()?.block_on(self.delete_on(&config, args, &journal))
    }

    fn pipeline_journal(&self) -> Journal {
        let style = report::Style {
            verbosity: self.style.verbosity.min(report::Verbosity::Quiet),
            ..self.style
        };
        Journal::new(
            "pipeline",
            vec![Box::new(report::human::Human::new(&self.console, style))],
        )
    }

    async fn apply_on(
        &self,
        config: &Config,
        args: &Apply,
        journal: &Journal,
    ) -> Result<Exit, Failure> {
        let session = self.session(config, &args.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let progress = Progress::default();
        let shown = Cell::new(None);
        let work = async {
            let prepared = run.prepare_pipeline().await?;
            let (changes, notes) = chosen(&prepared, args);
            let document = Applied {
                schema_version: view::SCHEMA_VERSION,
                origin: origin(config, &session),
                pipeline: prepared.name.clone(),
                changes: changes
                    .iter()
                    .map(|one| shown_change(&prepared, one))
                    .collect(),
                notes,
            };
            if !changes.is_empty() {
                // First what would be done, then whether it is to be.
                self.console.print(&document.text(&self.style));
                self.may_apply(&prepared, &changes, args).await?;
            }
            // It is shown at the end, however that comes.
            shown.set(Some(document));
            run.apply(&prepared, &changes, &progress).await
        };
        let result = self.until_ended(&run, work).await;
        if let Some(mut document) = shown.take() {
            for change in document.changes.iter_mut().take(progress.done.get()) {
                change.done = true;
            }
            self.show(&document, args.json)?;
        }
        result
            .map(|()| Exit::Ok)
            .map_err(|failure| progress.told(failure))
    }

    async fn delete_on(
        &self,
        config: &Config,
        args: &Delete,
        journal: &Journal,
    ) -> Result<Exit, Failure> {
        let session = self.session(config, &args.asked.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let shown = Cell::new(None);
        let work = async {
            let key = super::named(args.pipeline.as_deref(), config)?;
            let look = run
                .look_at_pipeline(super::PipelineLookup::Key(key))
                .await?;
            let name = &look.pipeline.name;
            if args.yes.as_deref() != Some(name.as_str()) {
                let what = match &args.yes {
                    Some(other) => {
                        format!("`--yes {other}` is not the name of the pipeline, which is {name}")
                    }
                    None => format!("{name} is deleted only with `--yes {name}`"),
                };
                return Err(Failure::new(Exit::Refused, what)
                    .detail([format!("apps in it: {}", look.apps.len())])
                    .state("nothing was changed on the platform")
                    .next(format!("if it is to be deleted, add `--yes {name}`")));
            }
            run.delete_pipeline(&look.pipeline).await?;
            shown.set(Some(Deleted {
                schema_version: view::SCHEMA_VERSION,
                origin: origin(config, &session),
                uncoupled: look.apps.len(),
                pipeline: PipelineRecord {
                    id: look.pipeline.id,
                    name: look.pipeline.name,
                },
            }));
            Ok(())
        };
        let result = self.until_ended(&run, work).await;
        if let Some(document) = shown.take() {
            self.show(&document, args.asked.json)?;
        }
        result.map(|()| Exit::Ok)
    }

    /// Does something that changes the platform: until it is done, a signal comes, or the time is over.
    async fn until_ended(
        &self,
        run: &Run<'_>,
        work: impl Future<Output = Result<(), Failure>>,
    ) -> Result<(), Failure> {
        let mut work = Box::pin(work);
        let mut signals = Signals::new()?;
        let limit = self.time_limit();
        let clean_up = self.clean_up();
        tokio::spawn(last_resort(Signals::new()?, limit, clean_up));
        let end = tokio::select! {
            result = &mut work => return result,
            end = ended(&mut signals, limit) => end,
        };
        shut_down(end, run, work, &mut signals, clean_up).await
    }

    /// Whether the changes may be made.
    async fn may_apply(
        &self,
        prepared: &Prepared,
        changes: &[Change],
        args: &Apply,
    ) -> Result<(), Failure> {
        let refused = |what: String, next: &str| {
            Failure::new(Exit::Refused, what)
                .state("nothing was changed on the platform")
                .next(next)
        };
        let taken = changes.iter().find_map(|change| match change {
            Change::Couple {
                at,
                out_of: Some(other),
            } => Some((*at, other)),
            _ => None,
        });
        if let Some((at, other)) = taken.filter(|_| !args.move_apps) {
            let app = &prepared.declared[at].name;
            let what = format!("{app} is in another pipeline: {other}");
            return Err(refused(what, "add `--move` to take it out of that one"));
        }
        if args.yes {
            return Ok(());
        }
        let Some(terminal) = self.terminal() else {
            let what = "there is nobody to ask whether these changes are to be made".to_owned();
            return Err(refused(what, "add `--yes` to make them"));
        };
        if terminal.says_yes("make these changes? [y/N] ").await {
            return Ok(());
        }
        Err(refused(
            "the changes were not wanted".to_owned(),
            "nothing is left to do",
        ))
    }
}

/// The changes that are to be made, and what is said of those that are not.
fn chosen(prepared: &Prepared, args: &Apply) -> (Vec<Change>, Vec<String>) {
    let mut notes = Vec::new();
    let mut changes = prepared.changes.clone();
    changes.retain(|change| match change {
        Change::Uncouple { app, stage, .. } if !args.prune => {
            notes.push(format!(
                "{app} is in {stage} and not in deploy.yaml: it is left there (`--prune` uncouples it)"
            ));
            false
        }
        _ => true,
    });
    (changes, notes)
}

fn origin(config: &Config, session: &Session) -> view::Origin {
    view::Origin {
        platform: config.platform.to_string(),
        api_url: session.api_url.as_str().trim_end_matches('/').to_owned(),
    }
}

fn shown_change(prepared: &Prepared, change: &Change) -> view::Change {
    let about = |kind, app: &Declared, from: Option<String>, to: Option<String>| view::Change {
        change: kind,
        app: Some(app.name.clone()),
        from,
        to,
        done: false,
    };
    let declared = |at: &usize| &prepared.declared[*at];
    match change {
        Change::Create => view::Change {
            change: ChangeKind::CreatePipeline,
            app: None,
            from: None,
            to: None,
            done: false,
        },
        Change::Uncouple { app, stage, .. } => view::Change {
            change: ChangeKind::Uncouple,
            app: Some(app.clone()),
            from: Some(stage.clone()),
            to: None,
            done: false,
        },
        Change::Couple { at, out_of } => {
            let app = declared(at);
            let kind = match out_of {
                Some(_) => ChangeKind::Move,
                None => ChangeKind::Couple,
            };
            about(kind, app, out_of.clone(), Some(app.stage.clone()))
        }
        Change::ChangeStage { at, from } => {
            let app = declared(at);
            let to = Some(app.stage.clone());
            about(ChangeKind::ChangeStage, app, Some(from.clone()), to)
        }
        Change::Require { at, from } => {
            let app = declared(at);
            let kind = ChangeKind::RequireStatusChecks;
            about(
                kind,
                app,
                Some(from.join(", ")),
                Some(app.checks.join(", ")),
            )
        }
    }
}
