//! Work in flight: the build that is running, and the requests that may create something, several at a time where apps
//! are released to side by side. Each is registered before it is sent, and the end of the run forbids new ones under
//! the same lock: so the code that ends a run early knows what to look for.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::release::Place;
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
    creating: Vec<(Ticket, Creating)>,
    next: u64,
    made: Vec<String>,
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

/// Which request it is, of those that may create something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(u64);

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

impl Creating {
    /// A release of an app.
    pub(super) fn release(place: Place<'_>, what: &str) -> Self {
        Self {
            what: what.to_owned(),
            keys: vec![place.key()],
            look_at: format!("the releases of {}", place.app.name),
            build: None,
        }
    }
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

    /// Sends a request that may create something, and notes that it is on its way until it is answered or has failed. `made` says
    /// what it made. If this future is dropped before that, what it was to make stays among the [`Self::unanswered`].
    pub async fn create<T, E>(
        &self,
        creating: Creating,
        request: impl Future<Output = Result<T, E>>,
        made: impl FnOnce(&T) -> Option<String>,
    ) -> Result<T, E> {
        let ticket = self.creating(creating);
        let answer = request.await;
        self.answered(ticket, answer.as_ref().ok().and_then(made));
        answer
    }

    /// Notes that a request that creates something is about to be sent. Once this is closed none is.
    fn creating(&self, creating: Creating) -> Ticket {
        let mut inner = self.lock();
        let ticket = Ticket(inner.next);
        inner.next += 1;
        if !inner.closed {
            inner.creating.push((ticket, creating));
        }
        ticket
    }

    /// Notes that a request was answered, or failed, and what it made.
    pub fn answered(&self, ticket: Ticket, made: Option<String>) {
        let mut inner = self.lock();
        inner.creating.retain(|(one, _)| *one != ticket);
        if inner.closed {
            inner.made.extend(made);
        }
    }

    /// Notes that nothing more will be created. What requests on their way make is still noted.
    pub fn close(&self) {
        self.lock().closed = true;
    }

    /// Whether nothing more is to be created.
    pub fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// What was made since this was closed.
    pub fn just_made(&self) -> Vec<String> {
        self.lock().made.clone()
    }

    /// What may have been created by requests that were not answered so far.
    pub fn unanswered(&self) -> Vec<(Ticket, Creating)> {
        self.lock().creating.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(app: &str) -> Creating {
        Creating {
            what: format!("a release of {app}"),
            keys: Vec::new(),
            look_at: format!("the releases of {app}"),
            build: None,
        }
    }

    #[test]
    fn each_request_is_on_its_way_until_its_own_answer() {
        let in_flight = InFlight::default();
        let ours = || {
            let unanswered = in_flight.unanswered().into_iter();
            let whats: Vec<String> = unanswered.map(|(_, creating)| creating.what).collect();
            whats.join(", ")
        };
        let (eu, us) = (in_flight.creating(of("eu")), in_flight.creating(of("us")));
        in_flight.answered(us, Some("v4 of us".to_owned()));
        assert_eq!(ours(), "a release of eu");
        in_flight.close();
        let late = in_flight.creating(of("jp"));
        assert_eq!(ours(), "a release of eu");
        in_flight.answered(late, None);
        in_flight.answered(eu, Some("v4 of eu".to_owned()));
        assert_eq!((ours().as_str(), in_flight.just_made().len()), ("", 1));
    }
}
