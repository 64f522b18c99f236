//! What a run has done so far: the record in the making. It outlives the steps, so that a run that is cut off by a
//! signal, a deadline or a failure still says what it did.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use url::Url;

use crate::{
    exit::Exit,
    failure::Failure,
    model::PlatformKind,
    platform::types::{App, BuildRequest, Release},
    record::{
        AppOutcome, AppRecord, PipelineRecord, Record, ReleaseRecord, SCHEMA_VERSION, SourceRecord,
        StageRecord,
    },
};

/// The record in the making.
pub struct Ledger {
    inner: Mutex<Inner>,
    started: Timestamp,
}

struct Inner {
    record: Record,
    changed: bool,
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
    /// The stage's and the app's place in the record.
    pub at: (usize, usize),
}

/// Something that a request on its way may create.
#[derive(Clone, Debug)]
pub struct Creating {
    /// What it would be: `a build of acme-staging`.
    pub what: String,
    /// The places of the apps that it is about.
    pub at: Vec<(usize, usize)>,
    /// What to look at on the platform to see whether it is there: `the builds of acme-staging`.
    pub look_at: String,
    /// The build that it would be, if it is one.
    pub build: Option<Sought>,
}

/// A build that may have been created.
#[derive(Clone, Debug)]
pub struct Sought {
    /// The app.
    pub app: App,
    /// The request that it would be made by.
    pub request: BuildRequest,
}

/// The time of day as the record has it.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// A release as the record has it.
pub(super) fn release_record(release: &Release) -> ReleaseRecord {
    ReleaseRecord {
        id: release.at.id.clone(),
        version: release.at.version,
        status: release.status.word().to_owned(),
    }
}

impl Ledger {
    /// An empty ledger.
    pub fn new(command: &str) -> Self {
        let started = Timestamp::now();
        Self {
            started,
            inner: Mutex::new(Inner {
                changed: false,
                pending_build: None,
                creating: None,
                made_last: None,
                closed: false,
                record: Record {
                    schema_version: SCHEMA_VERSION,
                    launchway: env!("CARGO_PKG_VERSION").to_owned(),
                    command: command.to_owned(),
                    outcome: Exit::Internal.word().to_owned(),
                    exit_code: Exit::Internal.code(),
                    message: None,
                    started_at: format!("{started:.3}"),
                    finished_at: String::new(),
                    seconds: 0.0,
                    platform: String::new(),
                    api_url: String::new(),
                    pipeline: None,
                    source: None,
                    stages: Vec::new(),
                },
            }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything was changed on the platform.
    pub fn changed(&self) -> bool {
        self.lock().changed
    }

    /// Notes that something was changed on the platform.
    pub fn mark_changed(&self) {
        self.lock().changed = true;
    }

    /// The build that is under way, if one is.
    pub fn pending_build(&self) -> Option<PendingBuild> {
        self.lock().pending_build.clone()
    }

    /// Notes which build is under way.
    pub fn set_pending_build(&self, build: Option<PendingBuild>) {
        self.lock().pending_build = build;
    }

    /// Notes that a request that creates something is about to be sent. Once the ledger is closed none is.
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

    /// What the last request made: since the ledger was closed, if it is.
    pub fn made_last(&self) -> Option<String> {
        self.lock().made_last.clone()
    }

    /// What may have been created by a request that was not answered so far.
    pub fn maybe_created(&self) -> Option<Creating> {
        self.lock().creating.clone()
    }

    /// The apps on which something is under way.
    pub fn under_way(&self) -> Vec<String> {
        let inner = self.lock();
        let apps = inner.record.stages.iter().flat_map(|stage| &stage.apps);
        apps.filter(|app| app.outcome == AppOutcome::InProgress && !runs_new(app))
            .map(|app| app.app.clone())
            .collect()
    }

    /// Notes the platform.
    pub fn set_platform(&self, platform: PlatformKind, api_url: &Url) {
        let mut inner = self.lock();
        let record = &mut inner.record;
        record.platform = platform.to_string();
        record.api_url = String::from(api_url.as_str().trim_end_matches('/'));
    }

    /// Notes the pipeline.
    pub fn set_pipeline(&self, pipeline: PipelineRecord) {
        self.lock().record.pipeline = Some(pipeline);
    }

    /// Notes what was packed.
    pub fn set_source(&self, source: SourceRecord) {
        self.lock().record.source = Some(source);
    }

    /// Notes the stages that the run will go through.
    pub fn set_stages(&self, stages: Vec<StageRecord>) {
        self.lock().record.stages = stages;
    }

    /// Changes a stage's entry.
    pub fn stage(&self, stage: usize, change: impl FnOnce(&mut StageRecord)) {
        if let Some(stage) = self.lock().record.stages.get_mut(stage) {
            change(stage);
        }
    }

    /// What an app runs as long as nothing else is released, for messages.
    pub fn as_before(&self, (stage, at): (usize, usize)) -> String {
        let inner = self.lock();
        let stage = inner.record.stages.get(stage);
        let Some(app) = stage.and_then(|stage| stage.apps.get(at)) else {
            return String::new();
        };
        match app.replaced {
            Some(_) => format!("{} still runs its earlier release", app.app),
            None => format!("nothing runs on {}, as before", app.app),
        }
    }

    /// Notes what an app of this name runs now, before this run replaces it.
    pub fn set_replaced(&self, name: &str, live: Option<&Release>) {
        let mut inner = self.lock();
        let apps = inner
            .record
            .stages
            .iter_mut()
            .flat_map(|stage| &mut stage.apps);
        for app in apps.filter(|app| app.app == name) {
            app.replaced = live.map(release_record);
        }
    }

    /// Changes an app's entry.
    pub fn app(&self, stage: usize, app: usize, change: impl FnOnce(&mut AppRecord)) {
        self.stage(stage, |stage| {
            if let Some(app) = stage.apps.get_mut(app) {
                change(app);
            }
        });
    }

    /// Notes that work on an app begins.
    pub fn begin(&self, stage: usize, app: usize) {
        self.app(stage, app, |app| {
            app.outcome = AppOutcome::InProgress;
            app.started_at.get_or_insert_with(now);
        });
    }

    /// Notes an app's verdict.
    pub fn end(&self, stage: usize, app: usize, outcome: AppOutcome, error: Option<String>) {
        self.app(stage, app, |app| {
            app.outcome = outcome;
            app.error = error;
        });
        self.finish_app(stage, app);
    }

    /// Notes that all of an app's work is done: its time is measured to here.
    pub fn finish_app(&self, stage: usize, app: usize) {
        self.app(stage, app, |app| {
            let finished = Timestamp::now();
            let started: Option<Timestamp> = app.started_at.as_ref().and_then(|at| at.parse().ok());
            app.finished_at = started.map(|_| format!("{finished:.3}"));
            app.seconds = started.map(|at| seconds(at, finished));
        });
    }

    /// Closes the record: how the run ended, and what that means for apps that it was in the middle of.
    pub fn finish(&self, result: Result<Exit, &Failure>) -> Record {
        let mut inner = self.lock();
        if let Some(creating) = inner.creating.take() {
            for (stage, app) in creating.at {
                let stage = inner.record.stages.get_mut(stage);
                if let Some(app) = stage.and_then(|stage| stage.apps.get_mut(app)) {
                    app.outcome = AppOutcome::InProgress;
                }
            }
        }
        let (exit, message) = match result {
            Ok(exit) => (exit, None),
            Err(failure) => (failure.exit, Some(failure.what.clone())),
        };
        let finished = Timestamp::now();
        let record = &mut inner.record;
        exit.word().clone_into(&mut record.outcome);
        record.exit_code = exit.code();
        record.message = message;
        record.finished_at = format!("{finished:.3}");
        record.seconds = seconds(self.started, finished);
        for app in record.stages.iter_mut().flat_map(|stage| &mut stage.apps) {
            if app.outcome == AppOutcome::InProgress {
                app.outcome = if runs_new(app) {
                    AppOutcome::Unverified
                } else {
                    AppOutcome::Unknown
                };
            }
        }
        record.clone()
    }
}

/// Whether an app is known to run its new release.
fn runs_new(app: &AppRecord) -> bool {
    let status = app.release.as_ref().map(|release| release.status.as_str());
    status == Some("succeeded")
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    let seconds = to.duration_since(from).as_secs_f64().max(0.0);
    (seconds * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ran_before_is_said_to_run_still() {
        let ledger = Ledger::new("deploy");
        let app = |name: &str, replaced| AppRecord {
            app: name.to_owned(),
            replaced,
            ..AppRecord::default()
        };
        let earlier = ReleaseRecord {
            id: "r".to_owned(),
            version: 2,
            status: "succeeded".to_owned(),
        };
        ledger.set_stages(vec![StageRecord {
            stage: "staging".to_owned(),
            how: "build".to_owned(),
            promotion: None,
            apps: vec![app("a", Some(earlier)), app("b", None)],
        }]);
        assert_eq!(ledger.as_before((0, 0)), "a still runs its earlier release");
        assert_eq!(ledger.as_before((0, 1)), "nothing runs on b, as before");
    }
}
