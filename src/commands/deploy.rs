//! `deploy`, `promote` and `rollback`: the runs that change something. However a run ends (a verdict, a signal, the deadline), its
//! record is closed, shown and written.

use std::path::Path;

use super::{
    Context,
    matrix::only,
    notify::{NotifyContext, RunEnd},
    panic,
    runtime::runtime,
    saved,
    session::Session,
    shutdown::shut_down,
    signals::{Signals, ended, last_resort},
    stage_at,
};
use crate::{
    cli,
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::{Journal, event::Event},
    report::{self, LostOutput, Reports, Targets},
    run::{Run, failures::explained, in_flight::InFlight, prompt::Person},
};

/// What a run is to do.
enum Job<'a> {
    Deploy(&'a cli::Deploy),
    Promote(&'a cli::Promote),
    Rollback(&'a cli::Rollback),
}

impl Job<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Deploy(_) => "deploy",
            Self::Promote(_) => "promote",
            Self::Rollback(_) => "rollback",
        }
    }

    /// The file of the saved plan that is executed.
    fn saved(&self) -> Option<&Path> {
        match self {
            Self::Deploy(args) => args.plan.as_deref(),
            Self::Promote(_) | Self::Rollback(_) => None,
        }
    }

    fn ignore_window(&self) -> bool {
        match self {
            Self::Deploy(args) => args.ignore_window,
            Self::Promote(args) => args.ignore_window,
            // It requires nothing: going back is for when something is wrong.
            Self::Rollback(_) => true,
        }
    }

    fn rehearsal(&self) -> &cli::Rehearsal {
        match self {
            Self::Deploy(args) => &args.rehearsal,
            Self::Promote(args) => &args.rehearsal,
            Self::Rollback(args) => &args.rehearsal,
        }
    }
}

impl Context<'_> {
    pub(super) fn deploy(&self, args: &cli::Deploy) -> Exit {
        self.job(&Job::Deploy(args))
    }

    pub(super) fn promote(&self, args: &cli::Promote) -> Exit {
        self.job(&Job::Promote(args))
    }

    pub(super) fn rollback(&self, args: &cli::Rollback) -> Exit {
        self.job(&Job::Rollback(args))
    }

    fn job(&self, job: &Job<'_>) -> Exit {
        let targets = self.targets();
        let reports = Reports::new(job.name(), self.style, &self.console, &self.ci, targets);
        let journal = Journal::new(job.name(), reports.listeners(self.global.output));
        let in_flight = InFlight::default();
        let aftermath = NotifyContext::default();
        // It lives to the end of the reports: they, too, may hang.
        let runtime = runtime();
        let mut result = match &runtime {
            Ok(runtime) => panic::guarded(|| {
                runtime.block_on(self.bounded(job, &journal, &in_flight, &aftermath))
            }),
            Err(failure) => Err(failure.clone()),
        };
        let close = |result: &Result<(), Failure>| {
            let unanswered = in_flight.unanswered().into_iter();
            let keys: Vec<_> = unanswered.flat_map(|(_, creating)| creating.keys).collect();
            journal.close(result.as_ref().map(|()| Exit::Ok), &keys)
        };
        let mut record = close(&result);
        journal.emit(Event::RunFinished {
            record: Box::new(record.clone()),
        });
        // Asked for only now: the last event may be the one that is lost.
        if let Some(lost) = reports.lost_events() {
            let failure = events_lost(&lost);
            if result.is_ok() {
                result = Err(failure);
                record = close(&result);
            } else {
                journal.warn(failure.what);
            }
        }
        let unwritten = reports.finish(&record, result.as_ref().err());
        for report in &unwritten {
            let what = format!("cannot write {}: {}", report.what, report.why);
            let mut failure = Failure::new(Exit::Io, what);
            failure.next = report.advice().map(Into::into).or(failure.next);
            self.console
                .print(&report::failure::render(&failure, None, &self.style));
            // A run that succeeded but left no record would break the job that reads it.
            if result.is_ok() {
                result = Err(failure);
                record = close(&result);
            }
        }
        let exit = result.map_or_else(|failure| failure.exit, |()| Exit::Ok);
        if let Ok(runtime) = &runtime {
            let verdict = RunEnd {
                exit,
                record: &record,
                rehearsal: job.rehearsal().sandbox,
            };
            let afterwards = journal.afterwards(reports.afterwards());
            self.notify(runtime, &afterwards, &aftermath, &verdict);
        }
        exit
    }

    /// Where reports go.
    fn targets(&self) -> Targets {
        let files = &self.global.files;
        Targets {
            record: files.record.clone(),
            html: files.html.clone(),
            junit: files.junit.clone(),
            dotenv: files.dotenv.clone(),
            annotations: files.annotations.clone(),
            ..Targets::default()
        }
        .with_github(self.style.syntax, &self.env)
    }

    /// The run, until its verdict, a signal or the deadline.
    async fn bounded(
        &self,
        job: &Job<'_>,
        journal: &Journal,
        in_flight: &InFlight,
        aftermath: &NotifyContext,
    ) -> Result<(), Failure> {
        let mut config = self.config()?;
        if let Job::Promote(args) = job {
            let to = stage_at(&config, Some(&args.to))?;
            config = only(config, to, &args.app)?;
        }
        let config = aftermath.config(config);
        self.bounded_on(config, job, journal, in_flight, aftermath)
            .await
    }

    async fn bounded_on(
        &self,
        config: &Config,
        job: &Job<'_>,
        journal: &Journal,
        in_flight: &InFlight,
        aftermath: &NotifyContext,
    ) -> Result<(), Failure> {
        let to = match job {
            Job::Deploy(args) => stage_at(config, args.to.as_deref())?,
            Job::Promote(args) => stage_at(config, Some(&args.to))?,
            Job::Rollback(args) => stage_at(config, Some(&args.stage))?,
        };
        let from = match job {
            Job::Deploy(_) => 0,
            Job::Promote(_) if to == 0 => {
                let name = &config.stages[0].name;
                return Err(Failure::new(
                    Exit::Usage,
                    format!("`{name}` is the first stage: nothing can be promoted to it"),
                )
                .next("`launchway deploy` builds it"));
            }
            Job::Promote(_) | Job::Rollback(_) => to,
        };
        let saved = job.saved().map(saved::read).transpose()?;
        let mut session = self.session(config, job.rehearsal(), journal).await?;
        session.own_files.extend(job.saved().map(Path::to_owned));
        let terminal = self.terminal();
        let run = Run {
            person: terminal.as_ref().map(|terminal| terminal as &dyn Person),
            ignore_window: job.ignore_window(),
            ..session.run(config, journal, in_flight)
        };
        journal.emit(Event::RunStarted {
            launchway: env!("CARGO_PKG_VERSION").to_owned(),
            command: job.name().to_owned(),
            config: config.path.display().to_string(),
            platform: config.platform,
            api_url: session.api_url.to_string(),
            stages: config.stages[from..=to]
                .iter()
                .map(|stage| stage.name.clone())
                .collect(),
        });
        let mut work = Box::pin(async {
            match job {
                Job::Deploy(args) => run.deploy(to, args.force, saved.as_ref()).await,
                Job::Promote(args) => run.promote(to, args.release.as_deref()).await,
                Job::Rollback(args) => {
                    let (release, app) = (args.to_release.as_deref(), args.app.as_deref());
                    run.roll_back(to, release, app).await
                }
            }
        });
        let mut signals = Signals::new()?;
        let limit = self.time_limit();
        let clean_up = self.clean_up();
        let last_resort = tokio::spawn(last_resort(Signals::new()?, limit, clean_up));
        aftermath.bounds(Signals::new()?, limit, last_resort.abort_handle());
        let end = tokio::select! {
            result = &mut work => {
                return result.map_err(|failure| explained(failure, config.platform));
            }
            end = ended(&mut signals, limit) => end,
        };
        aftermath.cut_off();
        shut_down(end, &run, work, &mut signals, clean_up).await
    }
}

impl Session {
    /// A run in this session.
    pub(super) fn run<'a>(
        &'a self,
        config: &'a Config,
        journal: &'a Journal,
        in_flight: &'a InFlight,
    ) -> Run<'a> {
        Run {
            person: None,
            platform: &*self.platform,
            config,
            ci: &self.ci,
            journal,
            in_flight,
            id: &self.run_id,
            token_from: &self.token_from,
            child_env: &self.child_env,
            ignore_window: false,
            own_files: &self.own_files,
        }
    }
}

/// Lost events do not stop a deploy, but it must not end with `ok`, just as for a report that could not be written:
/// otherwise an incomplete output would look like that of a run that was cut off. A reader that closed the pipe (`| head`)
/// misses nothing.
fn events_lost(lost: &LostOutput) -> Failure {
    let LostOutput { lost, all, why } = lost;
    let what = format!("{lost} of {all} events could not be written to standard output: {why}");
    Failure::new(Exit::Io, what)
        .state("the run itself succeeded; only its standard output is incomplete")
        .next("free some space, then run the same command again: what is already live is left alone and listed; or read the run record (`--record FILE`)")
}
