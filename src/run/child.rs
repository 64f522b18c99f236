//! The commands of `deploy.yaml`: each is run by the shell, in the directory of the file, in an environment without the
//! platform's token. Its output comes line by line, and whatever it started ends with it.

use std::{
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
};

use crate::{http::lines::Lines, units};

/// A command, about to be run.
pub(super) struct Child<'a> {
    /// As the file has it, for the shell: `sh -c`, `cmd /C` on Windows.
    pub(super) command: &'a str,
    /// Where it runs.
    pub(super) home: &'a Path,
    /// The variables that it inherits: none of them holds the token.
    pub(super) inherited: &'a [(String, String)],
    /// What the run tells it. These win.
    pub(super) told: Vec<(&'static str, String)>,
    /// How long it may take.
    pub(super) timeout: Duration,
}

/// How a command ended.
pub(super) enum Ended {
    /// It could not be started.
    NotStarted(io::Error),
    /// By itself.
    Alone(ExitStatus),
    /// It could not be waited for.
    Lost(io::Error),
    /// It was stopped after this time.
    Stopped(Duration),
}

impl Ended {
    /// Whether it succeeded.
    pub(super) fn ok(&self) -> bool {
        matches!(self, Self::Alone(status) if status.success())
    }

    /// How it ended, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::NotStarted(why) => format!("it could not be started: {why}"),
            Self::Alone(status) => match status.code() {
                Some(code) => format!("exit code {code}"),
                None => status.to_string(),
            },
            Self::Lost(why) => format!("it could not be waited for: {why}"),
            Self::Stopped(after) => format!(
                "it did not end within {} and was stopped",
                units::duration(*after)
            ),
        }
    }
}

impl Child<'_> {
    /// Runs it to its end; `show` gets each line that it prints. Dropped before that, it ends the command.
    pub(super) async fn run(self, show: impl Fn(String)) -> Ended {
        let mut command = shell(self.command);
        command
            .env_clear()
            .envs(self.inherited.iter().map(|(key, value)| (key, value)))
            .envs(self.told)
            .current_dir(self.home)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        // A group of its own, so that what the command starts can be ended with it.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(why) => return Ended::NotStarted(why),
        };
        let group = Group::of(&child);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let work = async {
            let ((), (), status) =
                tokio::join!(read(stdout, &show), read(stderr, &show), child.wait());
            status
        };
        let ended = tokio::time::timeout(self.timeout, work).await;
        drop(group);
        match ended {
            Ok(Ok(status)) => Ended::Alone(status),
            Ok(Err(why)) => Ended::Lost(why),
            Err(_) => Ended::Stopped(self.timeout),
        }
    }
}

/// Reads what a command prints.
async fn read(pipe: Option<impl AsyncRead + Unpin>, show: &impl Fn(String)) {
    let Some(mut pipe) = pipe else { return };
    let mut lines = Lines::default();
    let mut buffer = vec![0; 16 << 10];
    loop {
        let (ready, end) = match pipe.read(&mut buffer).await {
            Ok(0) | Err(_) => (lines.finish().into_iter().collect(), true),
            Ok(count) => (lines.push(&buffer[..count]), false),
        };
        ready.into_iter().for_each(show);
        if end {
            return;
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

/// The processes that a command started; ended when this is dropped, so that none outlives it.
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
