//! A wait of the run, as everybody may follow it: what is waited for, until when, and what happens then. Since when is the time
//! of its first event.

use std::time::Duration;

use super::{Journal, event::Event};

/// A wait that has begun. It is over when this is dropped.
#[must_use = "the wait is over when this is dropped"]
pub struct WaitGuard<'a> {
    journal: &'a Journal,
    what: String,
    /// How things stood with it when it began.
    standing: Option<String>,
    limit: Duration,
    then: String,
}

impl<'a> WaitGuard<'a> {
    /// Begins a wait for `what`, a noun phrase: `the build of acme-staging`. If it is not over within `limit`, `then` happens:
    /// a clause, such as `it is cancelled`.
    pub fn begin(journal: &'a Journal, what: &str, limit: Duration, then: &str) -> Self {
        let wait = Self::new(journal, what, limit, then);
        wait.tell(None, false);
        wait
    }

    /// The same, for what holds up the run so much that a log has a line of it at once; `standing` is
    /// how things stand with it.
    pub fn announce(
        journal: &'a Journal,
        what: &str,
        standing: Option<&str>,
        limit: Duration,
        then: &str,
    ) -> Self {
        let mut wait = Self::new(journal, what, limit, then);
        wait.standing = standing.map(str::to_owned);
        wait.tell(standing, true);
        wait
    }

    /// How things stand with it now, where that is worth knowing: `queued`.
    pub fn stands(&self, standing: Option<&str>) {
        self.tell(standing, false);
    }

    /// How things stood with it when it began, if that was known.
    pub fn standing(&self) -> Option<&str> {
        self.standing.as_deref()
    }

    /// How long it may take in all.
    pub fn limit(&self) -> Duration {
        self.limit
    }

    fn new(journal: &'a Journal, what: &str, limit: Duration, then: &str) -> Self {
        Self {
            journal,
            what: what.to_owned(),
            standing: None,
            limit,
            then: then.to_owned(),
        }
    }

    fn tell(&self, standing: Option<&str>, aloud: bool) {
        self.journal.emit(Event::Waiting {
            what: self.what.clone(),
            standing: standing.map(str::to_owned),
            deadline: self.limit,
            then: self.then.clone(),
            aloud,
        });
    }
}

impl Drop for WaitGuard<'_> {
    fn drop(&mut self) {
        let what = std::mem::take(&mut self.what);
        self.journal.emit(Event::WaitOver { what });
    }
}
