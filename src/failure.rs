//! What a run that did not succeed tells a person: what happened, what is the state of the world now, what to do next.

use std::path::PathBuf;

use crate::{exit::Exit, redact::Redactor};

/// A place in a file that is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; 0 if it is about the file as a whole.
    pub line: usize,
    /// The column, from 1; 0 if it is about the file as a whole.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// The end of a run that did not succeed. Steps return it; only the binary's edge turns it into an exit code.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The outcome.
    pub exit: Exit,
    /// What happened, and where: one sentence without a final period.
    pub what: String,
    /// More of it, a line each: the place in a file, the end of a log, what the platform answered.
    pub detail: Vec<String>,
    /// The places in files that are to blame. What is wrong there is in `detail`, too.
    pub places: Box<[Location]>,
    /// What was changed and what was not.
    pub state: Option<String>,
    /// What to do next.
    pub next: Option<String>,
}

impl Failure {
    /// A failure with the one sentence that says what happened.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            detail: Vec::new(),
            places: Box::default(),
            state: None,
            next: None,
        }
    }

    /// Adds lines of detail.
    #[must_use]
    pub fn detail<S: Into<String>>(mut self, lines: impl IntoIterator<Item = S>) -> Self {
        self.detail.extend(lines.into_iter().map(Into::into));
        self
    }

    /// Says which places are to blame.
    #[must_use]
    pub fn places(mut self, places: impl IntoIterator<Item = Location>) -> Self {
        self.places = places.into_iter().collect();
        self
    }

    /// The same without secrets.
    #[must_use]
    pub fn clean(&self, redactor: &Redactor) -> Self {
        let text = |text: &String| redactor.clean(text).into_owned();
        Self {
            exit: self.exit,
            what: text(&self.what),
            detail: self.detail.iter().map(text).collect(),
            places: self
                .places
                .iter()
                .map(|place| Location {
                    message: text(&place.message),
                    ..place.clone()
                })
                .collect(),
            state: self.state.as_ref().map(text),
            next: self.next.as_ref().map(text),
        }
    }

    /// Says what is the state of the world now.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}
