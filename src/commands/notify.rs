//! What comes after the verdict: those are told who want to know how the run ended (`notify`). Reports are printed and
//! written by then, so that no hook can hold them up, and nothing that happens here changes the exit code.

use std::{
    io::Write as _,
    sync::{Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use secrecy::ExposeSecret as _;
use tempfile::NamedTempFile;
use tokio::{runtime::Runtime, sync::watch, task::AbortHandle};
use url::Url;

use super::{
    Context, panic,
    signals::{CleanUp, Signals, last_resort_after},
};
use crate::{
    config::{
        Config,
        notify::{Action, Hook, NotifyOn},
    },
    exit::Exit,
    failure::Failure,
    http::Outside,
    journal::{Journal, event::Event, record::Record},
    report::slack,
    run::notify::{Notice, Notifier},
};

/// What a run leaves for those who are told of its end, however far it came.
#[derive(Default)]
pub(super) struct NotifyContext {
    config: OnceLock<Config>,
    /// The signals that came since the run began.
    signals: Mutex<Option<Signals>>,
    /// When the time of the whole run is over.
    deadline: OnceLock<Instant>,
    /// When a signal or the deadline ended the run.
    cut_off: OnceLock<Instant>,
    /// What ends the process if the run does not.
    last_resort: OnceLock<AbortHandle>,
}

impl NotifyContext {
    /// Keeps the configuration.
    pub(super) fn config(&self, config: Config) -> &Config {
        self.config.get_or_init(|| config)
    }

    /// Keeps what bounds the run.
    pub(super) fn bounds(
        &self,
        signals: Signals,
        limit: Option<Duration>,
        last_resort: AbortHandle,
    ) {
        *self.signals.lock().unwrap_or_else(PoisonError::into_inner) = Some(signals);
        if let Some(deadline) = limit.and_then(|limit| Instant::now().checked_add(limit)) {
            let _ = self.deadline.set(deadline);
        }
        let _ = self.last_resort.set(last_resort);
    }

    /// A signal or the deadline ends the run now.
    pub(super) fn cut_off(&self) {
        let _ = self.cut_off.set(Instant::now());
    }

    /// Until when there is time, at most.
    fn until(&self, clean_up: CleanUp) -> Option<Instant> {
        let end = self.cut_off.get().or(self.deadline.get())?;
        end.checked_add(clean_up.tell)
    }

    /// The signals that have not been acted on.
    fn signals(&self) -> Result<Signals, Failure> {
        let mut kept = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that were kept have seen what cut the run off.
        match kept.take().filter(|_| self.cut_off.get().is_none()) {
            Some(signals) => Ok(signals),
            None => Signals::new(),
        }
    }
}

/// How a run ended.
pub(super) struct RunEnd<'a> {
    /// The exit code.
    pub(super) exit: Exit,
    /// The record, closed.
    pub(super) record: &'a Record,
    /// Whether it was a rehearsal.
    pub(super) rehearsal: bool,
}

impl Context<'_> {
    /// Tells those who want to know how the run ended. What happens meanwhile goes to `journal`.
    pub(super) fn notify(
        &self,
        runtime: &Runtime,
        journal: &Journal,
        aftermath: &NotifyContext,
        verdict: &RunEnd<'_>,
    ) {
        let Some(config) = aftermath.config.get() else {
            return;
        };
        let ending = NotifyOn::of(verdict.exit);
        let hooks = config.notify.iter().filter(|hook| hook.hears(ending));
        let hooks: Vec<&Hook> = hooks.collect();
        if hooks.is_empty() {
            return;
        }
        if verdict.rehearsal {
            journal.note("a rehearsal: nobody is told of it (`notify`)");
            return;
        }
        let record = verdict.record.clean(&self.redactor);
        let told = panic::guarded(|| {
            let tell = self.tell(config, &hooks, journal, aftermath, verdict.exit, &record);
            runtime.block_on(Box::pin(tell))
        });
        if let Err(failure) = told {
            journal.warn(format!(
                "not everybody was told (`notify`): {}",
                failure.what
            ));
        }
        journal.emit(Event::RunFinished {
            record: Box::new(record),
        });
    }

    async fn tell(
        &self,
        config: &Config,
        hooks: &[&Hook],
        journal: &Journal,
        aftermath: &NotifyContext,
        exit: Exit,
        record: &Record,
    ) -> Result<(), Failure> {
        let io = |why| Failure::new(Exit::Io, format!("cannot write the record for them: {why}"));
        let json = serde_json::to_string(record).unwrap_or_default();
        // Removed when it is dropped.
        let file = hooks
            .iter()
            .any(|hook| matches!(hook.action, Action::Run(_)))
            .then(|| for_commands(&json))
            .transpose()
            .map_err(io)?;
        let outside = self.outside(hooks);
        let child_env = self.child_env();
        let notifier = Notifier {
            file: &config.path,
            home: config.home(),
            child_env: &child_env,
            outside: outside.as_ref().map_err(String::as_str),
            journal,
            redactor: &self.redactor,
        };
        let told = self.told(record, exit, file.as_ref());
        let slack = slack::render(record, exit, self.ci.run_url.as_deref());
        let notice = Notice {
            record: &json,
            slack: &self.redactor.clean_json(&slack),
            told: &told,
        };
        let clean_up = self.clean_up();
        let cut_off = aftermath.cut_off.get().copied();
        if let Some(last_resort) = aftermath.last_resort.get() {
            last_resort.abort();
        }
        let left = aftermath.deadline.get();
        let left = left.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        tokio::spawn(last_resort_after(
            exit,
            Signals::new()?,
            cut_off,
            left,
            clean_up,
        ));
        let mut signals = aftermath.signals()?;
        let (stop, stopped) = watch::channel(false);
        let until = aftermath.until(clean_up).map(Into::into);
        let telling = notifier.tell(hooks, notice, until, stopped);
        let stopping = async {
            signals.next().await;
            if cut_off.is_none() {
                // The first one: there is as much time as after one that ends the run.
                tokio::select! {
                    () = tokio::time::sleep(clean_up.tell) => {}
                    _ = signals.next() => {}
                }
            }
            // Nobody listens any more if all of them are told.
            let _ = stop.send(true);
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = telling => {}
            () = stopping => {}
        }
        Ok(())
    }

    /// The clients for HTTP hooks.
    fn outside(&self, hooks: &[&Hook]) -> Result<Outside, String> {
        let address = hooks.iter().find_map(|hook| match &hook.action {
            Action::Http { url, .. } => url.expose_secret().parse::<Url>().ok(),
            Action::Run(_) => None,
        });
        let address = address.ok_or("there is no address")?;
        Outside::new(address, &self.env, self.pacing())
    }

    /// What a command is told of the run.
    fn told(
        &self,
        record: &Record,
        exit: Exit,
        file: Option<&NamedTempFile>,
    ) -> Vec<(&'static str, String)> {
        let source = record.source.as_ref();
        let version = source.map(|source| source.version.clone());
        let commit = source.and_then(|source| source.commit.clone());
        let path = file.map(|file| file.path().display().to_string());
        vec![
            ("LAUNCHWAY_OUTCOME", exit.word().to_owned()),
            ("LAUNCHWAY_EXIT_CODE", exit.code().to_string()),
            ("LAUNCHWAY_COMMAND", record.command.clone()),
            ("LAUNCHWAY_VERSION", version.unwrap_or_default()),
            ("LAUNCHWAY_COMMIT", commit.unwrap_or_default()),
            ("LAUNCHWAY_RUN", self.run_id.clone()),
            ("LAUNCHWAY_RECORD", path.unwrap_or_default()),
        ]
    }
}

/// Writes the record to a file of its own, which commands may read: they need not know of `--record`.
fn for_commands(json: &str) -> std::io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    let mut file = builder
        .prefix("launchway-record-")
        .suffix(".json")
        .tempfile()?;
    file.write_all(json.as_bytes())?;
    file.flush()?;
    Ok(file)
}
