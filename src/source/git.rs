//! The git program, if there is one: for what its files do not say cheaply, such as whether anything was changed.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

/// Tokens that no child process gets to see.
const TOKENS: [&str; 3] = ["HEROKU_API_KEY", "LAUNCHWAY_API_KEY", "AKKERIS_API_KEY"];

/// What would make git look at another repository than the one that the workspace is in.
const REDIRECTIONS: [&str; 6] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
];

/// How much of an answer is of interest.
const ANSWER: u64 = 4096;

/// Whether a tracked file of the checkout around a directory differs from its commit: changed, staged or deleted. `None` if
/// git is not there, fails, or the run is cancelled. Untracked files are not looked for: the walk sees them anyway.
pub(super) fn is_changed(directory: &Path, cancelled: &dyn Fn() -> bool) -> Option<bool> {
    let arguments = [
        "status",
        "--porcelain=v1",
        "--untracked-files=no",
        "--ignore-submodules=none",
        "--no-renames",
    ];
    // The first byte says it all: git need not finish its list.
    ask(directory, &arguments, 1, cancelled).map(|answer| !answer.is_empty())
}

/// The commit that is checked out.
pub(super) fn head(directory: &Path, cancelled: &dyn Fn() -> bool) -> Option<String> {
    let answer = ask(
        directory,
        &["rev-parse", "--verify", "HEAD"],
        ANSWER,
        cancelled,
    )?;
    super::repository::object_id(String::from_utf8(answer).ok()?.trim())
}

/// Whether one commit is an ancestor of another. `None` if git is not there, or does not have both: a shallow checkout.
pub fn is_ancestor(directory: &Path, ancestor: &str, commit: &str) -> Option<bool> {
    let arguments = ["merge-base", "--is-ancestor", ancestor, commit];
    let status = command(directory, &arguments).status().ok()?;
    match status.code()? {
        0 => Some(true),
        1 => Some(false),
        _ => None,
    }
}

/// Runs git and gives the beginning of what it says. `None` if it fails.
fn ask(
    directory: &Path,
    arguments: &[&str],
    enough: u64,
    cancelled: &dyn Fn() -> bool,
) -> Option<Vec<u8>> {
    let mut child = command(directory, arguments).spawn().ok()?;
    let out = child.stdout.take()?;
    let (sender, receiver) = sync_channel(1);
    thread::spawn(move || {
        let mut answer = Vec::new();
        let read = out.take(enough).read_to_end(&mut answer);
        // Nobody listens any more if the run was cancelled.
        let _ = sender.send(read.map(|_| answer));
    });
    let answer = loop {
        match receiver.recv_timeout(Duration::from_millis(20)) {
            Ok(answer) => break answer.ok(),
            Err(RecvTimeoutError::Timeout) if !cancelled() => {}
            Err(_) => break None,
        }
    };
    match answer {
        Some(answer) if answer.len() as u64 >= enough => {
            end(&mut child);
            Some(answer)
        }
        Some(answer) => child.wait().ok()?.success().then_some(answer),
        None => {
            end(&mut child);
            None
        }
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself.
    let _ = child.kill();
    let _ = child.wait();
}

fn command(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(directory)
        // A CI job often runs as another user than the owner of the checkout.
        .args(["-c", "safe.directory=*"])
        .args(["-c", "core.fsmonitor=false"])
        .args(["-c", "core.excludesFile="])
        .arg("--no-optional-locks")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .env("LC_ALL", "C");
    for name in TOKENS.iter().chain(&REDIRECTIONS) {
        command.env_remove(name);
    }
    command
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn git_sees_no_token() {
        let command = command(std::path::Path::new("."), &["status"]);
        for token in super::TOKENS {
            assert!(
                command
                    .get_envs()
                    .any(|(name, value)| name == token && value.is_none())
            );
        }
    }
}
