//! The output of a build or of a release phase: kept from the start, followed by any number of readers.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::watch;

/// The most that is given at a time: a reader that lags behind gets a long output piece by piece.
const LARGEST_PIECE: usize = 64 << 10;

/// Text that grows until it is closed.
#[derive(Debug)]
pub(super) struct Output {
    /// The path under the stream host.
    pub(super) path: String,
    /// The app that it belongs to, by name.
    pub(super) app: String,
    kept: Mutex<Kept>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Kept {
    text: Vec<u8>,
    started: bool,
    closed: bool,
    planned: usize,
}

/// A look at an output from an offset on.
#[derive(Debug)]
pub(super) struct Look {
    /// Whether there is a channel at all yet.
    pub(super) started: bool,
    /// Whether nothing will follow.
    pub(super) closed: bool,
    /// What there is behind the offset, or the first piece of it.
    pub(super) bytes: Bytes,
    /// The size that the whole output will have, as far as it is known.
    pub(super) planned: usize,
}

impl Output {
    /// An output that has not started.
    pub(super) fn new(path: String, app: String) -> Self {
        Self {
            path,
            app,
            kept: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Opens the channel, and says how many bytes are expected in all.
    pub(super) fn start(&self, planned: usize) {
        let mut kept = self.lock();
        kept.started = true;
        kept.planned = planned;
        drop(kept);
        self.changed.send_replace(());
    }

    /// Adds text.
    pub(super) fn write(&self, text: &[u8]) {
        let mut kept = self.lock();
        kept.started = true;
        kept.text.extend_from_slice(text);
        drop(kept);
        self.changed.send_replace(());
    }

    /// Ends it.
    pub(super) fn close(&self) {
        let mut kept = self.lock();
        kept.started = true;
        kept.closed = true;
        drop(kept);
        self.changed.send_replace(());
    }

    /// What there is from `offset` on.
    pub(super) fn look(&self, offset: usize) -> Look {
        let kept = self.lock();
        let rest = kept.text.get(offset..).unwrap_or_default();
        Look {
            started: kept.started,
            closed: kept.closed,
            bytes: Bytes::copy_from_slice(&rest[..rest.len().min(LARGEST_PIECE)]),
            planned: kept.planned.max(kept.text.len()),
        }
    }

    /// Tells of every change from now on.
    pub(super) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
