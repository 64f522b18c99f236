//! The report for people, on stderr: plain lines, with a live area below them on a terminal and a keep-alive without one.
//!
//! It reports events as they happen. [`super::ending`] prints the result (the table, the failure) after the run.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use jiff::Timestamp;

use super::{
    ci_syntax::{Annotation, CiSyntax, Level},
    console::Console,
    keep_alive::KeepAlive,
    layout::Layout,
    log_groups::LogGroups,
    narrate::{Label, Line, Narrator},
    style::{Style, Verbosity},
    terminal::LiveArea,
    waits::Waiting,
};
use crate::journal::{
    Listener,
    event::{Event, Stamped},
    record::Record,
};

/// How often the keep-alive checks whether it is due.
const LOOK: Duration = Duration::from_secs(1);

/// The report for people.
pub struct Human {
    core: Arc<Mutex<Core>>,
    /// Ends the thread of the keep-alive when it is dropped.
    _alive: Option<Sender<()>>,
}

struct Core {
    console: Console,
    verbosity: Verbosity,
    narrator: Narrator,
    layout: Layout,
    groups: LogGroups,
    syntax: CiSyntax,
    live: Option<LiveArea>,
    keep_alive: KeepAlive,
    /// When the run began, for the keep-alive's clock.
    began: Option<Instant>,
}

impl Human {
    /// A report in this style on this console. The live area is there if the console has one.
    pub fn new(console: &Console, style: Style) -> Self {
        let live = console
            .live()
            .filter(|_| style.verbosity > Verbosity::Quiet)
            .map(|multi| LiveArea::new(multi.clone(), style.colour));
        let needs_pulse = live.is_none();
        let core = Arc::new(Mutex::new(Core {
            console: console.clone(),
            verbosity: style.verbosity,
            narrator: Narrator::new(style.colours(), console.redactor().clone()),
            layout: Layout::new(style),
            groups: LogGroups::new(style.syntax),
            syntax: style.syntax,
            live,
            keep_alive: KeepAlive::new(style.keep_alive),
            began: None,
        }));
        // A secret that is learnt later is masked before a line can show it: both need the same lock.
        let watching = Arc::downgrade(&core);
        if style.masks {
            console.redactor().watch(move |secret| {
                if let Some(core) = watching.upgrade() {
                    let mut core = core.lock().unwrap_or_else(PoisonError::into_inner);
                    core.mask(secret);
                }
            });
        }
        let alive = needs_pulse.then(|| keep_alive(Arc::downgrade(&core)));
        Self {
            core,
            _alive: alive,
        }
    }
}

impl Listener for Human {
    fn on(&mut self, event: &Stamped, _: &Record) {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        core.on(event);
    }
}

/// Starts the thread that keeps a silent log alive. It ends with the sender.
fn keep_alive(core: Weak<Mutex<Core>>) -> Sender<()> {
    let (alive, ended) = mpsc::channel();
    let look = move || {
        while ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            let Some(core) = core.upgrade() else { return };
            let mut core = core.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(began) = core.began {
                core.tick(Timestamp::now(), began.elapsed());
            }
        }
    };
    // Without the thread the report is complete, only more silent.
    let _ = thread::Builder::new().name("keep-alive".into()).spawn(look);
    alive
}

impl Core {
    fn on(&mut self, stamped: &Stamped) {
        if self.began.is_none() {
            self.began = Instant::now().checked_sub(stamped.elapsed);
        }
        self.follow(stamped);
        if let Event::StageStarted { stage, apps, .. } = &stamped.event {
            self.layout.expect(apps);
            self.layout.expect(&[stage]);
        }
        let lines = self.narrator.lines(stamped);
        self.print(&lines, Some(&stamped.event), stamped.at, stamped.elapsed);
    }

    /// Asks the CI system to hide a secret.
    fn mask(&mut self, secret: &str) {
        let mask = self.syntax.mask(secret);
        let said = self.groups.say(&mask);
        self.console.print_with_secrets(&said);
    }

    /// Prints what is still waited for, if the keep-alive is due.
    fn tick(&mut self, at: Timestamp, elapsed: Duration) {
        let due = self.keep_alive.due(at, elapsed).into_iter();
        let lines: Vec<Line> = due.map(Line::waiting).collect();
        self.print(&lines, None, at, elapsed);
    }

    fn print(&mut self, lines: &[Line], event: Option<&Event>, at: Timestamp, elapsed: Duration) {
        let mut text = String::new();
        if self.verbosity > Verbosity::Quiet
            && let Some(event) = event
        {
            text += &self.groups.event(event, at);
        }
        for line in lines {
            let from = match line {
                Line::Header(_) | Line::Output { .. } => Verbosity::Normal,
                Line::Step(step) => step.from,
            };
            if self.verbosity >= from {
                text += &self.groups.line(line, event, at);
                text += &self.words(line, at);
            }
        }
        if !text.is_empty() {
            self.console.print(&text);
            self.keep_alive.printed(elapsed);
        }
    }

    /// The line, or the CI system's form of it.
    fn words(&mut self, line: &Line, at: Timestamp) -> String {
        if let Line::Step(step) = line
            && step.label == Label::Warning
        {
            let annotation = self.syntax.annotate(&Annotation {
                level: Level::Warning,
                title: "launchway".to_owned(),
                message: step.text.clone(),
                place: None,
            });
            if !annotation.is_empty() {
                return annotation;
            }
        }
        self.layout.line(line, at) + "\n"
    }

    /// Keeps the live area and the keep-alive up to date.
    fn follow(&mut self, stamped: &Stamped) {
        let (event, at) = (&stamped.event, stamped.at);
        if let Some(waiting) = Waiting::of(stamped) {
            match &mut self.live {
                Some(live) => live.wait(waiting),
                None => self.keep_alive.wait(waiting),
            }
        }
        match (event, &mut self.live) {
            (Event::UploadStarted { bytes }, Some(live)) => live.upload(0, *bytes),
            (Event::UploadStarted { bytes }, None) => self.keep_alive.upload(0, *bytes, at),
            (Event::UploadProgress { sent, bytes }, Some(live)) => live.upload(*sent, *bytes),
            (Event::UploadProgress { sent, bytes }, None) => {
                self.keep_alive.upload(*sent, *bytes, at);
            }
            (Event::Uploaded { .. }, Some(live)) => live.uploaded(),
            (Event::Uploaded { .. }, None) => self.keep_alive.uploaded(),
            (Event::WaitOver { what }, Some(live)) => live.over(what),
            (Event::WaitOver { what }, None) => self.keep_alive.over(what),
            (Event::RunFinished { .. }, Some(live)) => live.stop(),
            (Event::RunFinished { .. }, None) => self.keep_alive.stop(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
