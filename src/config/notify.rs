//! Whom the run tells how it ended: the keys of `notify`, and what they mean.

use std::time::Duration;

use secrecy::SecretString;

use super::{
    findings::Findings,
    read::{Spanned, keys},
    values::{Command, HookUrl, NonEmpty, OneOf, Period},
};
use crate::{exit::Exit, model::Choice};

/// How long a hook may take unless `deploy.yaml` says.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Something that is told how the run ended.
#[derive(Clone, Debug)]
pub struct Hook {
    /// What is done.
    pub action: Action,
    /// After which endings; all of them if it is empty.
    pub on: Vec<NotifyOn>,
    /// How long it may take.
    pub timeout: Duration,
    /// Its line in `deploy.yaml`, from 1. It stands for the address, which is a secret.
    pub line: usize,
}

/// What a hook does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends an HTTP POST.
    Http {
        /// Where. Whoever has the address may post there: it is a secret.
        url: SecretString,
        /// What.
        body: Body,
    },
    /// Runs a command, as it is written in the file: `sh -c`, `cmd /C` on Windows.
    Run(String),
}

/// What an HTTP hook sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The run record.
    Record,
    /// A message, in the form that an incoming webhook of Slack takes.
    Slack,
}

impl Choice for Body {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        (
            "record",
            Self::Record,
            "The run record, as `--record` writes it.",
        ),
        (
            "slack",
            Self::Slack,
            "A message for an incoming webhook of Slack, or of what takes the same (Mattermost, Rocket.Chat, Discord's /slack).",
        ),
    ];
}

/// How a run ended, as far as a hook cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotifyOn {
    /// Exit code 0.
    Success,
    /// Every end but the other three.
    Failure,
    /// Exit code 14.
    RolledBack,
    /// Exit codes 130 and 143.
    Cancelled,
}

impl Choice for NotifyOn {
    const WORDS: &'static [(&'static str, Self, &'static str)] = &[
        (
            "success",
            Self::Success,
            "Done, or nothing to do: exit code 0.",
        ),
        (
            "failure",
            Self::Failure,
            "Every other end except the two below; the deadline counts as one.",
        ),
        (
            "rolled_back",
            Self::RolledBack,
            "It failed, and every affected app is back on its earlier release: exit code 14.",
        ),
        (
            "cancelled",
            Self::Cancelled,
            "A signal ended it: exit codes 130 and 143.",
        ),
    ];
}

impl NotifyOn {
    /// What an exit code means to a hook.
    pub fn of(exit: Exit) -> Self {
        match exit {
            Exit::Ok => Self::Success,
            Exit::RolledBack => Self::RolledBack,
            Exit::Interrupted | Exit::Terminated => Self::Cancelled,
            _ => Self::Failure,
        }
    }
}

impl Hook {
    /// Whether it is told of this ending.
    pub fn hears(&self, ending: NotifyOn) -> bool {
        self.on.is_empty() || self.on.contains(&ending)
    }
}

keys! {
    /// Something that is told how the run ended, after its verdict, which it never changes: what fails, hangs or is refused
    /// is a warning. All of them are told side by side; none in a rehearsal (`--sandbox`).
    struct Notify, "in `notify`" {
        /// An HTTP POST.
        optional http: NotifyHttp,
        /// A command for the shell, run in the directory of this file. It finds `LAUNCHWAY_OUTCOME`, `LAUNCHWAY_EXIT_CODE`,
        /// `LAUNCHWAY_COMMAND`, `LAUNCHWAY_VERSION`, `LAUNCHWAY_COMMIT`, `LAUNCHWAY_RUN` and, in `LAUNCHWAY_RECORD`, the path
        /// of a file with the run record in its environment. No variable is filled in: the shell expands them.
        optional run: Command,
        /// After which endings: `success`, `failure`, `rolled_back`, `cancelled`. Default: all of them.
        optional on: NonEmpty<OneOf<NotifyOn>>,
        /// How long it may take. Default: 30s. After a signal or the deadline of the run there are a few seconds.
        optional timeout: Period,
    }
    rules { "oneOf": [{ "required": ["http"] }, { "required": ["run"] }] }
}

keys! {
    /// An HTTP POST. The platform's token is not sent, and a redirect is not followed.
    struct NotifyHttp, "in `http`" {
        /// The address. It is a secret and never shown: fill it in from a variable. If that is empty (`${CHAT_WEBHOOK:-}`),
        /// nobody is told.
        needed url: HookUrl,
        /// What is sent: `record` (default), the run record as JSON, or `slack`, a message.
        optional body: OneOf<Body>,
    }
}

/// The hooks; `None` if something in one is wrong, which is then in `out`.
pub(super) fn hooks(
    raw: Option<&Spanned<Vec<Spanned<Notify>>>>,
    out: &mut Findings<'_>,
) -> Option<Vec<Hook>> {
    let items = match raw {
        Some(given) => given.get()?.as_slice(),
        None => &[],
    };
    let (mut hooks, mut whole) = (Vec::new(), true);
    for item in items {
        whole &= hook(item, &mut hooks, out).is_some();
    }
    whole.then_some(hooks)
}

/// Adds the hook of an item, if it has an address or a command; `None` if something in it is wrong.
fn hook(item: &Spanned<Notify>, hooks: &mut Vec<Hook>, out: &mut Findings<'_>) -> Option<()> {
    let raw = item.get()?;
    let action = match (&raw.http, &raw.run) {
        (None, None) => {
            out.add(&item.span, "an item of `notify` needs `http` or `run`");
            return None;
        }
        (Some(_), Some(run)) => {
            out.add(&run.span, "`http` and `run` in one item of `notify`")
                .help("split it into two items");
            return None;
        }
        (Some(http), None) => {
            let http = http.get()?;
            let Some(url) = http.url.get()?.0.clone() else {
                return Some(());
            };
            let body = match &http.body {
                Some(body) => body.get()?.0,
                None => Body::Record,
            };
            Action::Http { url, body }
        }
        (None, Some(run)) => Action::Run(run.get()?.0.clone()),
    };
    let on = match &raw.on {
        Some(on) => {
            let endings = on.get()?.0.iter();
            let endings = endings.map(|one| one.get().map(|one| one.0));
            endings.collect::<Option<_>>()?
        }
        None => Vec::new(),
    };
    let timeout = raw.timeout.as_ref().and_then(Spanned::get);
    hooks.push(Hook {
        action,
        on,
        timeout: timeout.map_or(TIMEOUT, |timeout| timeout.0),
        line: out.line(&item.span),
    });
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_exit_code_is_one_ending() {
        for (exit, expected) in [
            (Exit::Ok, NotifyOn::Success),
            (Exit::RolledBack, NotifyOn::RolledBack),
            (Exit::RollbackFailed, NotifyOn::Failure),
            (Exit::Interrupted, NotifyOn::Cancelled),
            (Exit::Terminated, NotifyOn::Cancelled),
            (Exit::Deadline, NotifyOn::Failure),
            (Exit::Internal, NotifyOn::Failure),
            (Exit::Denied, NotifyOn::Failure),
            (Exit::Unknown, NotifyOn::Failure),
        ] {
            assert_eq!(NotifyOn::of(exit), expected, "{exit:?}");
        }
    }

    #[test]
    fn a_hook_without_on_hears_everything() {
        let hook = |on: &[NotifyOn]| Hook {
            action: Action::Run("true".to_owned()),
            on: on.to_vec(),
            timeout: TIMEOUT,
            line: 1,
        };
        let all = NotifyOn::WORDS.iter().map(|(_, ending, _)| *ending);
        assert!(all.clone().all(|ending| hook(&[]).hears(ending)));
        let some = hook(&[NotifyOn::Failure, NotifyOn::RolledBack]);
        let heard: Vec<_> = all.filter(|ending| some.hears(*ending)).collect();
        assert_eq!(heard, [NotifyOn::Failure, NotifyOn::RolledBack]);
    }
}
