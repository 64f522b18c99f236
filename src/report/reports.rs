//! All reports of a run: the listeners during it, and what is printed and written when it is over.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    annotate,
    ci_syntax::CiSyntax,
    console::{Console, LostOutput, Out},
    dotenv, ending,
    files::{self, Tail},
    github, html,
    human::Human,
    json::{self, Json},
    junit, links,
    outputs::Outputs,
    style::{Output, Style},
    summary,
    timeline::Timeline,
};
use crate::{
    ci,
    env::Env,
    failure::Failure,
    journal::{
        Listener,
        event::{Event, Stamped},
        record::Record,
    },
    redact::Redactor,
    units,
};

/// The variable that names the file for a step's outputs.
const OUTPUT: &str = "GITHUB_OUTPUT";
/// The variable that names the file for a step's summary.
const SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Where reports are written to.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    /// The run record.
    pub record: Option<PathBuf>,
    /// A page for browsers.
    pub html: Option<PathBuf>,
    /// A JUnit report.
    pub junit: Option<PathBuf>,
    /// A dotenv report of GitLab's.
    pub dotenv: Option<PathBuf>,
    /// An annotations report of GitLab's.
    pub annotations: Option<PathBuf>,
    /// The outputs of a step of GitHub's.
    pub outputs: Option<PathBuf>,
    /// The summary of a step of GitHub's.
    pub summary: Option<PathBuf>,
}

impl Targets {
    /// Adds the files that GitHub names in variables, if the output is for GitHub.
    #[must_use]
    pub fn with_github(mut self, syntax: CiSyntax, env: &Env) -> Self {
        if syntax == CiSyntax::Github {
            let file = |name: &str| env.get(name).filter(|f| !f.is_empty()).map(PathBuf::from);
            self.outputs = file(OUTPUT);
            self.summary = file(SUMMARY);
        }
        self
    }
}

/// Everything that is known of a run. It holds no secret.
#[derive(Clone, Copy, Debug)]
pub struct RunReport<'a> {
    /// What it did.
    pub record: &'a Record,
    /// Why it did not succeed.
    pub failure: Option<&'a Failure>,
    /// How it went.
    pub timeline: &'a Timeline,
    /// Where it ran.
    pub ci: &'a ci::Context,
}

/// The reports of a run.
pub struct Reports<'a> {
    command: &'a str,
    style: Style,
    console: &'a Console,
    ci: &'a ci::Context,
    targets: Targets,
    summary: Option<Tail>,
    history: Arc<Mutex<History>>,
    /// Where the events go, if they are asked for.
    events: Arc<Mutex<Out>>,
}

/// A report that could not be written.
#[derive(Debug)]
pub struct UnwrittenReport {
    /// What it is, and where it was to go.
    pub what: String,
    /// The variable that named the place; `None` if it was an option.
    pub variable: Option<&'static str>,
    /// Why not.
    pub why: io::Error,
}

impl UnwrittenReport {
    fn named(what: &str, variable: &'static str, path: &Path, why: io::Error) -> Self {
        Self {
            what: format!("{what} to {}, which {variable} names", path.display()),
            variable: Some(variable),
            why,
        }
    }

    /// What to do, where it is not the disk that is to blame.
    pub fn advice(&self) -> Option<String> {
        match (self.why.kind(), self.variable) {
            (io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, _) => None,
            (_, Some(variable)) => Some(format!(
                "{variable} must name a writable file; the runner sees to that unless something else sets the variable"
            )),
            (_, None) => Some("name a file in an existing, writable directory".to_owned()),
        }
    }
}

impl<'a> Reports<'a> {
    /// The reports of a command's run. What a killed run leaves behind is written now.
    pub fn new(
        command: &'a str,
        style: Style,
        console: &'a Console,
        ci: &'a ci::Context,
        targets: Targets,
    ) -> Self {
        let redactor = console.redactor().clone();
        let history = History {
            timeline: Timeline::default(),
            outputs: targets.outputs.clone(),
            dotenv: targets.dotenv.clone(),
            redactor,
        };
        let summary = targets.summary.as_deref().map(Tail::of);
        // What can't be written now can't be written at the end, and is reported then.
        let _ = history.write_early(&Record::begun(command, jiff::Timestamp::now()));
        if let Some(summary) = &summary {
            let _ = summary.write(&summary::unfinished(command));
        }
        Self {
            command,
            style,
            console,
            ci,
            targets,
            summary,
            history: Arc::new(Mutex::new(history)),
            events: Arc::new(Mutex::new(Out::stdout())),
        }
    }

    /// The events that did not get to standard output.
    pub fn lost_events(&self) -> Option<LostOutput> {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.lost()
    }

    /// What listens to the run.
    pub fn listeners(&self, output: Output) -> Vec<Box<dyn Listener>> {
        let mut listeners: Vec<Box<dyn Listener>> = vec![
            Box::new(Human::new(self.console, self.style)),
            Box::new(Recorder(Arc::clone(&self.history))),
        ];
        if output == Output::Json {
            let json = Json::new(Arc::clone(&self.events), self.console.redactor().clone());
            listeners.push(Box::new(json));
        }
        listeners
    }

    /// What listens to what comes after the run, when the events have ended and the reports are written.
    pub fn afterwards(&self) -> Vec<Box<dyn Listener>> {
        // The CI system has been told already what to hide.
        let style = Style {
            masks: false,
            ..self.style
        };
        vec![Box::new(Human::new(self.console, style))]
    }

    /// Prints and writes the result of the run. Returns the reports that could not be written.
    pub fn finish(&self, record: &Record, failure: Option<&Failure>) -> Vec<UnwrittenReport> {
        let redactor = self.console.redactor();
        let failure = failure.map(|failure| failure.clean(redactor));
        let failure = failure.as_ref();
        if let Some(failure) = failure {
            announce(self.console, self.style.syntax, self.ci, failure);
        }
        self.console
            .print(&ending::render(record, failure, &self.style));
        let record = record.clean(redactor);
        let timeline = {
            let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
            history.timeline.clean(redactor)
        };
        let telling = RunReport {
            record: &record,
            failure,
            timeline: &timeline,
            ci: self.ci,
        };
        self.write(&telling)
    }

    fn write(&self, told: &RunReport<'_>) -> Vec<UnwrittenReport> {
        let path = self.targets.record.as_deref();
        let path = path.filter(|p| *p != Path::new("-")).map(absolute);
        let outputs = Outputs::of(told.record, path.as_deref());
        let redactor = self.console.redactor();
        let clean = |text: String| redactor.clean(&text).into_owned();
        let mut unwritten = Vec::new();
        let mut to = |what: &str, path: Option<&PathBuf>, text: &dyn Fn() -> String| {
            let Some(path) = path else { return };
            if let Err(why) = files::write(path, &text()) {
                let what = format!("{what} {}", path.display());
                let variable = None;
                unwritten.push(UnwrittenReport {
                    what,
                    variable,
                    why,
                });
            }
        };
        let targets = &self.targets;
        to("the run record", targets.record.as_ref(), &|| {
            let json = serde_json::to_string_pretty(told.record).unwrap_or_default();
            json::defuse(&json) + "\n"
        });
        to("the HTML report", targets.html.as_ref(), &|| {
            clean(html::render(told))
        });
        to("the JUnit report", targets.junit.as_ref(), &|| {
            clean(junit::render(told.record, told.failure))
        });
        let dotenv = dotenv::render(&outputs);
        to("the dotenv report", targets.dotenv.as_ref(), &|| {
            clean(dotenv.text.clone())
        });
        if targets.dotenv.is_some() && !dotenv.changed.is_empty() {
            self.console.print(&format!(
                "note: the dotenv report leaves out of {} the characters that a shell could act on",
                units::list(&dotenv.changed)
            ));
        }
        to(
            "the annotations report",
            targets.annotations.as_ref(),
            &|| json::defuse(&redactor.clean_json(&links::render(told.record))),
        );
        if let Some(path) = &targets.outputs
            && let Err(why) = files::append(path, &clean(github::outputs(&outputs)))
        {
            unwritten.push(UnwrittenReport::named("the outputs", OUTPUT, path, why));
        }
        if let Some(tail) = &self.summary
            && let Err(why) = tail.write(&clean(summary::render(told)))
        {
            let what = format!("the step summary of {}", self.command);
            unwritten.push(UnwrittenReport::named(&what, SUMMARY, tail.path(), why));
        }
        unwritten
    }
}

/// Prints a failure's annotations in CI systems that have them.
pub fn announce(console: &Console, syntax: CiSyntax, ci: &ci::Context, failure: &Failure) {
    let failure = failure.clean(console.redactor());
    let relative = |file: &Path| in_checkout(file, ci.workspace.as_deref());
    let text: String = annotate::annotations(&failure, relative)
        .iter()
        .map(|annotation| syntax.annotate(annotation))
        .collect();
    console.print(&text);
}

/// A file's path as the checkout has it, with `/` between its parts.
fn in_checkout(file: &Path, root: Option<&Path>) -> String {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let inside = root.and_then(|root| {
        let real = whole.canonicalize().ok();
        let root_real = root.canonicalize().ok();
        match (real, root_real) {
            (Some(real), Some(root)) => real.strip_prefix(root).ok().map(Path::to_owned),
            _ => whole.strip_prefix(root).ok().map(Path::to_owned),
        }
    });
    let path = inside.unwrap_or_else(|| file.to_owned());
    with_slashes(&path)
}

/// For a later step of the job: its shell may be a POSIX one on Windows, too.
fn absolute(path: &Path) -> String {
    with_slashes(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

/// A path with `/` between its parts, which Windows takes as well as `\`.
fn with_slashes(path: &Path) -> String {
    let text = path.display().to_string();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text
    }
}

/// Keeps the history, and writes the outputs for the next job as soon as they are known.
struct History {
    timeline: Timeline,
    outputs: Option<PathBuf>,
    dotenv: Option<PathBuf>,
    redactor: Redactor,
}

impl History {
    fn write_early(&self, record: &Record) -> io::Result<()> {
        let known = Outputs::of(record, None);
        if let Some(path) = &self.outputs {
            files::append(path, &self.redactor.clean(&github::outputs(&known)))?;
        }
        if let Some(path) = &self.dotenv {
            files::write(path, &self.redactor.clean(&dotenv::render(&known).text))?;
        }
        Ok(())
    }
}

/// The history as a listener.
struct Recorder(Arc<Mutex<History>>);

impl Listener for Recorder {
    fn on(&mut self, event: &Stamped, record: &Record) {
        let mut history = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let History {
            timeline, redactor, ..
        } = &mut *history;
        timeline.on(event, redactor);
        if let Event::Packed { .. } | Event::BuildStarted { .. } | Event::ReleaseFinished { .. } =
            &event.event
        {
            let _ = history.write_early(record);
        }
    }
}

#[cfg(test)]
mod tests;
