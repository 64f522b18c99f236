//! A log on stdout as it was, except for secrets and what could drive a terminal or a CI system.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{
    console::Out,
    sanitize::{self, Colours},
};
use crate::{
    journal::{
        Listener,
        event::{Event, Stamped},
        record::Record,
    },
    redact::Redactor,
};

/// Prints the lines of a log.
#[derive(Clone)]
pub struct Log {
    out: Arc<Mutex<Out>>,
    redactor: Redactor,
    colours: Colours,
    lines: Arc<AtomicU64>,
}

impl Log {
    /// A log that goes to `out`.
    pub fn new(out: Out, redactor: Redactor, colours: Colours) -> Self {
        Self {
            out: Arc::new(Mutex::new(out)),
            redactor,
            colours,
            lines: Arc::default(),
        }
    }

    /// How many lines there were.
    pub fn lines(&self) -> &AtomicU64 {
        &self.lines
    }

    /// Why not all of it was written. A reader that closed the pipe is no failure.
    pub fn failure(&self) -> Option<String> {
        let out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.failure().map(ToString::to_string)
    }
}

impl Listener for Log {
    fn on(&mut self, stamped: &Stamped, _: &Record) {
        let Event::Output { line, .. } = &stamped.event else {
            return;
        };
        self.lines.fetch_add(1, Ordering::Relaxed);
        // Redacted before the line is cut: a cut could leave half of a secret.
        let line = self.redactor.clean(line);
        // An empty line is shown, too.
        let line = if line.is_empty() { "\n" } else { &line };
        let text: String = sanitize::lines(line, self.colours)
            .map(|line| line + "\n")
            .collect();
        let mut out = self.out.lock().unwrap_or_else(PoisonError::into_inner);
        out.write(&text);
    }
}
