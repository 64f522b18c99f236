//! `pipeline`: the pipeline itself. What is shown is data, so it goes to stdout: as text, or as one JSON document.

mod apply;
mod shown;

use std::io::IsTerminal as _;

use super::{Context, runtime::Doing};
use crate::{
    cli::pipeline::{Pipeline, PipelineCommand, ReadArgs, Show},
    config::{self, Config},
    exit::Exit,
    failure::Failure,
    journal::{Journal, record::PipelineRecord},
    model::{Feature, PlatformKind},
    report::{
        self, Output,
        json::defuse,
        pipeline::{self as view, Document},
        style::Style,
    },
    run::{Run, in_flight::InFlight, pipeline::PipelineLookup},
};

/// What is asked for.
#[derive(Clone, Copy)]
enum Question<'a> {
    List,
    Show(PipelineLookup<'a>),
    Stages,
    Statuses(&'a str),
}

/// A document, and what kept a part of it from being read.
type Answer = (Box<dyn Shown>, Option<Failure>);

/// A document, whatever it is of.
trait Shown {
    fn text(&self, style: &Style) -> String;
    fn json(&self) -> serde_json::Result<String>;
}

impl<D: Document> Shown for D {
    fn text(&self, style: &Style) -> String {
        Document::text(self, style)
    }

    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl Context<'_> {
    pub(super) fn pipeline(&self, args: &Pipeline) -> Result<Exit, Failure> {
        match &args.command {
            PipelineCommand::List(asked) => {
                let config = self.config_or_none(asked)?;
                self.asked(&config, Question::List, asked)
            }
            PipelineCommand::Stages(asked) => {
                let config = self.config_or_none(asked)?;
                self.asked(&config, Question::Stages, asked)
            }
            PipelineCommand::Show(args) => {
                let config = self.config_or_none(&args.asked)?;
                let by = by(args, &config)?;
                self.asked(&config, Question::Show(by), &args.asked)
            }
            PipelineCommand::Apply(args) => self.pipeline_apply(args),
            PipelineCommand::Delete(args) => self.pipeline_delete(args),
            PipelineCommand::Statuses(args) => {
                let config = self.config_or_none(&args.asked)?;
                let key = named(args.pipeline.as_deref(), &config)?;
                self.asked(&config, Question::Statuses(key), &args.asked)
            }
        }
    }

    /// `deploy.yaml`, where these commands need it. Without one they still know whom to ask.
    fn config_or_none(&self, asked: &ReadArgs) -> Result<Config, Failure> {
        let path = &self.global.config;
        let missing = || path.as_os_str() == crate::cli::CONFIG && !path.exists();
        let platform = match asked.platform {
            Some(platform) => platform,
            None if missing() => PlatformKind::Heroku,
            None => return self.config(),
        };
        config::of_platform(path, platform).map_err(|e| Failure::new(Exit::Internal, e.to_string()))
    }

    fn asked(
        &self,
        config: &Config,
        question: Question<'_>,
        asked: &ReadArgs,
    ) -> Result<Exit, Failure> {
        // Progress would stand in the way of what is shown; warnings still go to stderr.
        let style = Style {
            verbosity: self.style.verbosity.min(report::Verbosity::Quiet),
            ..self.style
        };
        let warnings = report::human::Human::new(&self.console, style);
        let journal = Journal::new("pipeline", vec![Box::new(warnings)]);
        let doing = Doing::new("asking the platform about pipelines");
        let answer = self.answer(config, question, asked, &journal);
        let (document, failure) = self.read_only(&doing, answer)?;
        self.show(document.as_ref(), asked.json)?;
        failure.map_or(Ok(Exit::Ok), Err)
    }

    /// Prints a document.
    fn show(&self, document: &dyn Shown, json: bool) -> Result<Exit, Failure> {
        if json || self.global.output == Output::Json {
            let json = document.json().map_err(|e| {
                Failure::new(Exit::Internal, format!("cannot write the document: {e}"))
            })?;
            return self.data(&(defuse(&self.redactor.clean_json(&json)) + "\n"));
        }
        let style = Style {
            colour: self.style.colour && std::io::stdout().is_terminal(),
            ..self.style
        };
        self.data(&document.text(&style))
    }

    async fn answer(
        &self,
        config: &Config,
        question: Question<'_>,
        asked: &ReadArgs,
        journal: &Journal,
    ) -> Result<Answer, Failure> {
        let session = self.session(config, &asked.rehearsal, journal).await?;
        let in_flight = InFlight::default();
        let run = session.run(config, journal, &in_flight);
        let origin = view::Origin {
            platform: config.platform.to_string(),
            api_url: session.api_url.as_str().trim_end_matches('/').to_owned(),
        };
        answer(&run, question, origin).await
    }
}

/// Asks the platform.
async fn answer(
    run: &Run<'_>,
    question: Question<'_>,
    origin: view::Origin,
) -> Result<Answer, Failure> {
    let schema_version = view::SCHEMA_VERSION;
    Ok(match question {
        Question::List => {
            let pipelines = run.pipelines().await?;
            let list = view::List {
                schema_version,
                origin,
                pipelines: pipelines.into_iter().map(shown::pipeline).collect(),
            };
            (Box::new(list), None)
        }
        Question::Show(by) => {
            let look = run.look_at_pipeline(by).await?;
            let order = run.stages().await?;
            let (show, failure) = shown::show(look, &order, origin);
            (Box::new(show), failure)
        }
        Question::Stages => {
            let stages = run.stages().await?.into_iter().map(|one| view::NextStage {
                stage: one.stage,
                next: one.next,
            });
            let stages = view::Stages {
                schema_version,
                origin,
                may_skip: run.about().has(Feature::SkipsStages),
                stages: stages.collect(),
            };
            (Box::new(stages), None)
        }
        Question::Statuses(key) => {
            let (pipeline, contexts) = run.contexts(key).await?;
            let statuses = contexts.into_iter().map(|one| view::Status {
                context: one.context,
                name: one.name,
            });
            let statuses = view::Statuses {
                schema_version,
                origin,
                pipeline: PipelineRecord {
                    id: pipeline.id,
                    name: pipeline.name,
                },
                statuses: statuses.collect(),
            };
            (Box::new(statuses), None)
        }
    })
}

/// What `show` looks the pipeline up by.
fn by<'a>(args: &'a Show, config: &'a Config) -> Result<PipelineLookup<'a>, Failure> {
    Ok(match (&args.app, &args.addon) {
        (Some(app), _) => PipelineLookup::App(app),
        (None, Some(addon)) => PipelineLookup::Addon(addon),
        (None, None) => PipelineLookup::Key(named(args.pipeline.as_deref(), config)?),
    })
}

/// The pipeline that is named, or that of `deploy.yaml`.
fn named<'a>(name: Option<&'a str>, config: &'a Config) -> Result<&'a str, Failure> {
    name.or(config.pipeline.as_deref()).ok_or_else(|| {
        let file = config.path.display();
        Failure::new(
            Exit::Usage,
            format!("no pipeline is named, here or in {file}"),
        )
        .state("nothing was sent to the platform")
        .next("give its name or id; `launchway pipeline list` lists those that the token may see")
    })
}
