//! What is asked of a person on a terminal.

use std::{fmt::Write as _, io::IsTerminal as _};

use futures_util::future::LocalBoxFuture;

use super::Context;
use crate::{
    report::{console::Console, sanitize},
    run::prompt::Person,
};

/// The variables that name the person, on Unix and on Windows.
const NAMES: [&str; 3] = ["USER", "LOGNAME", "USERNAME"];
/// The most choices that are listed.
const MOST: usize = 50;
/// The most wrong answers before the question is given up.
const TRIES: usize = 3;

/// A terminal with a person at it.
pub(super) struct Terminal<'c> {
    console: &'c Console,
    name: Option<String>,
}

impl Person for Terminal<'_> {
    fn says_yes<'q>(&'q self, question: &'q str) -> LocalBoxFuture<'q, bool> {
        forget_what_was_typed();
        let lines: Vec<String> = question.split('\n').map(sanitize::text).collect();
        self.console.print(&lines.join("\n"));
        Box::pin(async { matches!(line().await.as_deref(), Some("y" | "Y" | "yes")) })
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

impl Context<'_> {
    /// The terminal, if there is somebody at it.
    pub(super) fn terminal(&self) -> Option<Terminal<'_>> {
        let name = NAMES.iter().find_map(|name| self.env.get(name));
        somebody_is_there().then(|| Terminal {
            console: &self.console,
            name: name.map(str::to_owned),
        })
    }

    /// Lets a person choose one of several, by number or name. `None` for an empty answer, and where no answer comes.
    pub(super) async fn choose(&self, question: &str, of: &[&str], empty: &str) -> Option<usize> {
        forget_what_was_typed();
        let mut list = format!("{question}\n");
        for (at, one) in of.iter().take(MOST).enumerate() {
            let _ = writeln!(list, "{:>4}  {}", at + 1, sanitize::text(one));
        }
        if let Some(more) = of.len().checked_sub(MOST + 1) {
            let _ = writeln!(list, "      and {} more", more + 1);
        }
        self.console.print(&list);
        for _ in 0..TRIES {
            self.console
                .print(&format!("a number or a name [{empty}]: "));
            let answer = line().await?;
            if answer.is_empty() {
                return None;
            }
            let by_name = of.iter().position(|one| **one == answer);
            let by_number = || {
                let number: usize = answer.parse().ok()?;
                number.checked_sub(1).filter(|at| *at < of.len())
            };
            if let Some(at) = by_name.or_else(by_number) {
                return Some(at);
            }
            self.console.print("that is none of them\n");
        }
        None
    }
}

/// Discards what was typed before the question appeared: it answers something else.
fn forget_what_was_typed() {
    #[cfg(unix)]
    {
        use rustix::termios::{QueueSelector, tcflush};
        // Where it can't be dropped the question is asked all the same.
        let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
    }
}

/// Whether there is somebody to ask.
pub(super) fn somebody_is_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Reads a line that a person types, without the spaces around it; `None` at the end of the input.
async fn line() -> Option<String> {
    let (sender, answer) = tokio::sync::oneshot::channel();
    // A thread of its own: nothing waits for it when a signal ends the command.
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let line = read.is_ok_and(|bytes| bytes > 0).then_some(line);
        let _ = sender.send(line);
    });
    let line = answer.await.ok().flatten()?;
    Some(line.trim().to_owned())
}
