//! The course of a run, kept for the reports that are written at its end: how long each part took, and the logs.

use std::{collections::VecDeque, time::Duration};

use jiff::Timestamp;

use super::sanitize::{self, Colours};
use crate::{
    journal::event::{Event, OutputSource, Stamped},
    journal::record::RollbackOutcome,
    model::{BuildStatus, ReleaseStatus, TargetStatus},
    redact::Redactor,
};

/// How a piece of work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanStatus {
    /// It went well.
    Good,
    /// It failed.
    Bad,
    /// The run ended before it did.
    Open,
}

/// A piece of work with its place in time, since the run began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The stage; `source` for what comes before the first one.
    pub lane: String,
    /// What it was: `build`, `release v8`, `GET /health`. Foreign.
    pub what: String,
    /// The app; empty if it is about none.
    pub app: String,
    /// When it began.
    pub from: Duration,
    /// When it ended.
    pub to: Duration,
    /// How it ended.
    pub verdict: SpanStatus,
}

/// The lines of a build, of a release phase or of the checks of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// What it is of.
    pub title: String,
    /// The last lines, sanitised, without colours.
    pub lines: VecDeque<String>,
    /// How many lines were before them.
    pub dropped: usize,
}

/// How many lines of a log are kept, the newest.
const MAX_LINES: usize = 4000;
/// How many bytes of all logs are kept.
const MAX_BYTES: usize = 16 << 20;
/// How many logs, pieces of work and warnings are kept: more than any run has that a person would read about.
const MAX_PARTS: usize = 500;

/// What a run was.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// When the run began.
    pub began: Option<Timestamp>,
    /// The work done, in the order in which it ended.
    pub spans: Vec<Span>,
    /// The logs, in the order of their first lines.
    pub logs: Vec<Log>,
    /// The warnings.
    pub warnings: Vec<String>,
    /// What is under way.
    open: Vec<Span>,
    /// The size of all logs.
    size: usize,
}

impl Timeline {
    /// Adds an event, with secrets removed.
    pub fn on(&mut self, stamped: &Stamped, redactor: &Redactor) {
        let now = stamped.elapsed;
        if self.began.is_none() {
            let since = jiff::SignedDuration::try_from(now).unwrap_or_default();
            self.began = stamped.at.checked_sub(since).ok();
        }
        match &stamped.event {
            Event::Warning { message } if self.warnings.len() < MAX_PARTS => {
                self.warnings.push(redactor.clean(message).into_owned());
            }
            Event::Output {
                source,
                stage,
                app,
                line,
                ..
            } => self.log(*source, stage, app, &redactor.clean(line)),
            Event::RunFinished { .. } => {
                for span in std::mem::take(&mut self.open) {
                    self.push(Span { to: now, ..span });
                }
            }
            event => {
                for (lane, what, app) in begins(event) {
                    self.open.push(Span {
                        lane,
                        what,
                        app,
                        from: now,
                        to: now,
                        verdict: SpanStatus::Open,
                    });
                }
                self.finished(event, now);
            }
        }
    }

    /// A copy with every text redacted once more: some secrets are learnt after a text was recorded.
    #[must_use]
    pub fn clean(&self, redactor: &Redactor) -> Self {
        let text = |s: &String| redactor.clean(s).into_owned();
        Self {
            began: self.began,
            spans: self
                .spans
                .iter()
                .map(|s| Span {
                    lane: text(&s.lane),
                    what: text(&s.what),
                    app: text(&s.app),
                    ..s.clone()
                })
                .collect(),
            logs: self
                .logs
                .iter()
                .map(|log| Log {
                    title: text(&log.title),
                    lines: log.lines.iter().map(text).collect(),
                    dropped: log.dropped,
                })
                .collect(),
            warnings: self.warnings.iter().map(text).collect(),
            open: Vec::new(),
            size: self.size,
        }
    }

    /// Notes the end of a piece of work.
    fn finished(&mut self, event: &Event, now: Duration) {
        match event {
            Event::Packed { took, .. } => {
                self.close(["source", "pack", ""], true, Some(*took), now);
            }
            Event::Uploaded { took, .. } => {
                self.close(["source", "upload", ""], true, Some(*took), now);
            }
            Event::BuildFinished {
                stage,
                app,
                status,
                took,
                ..
            } => self.close(
                [stage, "build", app],
                *status == BuildStatus::Succeeded,
                Some(*took),
                now,
            ),
            Event::ReleaseFinished {
                stage,
                app,
                release,
                status,
                took,
            } => {
                let what = format!("release {release}");
                self.close(
                    [stage, &what, app],
                    *status == ReleaseStatus::Succeeded,
                    Some(*took),
                    now,
                );
            }
            Event::TargetFinished {
                stage, app, status, ..
            } => self.close(
                [stage, "promote", app],
                *status == TargetStatus::Succeeded,
                None,
                now,
            ),
            Event::CheckFinished {
                stage,
                app,
                check,
                ok,
                took,
                ..
            } => self.close([stage, check, app], *ok, Some(*took), now),
            Event::RollbackFinished {
                stage,
                app,
                outcome,
                ..
            } => self.close(
                [stage, "rollback", app],
                *outcome == RollbackOutcome::Succeeded,
                None,
                now,
            ),
            _ => {}
        }
    }

    /// Use the observed start; else derive it from the duration. The end is start plus duration, because it may be reported
    /// late.
    fn close(
        &mut self,
        [lane, what, app]: [&str; 3],
        good: bool,
        took: Option<Duration>,
        now: Duration,
    ) {
        let same = |s: &Span| s.lane == lane && s.what == what && s.app == app;
        let begun = self.open.iter().position(same);
        let from = match begun {
            Some(at) => self.open.remove(at).from,
            None => now.saturating_sub(took.unwrap_or_default()),
        };
        self.push(Span {
            lane: lane.to_owned(),
            what: what.to_owned(),
            app: app.to_owned(),
            from,
            to: took.map_or(now, |took| now.min(from + took)),
            verdict: if good {
                SpanStatus::Good
            } else {
                SpanStatus::Bad
            },
        });
    }

    fn push(&mut self, span: Span) {
        if self.spans.len() < MAX_PARTS {
            self.spans.push(span);
        }
    }

    fn log(&mut self, source: OutputSource, stage: &str, app: &str, line: &str) {
        let title = match source {
            OutputSource::Build => format!("build of {app} ({stage})"),
            OutputSource::Release => format!("release phase of {app} ({stage})"),
            OutputSource::Check => format!("checks of {app} ({stage})"),
            OutputSource::Notify => "notify".to_owned(),
        };
        let at = self.logs.iter().position(|log| log.title == title);
        let at = at.unwrap_or_else(|| {
            self.logs.push(Log {
                title,
                lines: VecDeque::new(),
                dropped: 0,
            });
            self.logs.len() - 1
        });
        let Some(log) = self.logs.get_mut(at).filter(|_| at < MAX_PARTS) else {
            self.logs.truncate(MAX_PARTS);
            return;
        };
        // An empty line counts, too.
        let text = if line.is_empty() { "\n" } else { line };
        for line in sanitize::lines(text, Colours::Strip) {
            self.size += line.len();
            log.lines.push_back(line);
            while log.lines.len() > MAX_LINES || (self.size > MAX_BYTES && log.lines.len() > 1) {
                let oldest = log.lines.pop_front();
                self.size -= oldest.map_or(0, |line| line.len());
                log.dropped += 1;
            }
        }
    }
}

/// The lanes, the works and the apps that an event begins. Not every end says how long it took.
fn begins(event: &Event) -> Vec<(String, String, String)> {
    let one = |stage: &String, what: String, app: &String| vec![(stage.clone(), what, app.clone())];
    match event {
        Event::BuildStarted { stage, app, .. } => one(stage, "build".to_owned(), app),
        Event::ReleaseStarted {
            stage,
            app,
            release,
            ..
        } => one(stage, format!("release {release}"), app),
        Event::PromotionStarted { stage, targets, .. } => targets
            .iter()
            .flat_map(|app| one(stage, "promote".to_owned(), app))
            .collect(),
        Event::RollbackStarted { stage, app, .. } => one(stage, "rollback".to_owned(), app),
        Event::CheckStarted { stage, app, check } => one(stage, check.clone(), app),
        _ => Vec::new(),
    }
}
#[cfg(test)]
pub(super) use tests::of_sample;

#[cfg(test)]
mod tests;
