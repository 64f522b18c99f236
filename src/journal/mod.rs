//! What happened in a run: each fact is written down once, as an event. The journal folds it into the run record and hands
//! both to the listeners, under one lock; everything reported about a run is made of these two.
//!
//! It outlives the steps, so that a run that is cut off by a signal, a deadline or a failure still says what it did.

mod checks;
pub mod event;
mod fold;
pub mod record;
mod wait;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use jiff::Timestamp;

use crate::{exit::Exit, failure::Failure, model::AppKey};
pub use checks::Evidence;
use event::{Event, Stamped};
pub use fold::{AppFact, Fact};
use record::{AppRecord, Record, SourceRecord};
pub use wait::WaitGuard;

/// Something that takes events: a reporter, or a test.
pub trait Listener: Send {
    /// Takes one event, with the record as it is after it. Must not block for long: the run waits for it.
    fn on(&mut self, event: &Stamped, record: &Record);
}

/// Where steps put what happens: a cheap handle that every part of a run may hold.
#[derive(Clone)]
pub struct Journal {
    started: Instant,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    record: Record,
    changed: bool,
    listeners: Vec<Box<dyn Listener>>,
}

impl Journal {
    /// The journal of a command. Events go to these listeners, in this order.
    pub fn new(command: &str, listeners: Vec<Box<dyn Listener>>) -> Self {
        Self {
            started: Instant::now(),
            inner: Arc::new(Mutex::new(Inner {
                record: Record::begun(command, Timestamp::now()),
                changed: false,
                listeners,
            })),
        }
    }

    /// A journal for what comes after the run, on the same clock: its events go to these listeners, and its record is nobody's.
    #[must_use]
    pub fn afterwards(&self, listeners: Vec<Box<dyn Listener>>) -> Self {
        let record = self.lock().record.clone();
        Self {
            started: self.started,
            inner: Arc::new(Mutex::new(Inner {
                record,
                changed: false,
                listeners,
            })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in an event, and hands it to every listener.
    pub fn emit(&self, event: Event) {
        let mut inner = self.lock();
        let Inner {
            record,
            changed,
            listeners,
        } = &mut *inner;
        let stamped = Stamped {
            at: Timestamp::now(),
            elapsed: self.started.elapsed(),
            event,
        };
        *changed |= fold::changes(&stamped.event);
        record.apply(&stamped);
        for listener in listeners {
            listener.on(&stamped, record);
        }
    }

    /// Takes in what only the record shows.
    pub fn record(&self, fact: Fact) {
        let mut inner = self.lock();
        inner.changed |= fact == Fact::Changed;
        fold::fact(&mut inner.record, fact, Timestamp::now());
    }

    /// Takes in what only the record shows, of an app.
    pub fn record_app(&self, key: AppKey, fact: AppFact) {
        self.record(Fact::App(key, fact));
    }

    /// Reports a warning.
    pub fn warn(&self, message: impl Into<String>) {
        self.emit(Event::Warning {
            message: message.into(),
        });
    }

    /// Reports a note.
    pub fn note(&self, message: impl Into<String>) {
        self.emit(Event::Note {
            message: message.into(),
        });
    }

    /// Whether anything was changed on the platform.
    pub fn changed(&self) -> bool {
        self.lock().changed
    }

    /// What is built, as far as it is known.
    pub fn source(&self) -> Option<SourceRecord> {
        self.lock().record.source.clone()
    }

    /// What is known of an app.
    pub fn app(&self, key: &AppKey) -> Option<AppRecord> {
        self.lock().record.app(key).cloned()
    }

    /// The apps on which something is under way.
    pub fn under_way(&self) -> Vec<String> {
        let inner = self.lock();
        let apps = inner.record.apps();
        apps.filter(|app| app.is_under_way())
            .map(|app| app.app.clone())
            .collect()
    }

    /// The apps that are on their way back, each with the version that it goes back to.
    pub fn going_back(&self) -> Vec<(AppKey, u64)> {
        let inner = self.lock();
        let stages = inner.record.stages.iter();
        let apps = stages.flat_map(|stage| stage.apps.iter().map(move |app| (stage, app)));
        apps.filter_map(|(stage, app)| {
            let rollback = app
                .rollback
                .as_ref()
                .filter(|rollback| rollback.is_open())?;
            Some((
                AppKey::new(&stage.stage, &app.app),
                rollback.to.as_ref()?.version,
            ))
        })
        .collect()
    }

    /// Closes the record: how the run ended, and what that means for the apps that it was in the middle of. `unanswered` are
    /// those that a request may have changed whose answer did not come.
    pub fn close(&self, result: Result<Exit, &Failure>, unanswered: &[AppKey]) -> Record {
        let mut inner = self.lock();
        fold::close(&mut inner.record, result, unanswered, Timestamp::now());
        inner.record.clone()
    }
}
