//! The commands of `deploy.yaml`: each is run by the shell, in the directory of the file, in an environment without the
//! platform's token. Its output comes line by line, and whatever it started ends with it.

mod group;
mod strays;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    io,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use futures_util::future::FutureExt as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
};

use crate::{http::lines::Lines, units};
use group::Group;
use strays::Mark;

/// How many bytes of a command's output are shown as they come; each line counts `LINE` bytes on top of its text.
const MOST_SHOWN: u64 = 2 << 20;
const LINE: u64 = 64;
/// How many of the lines beyond that are shown at the end, the last ones: that is where a test suite prints its result.
const LAST: usize = 100;

/// How long the rest of the output is read once a command has ended. Only a process that left its group can hold it open.
const DRAIN: Duration = Duration::from_secs(1);

/// A command, about to be run.
pub(super) struct Child<'a> {
    /// As the file has it, for the shell: `sh -c`, `cmd /C` on Windows.
    pub(super) command: &'a str,
    /// Where it runs.
    pub(super) home: &'a Path,
    /// The variables that it inherits: none of them holds the token.
    pub(super) inherited: &'a [(String, String)],
    /// The variables that the run sets. They win over inherited ones.
    pub(super) told: Vec<(&'static str, String)>,
    /// How long it may take.
    pub(super) timeout: Duration,
}

/// How a command ended.
pub(super) enum ChildEnd {
    /// It could not be started.
    NotStarted(io::Error),
    /// It ended on its own.
    Alone(ExitStatus),
    /// It could not be waited for.
    Lost(io::Error),
    /// It was stopped after this time.
    Stopped(Duration),
}

impl ChildEnd {
    /// Whether it succeeded.
    pub(super) fn ok(&self) -> bool {
        matches!(self, Self::Alone(status) if status.success())
    }

    /// How it ended, in words.
    pub(super) fn words(&self) -> String {
        match self {
            Self::NotStarted(why) => format!("it could not be started: {why}"),
            Self::Alone(status) => match status.code() {
                Some(code) => format!("exit code {code}{}", of_the_shell(code)),
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
    pub(super) async fn run(self, show: impl Fn(String)) -> ChildEnd {
        let mark = Mark::new();
        let mut command = shell(self.command);
        command
            .env_clear()
            .envs(self.inherited.iter().map(|(key, value)| (key, value)))
            .envs(self.told)
            .env(strays::VARIABLE, mark.value())
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
            Err(why) => return ChildEnd::NotStarted(why),
        };
        let group = Group::of(&child, mark);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let printed = Printed::default();
        let show_some = |line| {
            if let Some(line) = printed.take(line) {
                show(line);
            }
        };
        let output = async {
            tokio::join!(read(stdout, &show_some), read(stderr, &show_some));
        };
        let mut output = Box::pin(output.fuse());
        let ended = tokio::time::timeout(self.timeout, async {
            tokio::select! {
                status = child.wait() => status,
                // The command may close its output and keep running.
                () = &mut output => child.wait().await,
            }
        })
        .await;
        // Ends what is left in the group, which could hold the output open.
        drop(group);
        let _ = tokio::time::timeout(DRAIN, &mut output).await;
        drop(output);
        printed.rest().for_each(show);
        match ended {
            Ok(Ok(status)) => ChildEnd::Alone(status),
            Ok(Err(why)) => ChildEnd::Lost(why),
            Err(_) => ChildEnd::Stopped(self.timeout),
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

/// How much a command has printed, and the last lines of what was not shown.
#[derive(Default)]
struct Printed {
    shown: Cell<u64>,
    left_out: Cell<u64>,
    last: RefCell<VecDeque<String>>,
}

impl Printed {
    /// Returns the line if it is to be shown now; else keeps it for `rest`.
    fn take(&self, line: String) -> Option<String> {
        let shown = self.shown.get();
        if shown < MOST_SHOWN {
            self.shown.set(shown + line.len() as u64 + LINE);
            return Some(line);
        }
        let mut last = self.last.borrow_mut();
        if last.len() == LAST {
            last.pop_front();
            self.left_out.set(self.left_out.get() + 1);
        }
        last.push_back(line);
        None
    }

    /// The last lines, after one that says how many are left out.
    fn rest(&self) -> impl Iterator<Item = String> {
        let left_out = Some(self.left_out.get()).filter(|count| *count > 0);
        let note = left_out.map(|count| {
            let lines = units::count(count, "line", "lines");
            format!("[launchway leaves out {lines} here]")
        });
        note.into_iter().chain(self.last.take())
    }
}

/// What a POSIX shell's own exit codes mean.
fn of_the_shell(code: i32) -> &'static str {
    match code {
        126 if cfg!(unix) => " (the shell could not execute it)",
        127 if cfg!(unix) => " (the shell did not find it)",
        _ => "",
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_the_beginning_and_the_end_are_shown() {
        let printed = Printed::default();
        let lines = (0..10_000).map(|at| format!("{at:0>960}"));
        let shown = lines.filter_map(|line| printed.take(line)).count();
        let rest: Vec<String> = printed.rest().collect();
        assert_eq!((shown, rest.len()), (2048, 1 + LAST));
        assert_eq!(rest[0], "[launchway leaves out 7852 lines here]");
        assert!(rest[1].ends_with("09900") && rest[LAST].ends_with("09999"));
    }
}
