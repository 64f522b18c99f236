//! What all simulated platforms share: the gate and the connections, the store of sources, the output streams, the pages
//! of the apps, and the effects of faults on requests.

pub(super) mod additions;
pub(super) mod answer;
pub(super) mod basic;
pub(super) mod blob;
pub(super) mod gate;
pub(super) mod ids;
pub(super) mod output;
pub(super) mod platform;
mod sabotage;
pub(super) mod socket;
mod sse;
pub(super) mod stream;
pub(super) mod web;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::sandbox::fault::{Effect, Occasion, Schedule};
use crate::sandbox::log::{Origin, Request};
use crate::sandbox::spec::{Pace, Spec};

use ids::{Signer, random_secret};
use output::{Output, Outputs};

/// An address where nothing listens.
const NOBODY: &str = "http://127.0.0.1:1";
/// Names under `.invalid` never resolve.
const NOWHERE: &str = "http://sandbox.invalid";

/// Where the hosts of a sandbox are, without a trailing slash.
#[derive(Clone, Debug)]
pub(in crate::sandbox) struct Urls {
    pub(in crate::sandbox) api: String,
    pub(in crate::sandbox) upload: String,
    pub(in crate::sandbox) stream: String,
    pub(in crate::sandbox) web: String,
}

/// What the parts of a running sandbox share.
#[derive(Debug)]
pub(in crate::sandbox) struct Host {
    pub(in crate::sandbox) token: String,
    pub(in crate::sandbox) pace: Pace,
    pub(in crate::sandbox) urls: Urls,
    pub(in crate::sandbox) signer: Signer,
    pub(in crate::sandbox) cancel: CancellationToken,
    pub(in crate::sandbox) tasks: TaskTracker,
    /// The output streams.
    pub(in crate::sandbox) outputs: Outputs,
    blobs: Mutex<BTreeMap<String, Bytes>>,
    faults: Mutex<Schedule>,
    requests: Mutex<Vec<Request>>,
    held: Mutex<Vec<Held>>,
    /// How many requests to each host are under way.
    under_way: Mutex<HashMap<Origin, usize>>,
    /// How many seconds its clock is ahead of the machine's.
    ahead: AtomicI64,
}

/// Requests that are held: their method, the end of their path, and what lets them go.
type Held = (String, String, CancellationToken);

/// A request that is under way.
pub(in crate::sandbox) struct UnderWay<'a> {
    host: &'a Host,
    origin: Origin,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(count) = lock(&self.host.under_way).get_mut(&self.origin) {
            *count -= 1;
        }
    }
}

impl Host {
    /// A host that has not been asked anything.
    pub(in crate::sandbox) fn new(spec: &Spec, urls: Urls) -> Self {
        Self {
            token: spec
                .token
                .clone()
                .unwrap_or_else(|| format!("sandbox-{}", &random_secret()[..32])),
            pace: spec.pace,
            urls,
            signer: Signer::new(),
            cancel: CancellationToken::new(),
            tasks: TaskTracker::new(),
            outputs: Outputs::default(),
            blobs: Mutex::default(),
            faults: Mutex::new(Schedule::new(spec.faults.clone())),
            requests: Mutex::default(),
            held: Mutex::default(),
            under_way: Mutex::default(),
            ahead: AtomicI64::new(0),
        }
    }

    /// Sets the clock that dates answers.
    pub(in crate::sandbox) fn set_clock(&self, at: Timestamp) {
        let ahead = at.as_second() - Timestamp::now().as_second();
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    /// The date of an answer, if the clock was set.
    pub(in crate::sandbox) fn date(&self) -> Option<String> {
        let ahead = self.ahead.load(Ordering::Relaxed);
        let now = Timestamp::now().as_second().saturating_add(ahead);
        let now = Timestamp::from_second(now).ok().filter(|_| ahead != 0)?;
        Some(now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
    }

    /// From now on requests of this method whose path ends like this are held.
    pub(in crate::sandbox) fn hold(&self, method: &str, end: &str) {
        let held = (method.to_owned(), end.to_owned(), CancellationToken::new());
        lock(&self.held).push(held);
    }

    /// Lets the held requests whose path ends like this go on, and holds no more of them.
    pub(in crate::sandbox) fn let_go(&self, end: &str) {
        lock(&self.held).retain(|(_, other, go)| {
            let stays = other != end;
            if !stays {
                go.cancel();
            }
            stays
        });
    }

    /// Waits for as long as a request is held.
    pub(in crate::sandbox) async fn pass_holds(&self, method: &str, path: &str) {
        let go = {
            let held = lock(&self.held);
            let one = held
                .iter()
                .find(|(m, end, _)| m == method && path.ends_with(end.as_str()));
            one.map(|(.., go)| go.clone())
        };
        if let Some(go) = go {
            go.cancelled().await;
        }
    }

    /// What was uploaded, by its path on the upload host.
    pub(in crate::sandbox) fn blobs(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        lock(&self.blobs)
    }

    pub(in crate::sandbox) fn faults(&self) -> MutexGuard<'_, Schedule> {
        lock(&self.faults)
    }

    /// Counts a request to a host until what is given is dropped, and how many there are then.
    pub(in crate::sandbox) fn comes(&self, origin: Origin) -> (usize, UnderWay<'_>) {
        let mut under_way = lock(&self.under_way);
        let count = under_way.entry(origin).or_default();
        *count += 1;
        (*count, UnderWay { host: self, origin })
    }

    /// What was asked so far.
    pub(in crate::sandbox) fn requests(&self) -> MutexGuard<'_, Vec<Request>> {
        lock(&self.requests)
    }

    /// Runs simulated work until it ends or the sandbox does.
    pub(in crate::sandbox) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let cancel = self.cancel.clone();
        self.tasks.spawn(async move {
            cancel.run_until_cancelled(work).await;
        });
    }

    /// The pre-signed URL of an output stream.
    pub(in crate::sandbox) fn stream_url(&self, output: &Output, seconds: i64) -> String {
        let path = &output.path;
        let query = self.signer.query("GET", path, seconds);
        format!("{}{path}?{query}", self.host(Origin::Stream, &output.app))
    }

    /// The pre-signed URL of an object in the store.
    pub(in crate::sandbox) fn upload_url(&self, method: &str, path: &str, seconds: i64) -> String {
        let query = self.signer.query(method, path, seconds);
        format!("{}{path}?{query}", self.host(Origin::Upload, ""))
    }

    /// Where an app is served.
    pub(in crate::sandbox) fn web_url(&self, app: &str) -> String {
        format!("{}/{app}/", self.host(Origin::Web, app))
    }

    /// What strikes on an occasion that has to do with an app.
    pub(in crate::sandbox) fn strike(&self, occasion: Occasion, app: &str) -> Vec<Effect> {
        self.faults().strike(occasion, app, 0)
    }

    /// Whether anything strikes then.
    pub(in crate::sandbox) fn strikes(&self, occasion: Occasion, app: &str) -> bool {
        !self.strike(occasion, app).is_empty()
    }

    fn host(&self, origin: Origin, app: &str) -> &str {
        let struck = self.strike(Occasion::Url(origin), app);
        match origin {
            _ if struck.contains(&Effect::Unresolved) => NOWHERE,
            _ if !struck.is_empty() => NOBODY,
            Origin::Api => &self.urls.api,
            Origin::Upload => &self.urls.upload,
            Origin::Stream => &self.urls.stream,
            Origin::Web => &self.urls.web,
        }
    }
}

/// A part of a duration.
pub(in crate::sandbox) fn part(of: Duration, parts: u32) -> Duration {
    of / parts.max(1)
}

/// Locks what no panic can leave half-done.
pub(in crate::sandbox) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
