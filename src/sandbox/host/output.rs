//! The output of a build or of a release phase: kept from the start, followed by any number of readers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::watch;

use super::lock;

/// The most that is given at a time: a reader that lags behind gets a long output piece by piece.
const LARGEST_PIECE: usize = 64 << 10;

/// Text that grows until it is closed.
#[derive(Debug)]
pub(in crate::sandbox) struct Output {
    /// The path under the stream host.
    pub(in crate::sandbox) path: String,
    /// The app that it belongs to, by name.
    pub(in crate::sandbox) app: String,
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
pub(in crate::sandbox) struct Look {
    /// Whether there is a channel at all yet.
    pub(in crate::sandbox) started: bool,
    /// Whether nothing will follow.
    pub(in crate::sandbox) closed: bool,
    /// What there is behind the offset, or the first piece of it.
    pub(in crate::sandbox) bytes: Bytes,
    /// The size that the whole output will have, as far as it is known.
    pub(in crate::sandbox) planned: usize,
}

/// Every output stream, by its path on the stream host.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Outputs(Arc<Mutex<BTreeMap<String, Arc<Output>>>>);

impl Outputs {
    /// Opens a stream of an app.
    pub(in crate::sandbox) fn add(&self, path: String, app: String) -> Arc<Output> {
        let output = Arc::new(Output::new(path.clone(), app));
        lock(&self.0).insert(path, Arc::clone(&output));
        output
    }

    /// The stream at a path.
    pub(in crate::sandbox) fn get(&self, path: &str) -> Option<Arc<Output>> {
        lock(&self.0).get(path).cloned()
    }
}

impl Output {
    /// An output that has not started.
    fn new(path: String, app: String) -> Self {
        Self {
            path,
            app,
            kept: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }

    /// Opens the channel, and says how many bytes are expected in all.
    pub(in crate::sandbox) fn start(&self, planned: usize) {
        let mut kept = self.lock();
        kept.started = true;
        kept.planned = planned;
        drop(kept);
        self.changed.send_replace(());
    }

    /// Adds text.
    pub(in crate::sandbox) fn write(&self, text: &[u8]) {
        let mut kept = self.lock();
        kept.started = true;
        kept.text.extend_from_slice(text);
        drop(kept);
        self.changed.send_replace(());
    }

    /// Ends it.
    pub(in crate::sandbox) fn close(&self) {
        let mut kept = self.lock();
        kept.started = true;
        kept.closed = true;
        drop(kept);
        self.changed.send_replace(());
    }

    /// What there is from `offset` on.
    pub(in crate::sandbox) fn look(&self, offset: usize) -> Look {
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
    pub(in crate::sandbox) fn watch(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        lock(&self.kept)
    }
}
