//! Checks that are commands.

use std::{process::Stdio, time::Instant};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
};

use super::{Outcome, Subject};
use crate::{
    config::{RunCheck, placeholder::Placeholder},
    http::lines::Lines,
    journal::event::{Event, OutputSource},
    platform::Platform,
    run::{Run, release::Place, wait::Shown},
};

/// The run's own words, as a command knows them.
const WORDS: [(&str, Placeholder); 4] = [
    ("LAUNCHWAY_VERSION", Placeholder::Version),
    ("LAUNCHWAY_COMMIT", Placeholder::Commit),
    ("LAUNCHWAY_RELEASE", Placeholder::Release),
    ("LAUNCHWAY_RUN", Placeholder::Run),
];

impl<P: Platform> Run<'_, P> {
    /// Runs a command for one app.
    pub(super) async fn run_check(
        &self,
        name: &str,
        check: &RunCheck,
        subject: Subject<'_>,
    ) -> Outcome {
        let began = Instant::now();
        let Subject { place, release, .. } = subject;
        let mut command = shell(&check.command);
        let web_url = place.app.web_url.as_ref().map(ToString::to_string);
        command
            .env_clear()
            .envs(self.child_env.iter().map(|(key, value)| (key, value)))
            .env("LAUNCHWAY_APP", &place.app.name)
            .env("LAUNCHWAY_STAGE", place.stage)
            .env("LAUNCHWAY_URL", web_url.unwrap_or_default())
            .envs(WORDS.map(|(name, placeholder)| (name, subject.value(placeholder, self.id))))
            .env("LAUNCHWAY_RELEASE_ID", &release.at.id)
            .current_dir(self.config.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A group of its own, so that what the command starts can be ended with it.
        #[cfg(unix)]
        command.process_group(0);
        let done = |ok, seen: String| Outcome {
            ok,
            attempts: 1,
            seen,
            took: began.elapsed(),
        };
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(e) => return done(false, format!("it could not be started: {e}")),
        };
        let group = Group::of(&child);
        let what = format!("{name} for {}", place.app.name);
        let shown = Shown::begin(self.journal, &what, check.timeout);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let work = async {
            let ((), (), status) = tokio::join!(
                self.show(place, stdout),
                self.show(place, stderr),
                child.wait()
            );
            status
        };
        let ended = tokio::time::timeout(check.timeout, work).await;
        drop(group);
        drop(shown);
        match ended {
            Ok(Ok(status)) if status.success() => done(true, "exit code 0".to_owned()),
            Ok(Ok(status)) => done(
                false,
                status
                    .code()
                    .map_or_else(|| status.to_string(), |code| format!("exit code {code}")),
            ),
            Ok(Err(e)) => done(false, format!("it could not be waited for: {e}")),
            Err(_) => done(
                false,
                format!(
                    "it did not end within {} and was stopped",
                    crate::units::duration(check.timeout)
                ),
            ),
        }
    }

    /// Shows what a command prints.
    async fn show(&self, place: Place<'_>, pipe: Option<impl AsyncRead + Unpin>) {
        let Some(mut pipe) = pipe else { return };
        let mut lines = Lines::default();
        let mut buffer = vec![0; 16 << 10];
        loop {
            let (ready, end) = match pipe.read(&mut buffer).await {
                Ok(0) | Err(_) => (lines.finish().into_iter().collect(), true),
                Ok(count) => (lines.push(&buffer[..count]), false),
            };
            for line in ready {
                self.journal.emit(Event::Output {
                    source: OutputSource::Check,
                    stage: place.stage.to_owned(),
                    app: place.app.name.clone(),
                    several: place.several,
                    line,
                });
            }
            if end {
                return;
            }
        }
    }
}

#[cfg(unix)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.arg("-c").arg(command);
    shell
}

#[cfg(windows)]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.arg("/C").raw_arg(command);
    shell
}

/// The processes that a command started; ended when this is dropped, so that none outlives its check.
struct Group {
    #[cfg(unix)]
    id: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg(unix)]
    fn of(child: &tokio::process::Child) -> Self {
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            id: id.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_: &tokio::process::Child) -> Self {
        Self {}
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(id) = self.id {
            // It fails if no process is left in the group, which is the goal.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}
