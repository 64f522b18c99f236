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
    /// Details, one per line: the place in a file, the end of a log, what the platform answered.
    pub detail: Vec<String>,
    /// The places in files that are to blame. What is wrong there is in `detail`, too.
    pub places: Box<[Location]>,
    /// Why it happened, where that is known and `what` and `detail` do not say it.
    pub cause: Option<Box<str>>,
    /// What was changed and what was not.
    pub state: Option<Box<str>>,
    /// What to do next.
    pub next: Option<Box<str>>,
}

impl Failure {
    /// A failure with the one sentence that says what happened.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            detail: Vec::new(),
            places: Box::default(),
            cause: None,
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
        let boxed = |text: &str| redactor.clean(text).into();
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
            cause: self.cause.as_deref().map(boxed),
            state: self.state.as_deref().map(boxed),
            next: self.next.as_deref().map(boxed),
        }
    }

    /// Says why it happened.
    #[must_use]
    pub fn cause(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into().into());
        self
    }

    /// Says what is the state of the world now.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into().into());
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into().into());
        self
    }

    /// Begins what to do next with the word that was meant, if there is one. It goes behind `next`.
    #[must_use]
    pub fn meant(mut self, word: Option<&str>) -> Self {
        if let Some(word) = word {
            let rest = self.next.as_deref().unwrap_or_default();
            self.next = Some(format!("did you mean `{word}`? {rest}").trim_end().into());
        }
        self
    }
}
