//! The git program, if there is one: for what a repository's files do not say cheaply, which is what a commit holds.
//!
//! A repository's own configuration may be anybody's. So git is never left to find a repository by itself, and is asked
//! only for what it answers out of its object store: nothing that reads the work tree, where filters, hooks and monitors
//! are run, and nothing that may fetch. The tests try each way in which a configuration could run a program.

use std::ffi::OsString;
use std::io::{self, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::env::inherited;

use super::index::Index;
use super::names::shown;
use super::repository::{Repository, object_id};

/// The variables that git inherits: what a program needs to start, and nothing that tells git what to do.
const INHERITED: [&str; 7] = [
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
    "TMPDIR",
];

/// What is said to git beside its arguments.
const SAID: [(&str, &str); 9] = [
    ("LC_ALL", "C"),
    ("GIT_CONFIG_NOSYSTEM", "1"),
    ("GIT_CONFIG_GLOBAL", NOTHING),
    // A partial clone's missing objects stay missing; older versions, which do not know that, may speak no protocol.
    ("GIT_NO_LAZY_FETCH", "1"),
    ("GIT_ALLOW_PROTOCOL", "none"),
    ("GIT_TERMINAL_PROMPT", "0"),
    // Read the commit itself, not a replacement for it (`git replace`).
    ("GIT_NO_REPLACE_OBJECTS", "1"),
    ("GIT_GRAFT_FILE", NOWHERE),
    ("GIT_OPTIONAL_LOCKS", "0"),
];

const NOTHING: &str = if cfg!(windows) { "NUL" } else { "/dev/null" };

/// A file that can't be there: of one that is there, even an empty one, git says that it is deprecated.
const NOWHERE: &str = "/dev/null/nowhere";

/// The longest that git may take. It answers within seconds for millions of files.
const LIMIT: Duration = Duration::from_mins(1);

/// How much of an answer, or of an error message, is of interest.
const ENOUGH: u64 = 4096;

/// Why git gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// There is no git on this machine.
    #[error("there is no git program")]
    NoGit,
    /// The run was cancelled.
    #[error("it was cancelled")]
    Cancelled,
    /// It failed: the first line of what it said.
    #[error("{0}")]
    Failed(String),
}

/// Whether a commit holds exactly what an index says.
pub(super) fn is_committed(
    repository: &Repository,
    commit: &str,
    index: &Index,
    cancelled: &dyn Fn() -> bool,
) -> Result<bool, NoAnswer> {
    let arguments = ["ls-tree", "-r", "-z", "--full-tree", commit, "--"];
    let answer = ask(repository, &arguments, cancelled, |listing| {
        let mut listing = BufReader::with_capacity(64 * 1024, listing);
        let is_listed = index.is_listed(&mut listing)?;
        // To the end, or git would fail.
        io::copy(&mut listing, &mut io::sink()).map(|_| is_listed)
    })?;
    match answer.value {
        Ok(is_listed) if answer.status.success() => Ok(is_listed),
        _ => Err(answer.failed()),
    }
}

/// The commit that is checked out.
pub(super) fn head(
    repository: &Repository,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<String>, NoAnswer> {
    let arguments = ["rev-parse", "--verify", "--end-of-options", "HEAD"];
    let answer = ask(repository, &arguments, cancelled, |out| {
        let mut text = String::new();
        out.take(ENOUGH).read_to_string(&mut text).map(|_| text)
    })?;
    match &answer.value {
        Ok(text) if answer.status.success() => Ok(object_id(text.trim())),
        _ => Err(answer.failed()),
    }
}

/// Whether one commit is an ancestor of another, in the checkout around a directory. `None` if there is no checkout, or one
/// that does not have both: it is shallow, or what runs was built from another repository. Blocks; `cancelled` is asked
/// often.
pub fn is_ancestor(
    directory: &Path,
    ancestor: &str,
    commit: &str,
    cancelled: &dyn Fn() -> bool,
) -> Result<Option<bool>, NoAnswer> {
    let root = std::fs::canonicalize(directory).ok();
    let repository = root.and_then(|root| Repository::around(&root).ok()?);
    let (Some(repository), Some(ancestor), Some(commit)) =
        (repository, object_id(ancestor), object_id(commit))
    else {
        return Ok(None);
    };
    let arguments = ["merge-base", "--is-ancestor", &ancestor, &commit];
    let answer = ask(&repository, &arguments, cancelled, |_| Ok(()))?;
    match answer.status.code() {
        Some(0) => Ok(Some(true)),
        Some(1) => Ok(Some(false)),
        Some(_) => Ok(None),
        None => Err(answer.failed()),
    }
}

/// How git ended, and the result of reading its output.
pub(super) struct Answer<T> {
    pub(super) value: io::Result<T>,
    pub(super) status: ExitStatus,
    /// The first line that it wrote to stderr.
    complaint: String,
}

impl<T> Answer<T> {
    pub(super) fn failed(self) -> NoAnswer {
        NoAnswer::Failed(match (self.complaint.is_empty(), self.value) {
            (false, _) => self.complaint,
            (true, Err(error)) => error.to_string(),
            (true, Ok(_)) => self.status.to_string(),
        })
    }
}

/// Runs git to its end, or to that of the run.
pub(super) fn ask<T: Send>(
    repository: &Repository,
    arguments: &[&str],
    cancelled: &dyn Fn() -> bool,
    read: impl FnOnce(ChildStdout) -> io::Result<T> + Send,
) -> Result<Answer<T>, NoAnswer> {
    let began = Instant::now();
    let mut git = Running(command(repository, arguments).spawn().map_err(
        |error| match error.kind() {
            io::ErrorKind::NotFound => NoAnswer::NoGit,
            _ => NoAnswer::Failed(error.to_string()),
        },
    )?);
    let (Some(out), Some(err)) = (git.0.stdout.take(), git.0.stderr.take()) else {
        return Err(NoAnswer::Failed("it has no output".into()));
    };
    thread::scope(|scope| {
        let value = scope.spawn(move || read(out));
        let complaint = scope.spawn(move || first_line(err));
        let ended = git.wait(|| {
            if cancelled() {
                Some(NoAnswer::Cancelled)
            } else if began.elapsed() > LIMIT {
                Some(NoAnswer::Failed("it took longer than a minute".into()))
            } else {
                None
            }
        });
        // No process of its group holds the pipes any more, so their readers reach the end.
        drop(git);
        let died = || io::Error::other("a thread died");
        let value = value.join().unwrap_or_else(|_| Err(died()));
        let complaint = complaint.join().unwrap_or_default();
        Ok(Answer {
            value,
            status: ended?,
            complaint,
        })
    })
}

/// A git that is killed, with all that it started, when this is dropped.
struct Running(Child);

impl Running {
    /// Waits until it has ended, or there is a reason not to wait any longer.
    fn wait(&mut self, enough: impl Fn() -> Option<NoAnswer>) -> Result<ExitStatus, NoAnswer> {
        let mut pause = Duration::from_millis(1);
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(error) => return Err(NoAnswer::Failed(error.to_string())),
            }
            if let Some(reason) = enough() {
                return Err(reason);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Ok(id) = i32::try_from(self.0.id())
            && let Some(id) = rustix::process::Pid::from_raw(id)
        {
            // It fails if no process is left in the group, which is the goal.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What people see of an error message.
fn first_line(mut err: impl Read) -> String {
    let mut text = Vec::new();
    // Ignore what can't be read. Drain the rest, so that the writer does not block on a full pipe.
    let _ = err.by_ref().take(ENOUGH).read_to_end(&mut text);
    let _ = io::copy(&mut err, &mut io::sink());
    let mut lines = text.split(|&byte| matches!(byte, b'\n' | b'\r'));
    let line = lines.find(|line| !line.trim_ascii().is_empty());
    line.map(|line| shown(line.trim_ascii()))
        .unwrap_or_default()
}

fn command(repository: &Repository, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        // Named, so that nothing is discovered; the work tree, too, or `core.worktree` would say where it is.
        .arg(option("--git-dir=", &repository.git))
        .arg(option("--work-tree=", &repository.root))
        .args(["--no-pager", "-c", "core.commitGraph=false"])
        .args(arguments)
        .current_dir(&repository.root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env_clear()
        .envs(SAID)
        .envs(inherited(&INHERITED));
    // A group of its own, so that what it starts can be ended with it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(plain(path));
    option
}

/// The path in a form that git reads: on Windows without the prefix of long paths.
fn plain(path: &Path) -> &Path {
    let stripped = path.to_str().and_then(|path| path.strip_prefix(r"\\?\"));
    match stripped {
        Some(rest) if cfg!(windows) && !rest.starts_with("UNC") => Path::new(rest),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::first_line;

    #[test]
    fn of_an_error_message_the_first_line_is_shown_and_can_do_no_harm() {
        let said = |text: &str| first_line(text.as_bytes());
        assert_eq!(said(""), "");
        assert_eq!(said("\n \r\nfatal: no\nmore"), "fatal: no");
        assert_eq!(
            said("fatal: \u{1b}[2J::error::x"),
            "fatal: \\u{1b}[2J::error::x"
        );
        assert_eq!(said(&"x".repeat(100_000)).len(), 4096);
    }
}
