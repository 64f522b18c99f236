//! Work in flight: the build that is under way, and the request that may create something. A creation is noted before
//! its request is sent, and ending the run closes that door under the same lock: the code that cuts a run off knows what to
//! look for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{
    model::AppKey,
    platform::types::{App, BuildRequest},
};

/// What is on its way.
#[derive(Default)]
pub struct InFlight {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    pending_build: Option<PendingBuild>,
    creating: Option<Creating>,
    made_last: Option<String>,
    closed: bool,
}

/// A build that is under way.
#[derive(Clone, Debug)]
pub struct PendingBuild {
    /// The app.
    pub app: App,
    /// The build's id.
    pub id: String,
    /// The app in the record.
    pub key: AppKey,
}

/// Something that a request on its way may create.
#[derive(Clone, Debug)]
pub struct Creating {
    /// What it would be: `a build of acme-staging`.
    pub what: String,
    /// The apps that it is about.
    pub keys: Vec<AppKey>,
    /// What to look at on the platform to see whether it is there: `the builds of acme-staging`.
    pub look_at: String,
    /// The build that it would be, if it is one.
    pub build: Option<PossibleBuild>,
}

/// A build that may have been created.
#[derive(Clone, Debug)]
pub struct PossibleBuild {
    /// The app.
    pub app: App,
    /// The request that it would be made by.
    pub request: BuildRequest,
}

impl InFlight {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The build that is under way, if one is.
    pub fn pending_build(&self) -> Option<PendingBuild> {
        self.lock().pending_build.clone()
    }

    /// Notes which build is under way.
    pub fn set_pending_build(&self, build: Option<PendingBuild>) {
        self.lock().pending_build = build;
    }

    /// Notes that a request that creates something is about to be sent. Once this is closed none is.
    pub fn creating(&self, creating: Creating) {
        let mut inner = self.lock();
        if !inner.closed {
            inner.creating = Some(creating);
        }
    }

    /// Notes that the request was answered, or failed, and what it made.
    pub fn created(&self, made: Option<String>) {
        let mut inner = self.lock();
        inner.creating = None;
        if made.is_some() {
            inner.made_last = made;
        }
    }

    /// Notes that nothing more will be created. What a request on its way makes is still noted.
    pub fn close(&self) {
        let mut inner = self.lock();
        inner.closed = true;
        inner.made_last = None;
    }

    /// Whether nothing more is to be created.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// What the last request made: since this was closed, if it is.
    pub fn made_last(&self) -> Option<String> {
        self.lock().made_last.clone()
    }

    /// What may have been created by a request that was not answered so far.
    pub fn maybe_created(&self) -> Option<Creating> {
        self.lock().creating.clone()
    }
}
