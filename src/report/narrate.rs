//! Events in words: typed lines, which each human-readable reporter lays out in its own way.

mod checks;
mod gates;
mod label;
mod rollback;

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    sanitize::{self, Colours, text},
    style::{Tone, Verbosity},
    waits::{self, Waiting},
};
use crate::journal::event::{Event, Stamped};
use crate::model::{BuildStatus, ReleaseStatus, TargetStatus};
use crate::redact::Redactor;
use crate::units::{self, bytes, count, duration, short_id, short_version};

pub use label::Label;

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The first line of a run.
    Header(String),
    /// Something that happened.
    Step(Step),
    /// A line of a log, sanitised.
    Output {
        /// The app, if several print at the same time.
        app: Option<String>,
        /// The text.
        text: String,
    },
}

impl Line {
    /// What is waited for.
    pub fn waiting(words: String) -> Self {
        Self::Step(Step::new(Label::Wait, "", words))
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The lowest verbosity that shows it.
    pub from: Verbosity,
    /// What it means.
    pub tone: Tone,
    /// The kind of work.
    pub label: Label,
    /// The app or stage that it is about; empty if it is about the run.
    pub subject: String,
    /// What happened.
    pub text: String,
}

impl Step {
    /// A line that is shown unless the report is quiet.
    pub fn new(label: Label, subject: &str, text: impl Into<String>) -> Self {
        Self {
            from: Verbosity::Normal,
            tone: Tone::Plain,
            label,
            subject: sanitize::text(subject),
            text: text.into(),
        }
    }

    fn good(self) -> Self {
        Self {
            tone: Tone::Good,
            ..self
        }
    }

    fn bad(self) -> Self {
        Self {
            tone: Tone::Bad,
            from: Verbosity::Quiet,
            ..self
        }
    }

    fn warn(self) -> Self {
        Self {
            tone: Tone::Warn,
            from: Verbosity::Quiet,
            ..self
        }
    }

    fn detail(self) -> Self {
        Self {
            tone: Tone::Dim,
            from: Verbosity::Verbose,
            ..self
        }
    }
}

/// A pause that is long enough to be worth a line.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// Turns events into lines. Remembers what later lines need.
#[derive(Debug)]
pub struct Narrator {
    colours: Colours,
    redactor: Redactor,
    /// The ids of releases whose release phase runs.
    phases: HashSet<String>,
    /// The apps whose release has had its verdict.
    released: HashSet<String>,
    /// The versions that apps are on their way back to.
    going_back: HashMap<String, u64>,
}

impl Narrator {
    /// A narrator; `colours` is about the text of logs.
    pub fn new(colours: Colours, redactor: Redactor) -> Self {
        Self {
            colours,
            redactor,
            phases: HashSet::new(),
            released: HashSet::new(),
            going_back: HashMap::new(),
        }
    }

    /// The event in words; often none.
    pub fn lines(&mut self, stamped: &Stamped) -> Vec<Line> {
        match &stamped.event {
            Event::RunStarted { .. } => vec![Line::Header(header(stamped))],
            Event::Output {
                app, several, line, ..
            } => {
                let app = several.then(|| text(app));
                // Redacted before the line is cut: a cut could leave half of a secret.
                let line = self.redactor.clean(line);
                // An empty line is shown, too.
                let line = if line.is_empty() { "\n" } else { &line };
                sanitize::lines(line, self.colours)
                    .map(|text| Line::Output {
                        app: app.clone(),
                        text,
                    })
                    .collect()
            }
            Event::Waiting { aloud: true, .. } => {
                let waiting = Waiting::of(stamped).map(|waiting| waiting.begin_line());
                waiting.map(Line::waiting).into_iter().collect()
            }
            event => {
                let step = run(event)
                    .or_else(|| retry(event, stamped.at))
                    .or_else(|| build(event))
                    .or_else(|| self.release(event))
                    .or_else(|| self.promotion(event))
                    .or_else(|| checks::step(event))
                    .or_else(|| gates::requirement(event))
                    .or_else(|| rollback::step(self, event));
                step.map(Line::Step).into_iter().collect()
            }
        }
    }

    fn release(&mut self, event: &Event) -> Option<Step> {
        Some(match event {
            Event::ReleaseStarted {
                app,
                release,
                phase: true,
                ..
            } => {
                self.phases.insert(release.id.clone());
                Step::new(
                    Label::Release,
                    app,
                    format!("{release} release phase started"),
                )
            }
            Event::ReleaseStarted {
                app,
                release,
                phase: false,
                ..
            } => Step::new(Label::Release, app, format!("{release} created")).detail(),
            Event::ReleaseFinished {
                app,
                release,
                status,
                took,
                ..
            } => {
                self.released.insert(app.clone());
                let phase = self.phases.remove(&release.id);
                let took = duration(*took);
                match (status, phase) {
                    (ReleaseStatus::Succeeded, true) => Step::new(
                        Label::Release,
                        app,
                        format!("{release} live (release phase {took})"),
                    )
                    .good(),
                    (ReleaseStatus::Succeeded, false) => {
                        Step::new(Label::Release, app, format!("{release} live")).good()
                    }
                    (status, true) => {
                        let words = format!(
                            "{release} release phase {} after {took}",
                            text(status.word())
                        );
                        Step::new(Label::Release, app, words).bad()
                    }
                    (status, false) => Step::new(
                        Label::Release,
                        app,
                        format!("{release} {}", text(status.word())),
                    )
                    .bad(),
                }
            }
            _ => return None,
        })
    }

    fn promotion(&mut self, event: &Event) -> Option<Step> {
        Some(match event {
            Event::PromotionStarted {
                stage,
                from,
                release,
                targets,
                ..
            } => {
                let targets: Vec<String> = targets.iter().map(|t| text(t)).collect();
                let words = format!("{release} of {} → {}", text(from), targets.join(", "));
                Step::new(Label::Promote, stage, words)
            }
            Event::TargetFinished {
                app,
                status: TargetStatus::Succeeded,
                ..
            } => {
                let step = Step::new(Label::Promote, app, "succeeded").good();
                // The line of its release has said so already, if there was one.
                if self.released.contains(app) {
                    step.detail()
                } else {
                    step
                }
            }
            Event::TargetFinished {
                app, status, error, ..
            } => {
                let why = error.as_deref().map(|e| format!(": {}", text(e)));
                let words = format!("{}{}", text(status.word()), why.unwrap_or_default());
                Step::new(Label::Promote, app, words).bad()
            }
            _ => return None,
        })
    }
}

fn run(event: &Event) -> Option<Step> {
    Some(match event {
        Event::Warning { message } => Step::new(Label::Warning, "", text(message)).warn(),
        Event::Note { message } => Step::new(Label::Note, "", text(message)),
        Event::Packed {
            files,
            bytes: size,
            archive_bytes,
            version,
            took,
            ..
        } => {
            let words = format!(
                "{}, {} → {} in {}, version {}",
                count(*files, "file", "files"),
                bytes(*size),
                bytes(*archive_bytes),
                duration(*took),
                text(&short_version(version)),
            );
            Step::new(Label::Pack, "", words)
        }
        Event::Uploaded { bytes: size, took } => Step::new(
            Label::Upload,
            "",
            format!("{} in {}", bytes(*size), duration(*took)),
        ),
        Event::SourceShredded => {
            Step::new(Label::Upload, "", "overwritten: the build is over").detail()
        }
        _ => return None,
    })
}

/// A request that is repeated; a long pause is shown with the time of day at which it ends.
fn retry(event: &Event, at: Timestamp) -> Option<Step> {
    let Event::Retrying {
        request,
        why,
        pause,
        left,
    } = event
    else {
        return None;
    };
    let words = format!(
        "{}: {}; again in {}",
        text(request),
        text(why),
        duration(*pause)
    );
    if *pause < LONG_PAUSE {
        return Some(Step::new(Label::Retry, "", words).detail());
    }
    let until = left.and_then(|left| at.checked_add(left).ok());
    let until = until.map(|until| format!(", given up at {}", waits::clock(until, at)));
    Some(Step::new(
        Label::Retry,
        "",
        words + &until.unwrap_or_default(),
    ))
}

fn build(event: &Event) -> Option<Step> {
    Some(match event {
        Event::BuildStarted { app, build, .. } => Step::new(
            Label::Build,
            app,
            format!("build {} started", text(short_id(build))),
        ),
        Event::BuildFinished {
            app,
            status: BuildStatus::Succeeded,
            took,
            ..
        } => Step::new(
            Label::Build,
            app,
            format!("succeeded in {}", duration(*took)),
        )
        .good(),
        Event::BuildFinished {
            app, status, took, ..
        } => {
            let words = format!("{} after {}", text(status.word()), duration(*took));
            Step::new(Label::Build, app, words).bad()
        }
        _ => return None,
    })
}

fn header(stamped: &Stamped) -> String {
    let Event::RunStarted {
        launchway,
        command,
        config,
        platform,
        api_url,
        stages,
    } = &stamped.event
    else {
        return String::new();
    };
    let stages: Vec<String> = stages.iter().map(|s| text(s)).collect();
    format!(
        "launchway {}  {}  {} → {}  ({platform} at {}, {}, times in UTC)",
        text(launchway),
        text(command),
        text(config),
        stages.join(", "),
        text(api_url).trim_end_matches('/'),
        units::day(stamped.at),
    )
}

#[cfg(test)]
mod tests;
