//! What a run that did not succeed tells a person: what happened, what is the state of the world now, what to do next.

use crate::exit::Exit;

/// The end of a run that did not succeed. Steps return it; only the binary's edge turns it into an exit code.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The outcome.
    pub exit: Exit,
    /// What happened, and where: one sentence without a final period.
    pub what: String,
    /// More of it, a line each: the place in a file, the end of a log, what the platform answered.
    pub detail: Vec<String>,
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
