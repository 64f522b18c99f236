//! Telling others how the run ended: side by side, each for a bounded time. What goes wrong is a warning and nothing else,
//! and no address is shown: a hook is known by its line in `deploy.yaml`.

use std::{cell::Cell, path::Path, time::Duration};

use futures_util::future::join_all;
use reqwest::{StatusCode, header};
use secrecy::ExposeSecret as _;
use tokio::{sync::watch, time::Instant};
use url::Url;

use super::child::Child;
use crate::{
    config::notify::{Action, Body, Hook},
    http::{
        Error, Outside,
        answer::{error_message, read_bounded},
    },
    journal::{
        Journal, WaitGuard,
        event::{Event, OutputSource},
    },
    redact::Redactor,
    units,
};

/// How much of an answer is looked at for the reason of a refusal.
const LARGEST_ANSWER: usize = 8 << 10;
/// How long that may take.
const READING: Duration = Duration::from_secs(2);
/// How many lines of a command are shown.
const MOST_LINES: usize = 200;
/// How many bytes of them.
const MOST_BYTES: usize = 64 << 10;

/// What is told. No secret is in it.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// The run record, as JSON.
    pub record: &'a str,
    /// The message for Slack, as JSON.
    pub slack: &'a str,
    /// What a command is told, by the names of its variables.
    pub told: &'a [(&'static str, String)],
}

/// Who tells it.
#[derive(Clone, Copy)]
pub struct Notifier<'a> {
    /// The `deploy.yaml` that the hooks are in.
    pub file: &'a Path,
    /// Where its commands run.
    pub home: &'a Path,
    /// The variables that a command inherits: none of them holds the token.
    pub child_env: &'a [(String, String)],
    /// The clients for HTTP hooks, or why there are none.
    pub outside: Result<&'a Outside, &'a str>,
    /// Where output and warnings go.
    pub journal: &'a Journal,
    /// Hides a hook's address where its own server repeats it.
    pub redactor: &'a Redactor,
}

impl Notifier<'_> {
    /// Runs all of these hooks side by side. None runs past `until`, and each ends when `stop` becomes true.
    pub async fn tell(
        &self,
        hooks: &[&Hook],
        notice: Notice<'_>,
        until: Option<Instant>,
        stop: watch::Receiver<bool>,
    ) {
        let several = hooks.len() > 1;
        let longest = hooks.iter().map(|hook| limit(hook, until)).max();
        let count = units::count(hooks.len() as u64, "notification", "notifications");
        let longest = longest.unwrap_or_default();
        let then = "the run ends without them";
        let waiting = WaitGuard::begin(self.journal, &count, longest, then);
        let told = hooks.iter().map(|hook| {
            let stop = stop.clone();
            async move {
                let told = self.hook(hook, notice, limit(hook, until), several, stop);
                let told = Box::pin(told).await;
                if let Err(why) = &told {
                    let name = self.name(hook);
                    self.journal.warn(format!("{name} was not told: {why}"));
                }
                told.is_ok()
            }
        });
        let sent = join_all(told).await.into_iter().filter(|ok| *ok).count();
        drop(waiting);
        if sent > 0 {
            let what = units::count(sent as u64, "notification", "notifications");
            self.journal.note(format!("sent {what}"));
        }
    }

    /// What a hook is called: where it is, never where it goes.
    fn name(&self, hook: &Hook) -> String {
        let kind = match &hook.action {
            Action::Http {
                body: Body::Record, ..
            } => "http (record)",
            Action::Http {
                body: Body::Slack, ..
            } => "http (slack)",
            Action::Run(_) => "run",
        };
        format!("the {kind} hook at {}:{}", self.file.display(), hook.line)
    }

    /// Tells one hook, in its time.
    async fn hook(
        &self,
        hook: &Hook,
        notice: Notice<'_>,
        limit: Duration,
        several: bool,
        mut stop: watch::Receiver<bool>,
    ) -> Result<(), String> {
        let work = async {
            match &hook.action {
                Action::Http { url, body } => {
                    let body = match body {
                        Body::Record => notice.record,
                        Body::Slack => notice.slack,
                    };
                    let post = self.post(url.expose_secret(), body);
                    let sent = tokio::time::timeout(limit, post).await;
                    sent.unwrap_or_else(|_| Err(late(limit)))
                }
                Action::Run(command) => {
                    let told = notice.told.to_vec();
                    self.run(hook, command, told, limit, several).await
                }
            }
        };
        tokio::select! {
            done = work => done,
            _ = stop.wait_for(|stop| *stop) => Err("a signal ended it".to_owned()),
        }
    }

    /// Sends an HTTP POST, once: a repeated message would look like two runs.
    async fn post(&self, address: &str, body: &str) -> Result<(), String> {
        let url: Url = address.parse().map_err(|_| "its address is no URL")?;
        let client = self.outside?.client_for(&url)?;
        let request = client
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.to_owned());
        let answer = request
            .send()
            .await
            .map_err(|why| Error::from_reqwest("", &why).message)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        if status.is_success() {
            return Ok(());
        }
        let said = tokio::time::timeout(READING, read_bounded(answer, LARGEST_ANSWER)).await;
        let said = said.ok().and_then(Result::ok).unwrap_or_default();
        Err(refusal(status, &headers, &said, self.redactor))
    }

    /// Runs a command. Of what it prints a bounded part is shown.
    async fn run(
        &self,
        hook: &Hook,
        command: &str,
        told: Vec<(&'static str, String)>,
        timeout: Duration,
        several: bool,
    ) -> Result<(), String> {
        let child = Child {
            command,
            home: self.home,
            inherited: self.child_env,
            told,
            timeout,
        };
        let app = format!("line {}", hook.line);
        let room = Cell::new((MOST_LINES, MOST_BYTES));
        let left_out = Cell::new(0_u64);
        let ended = child.run(|line| {
            let (lines, bytes) = room.get();
            if lines == 0 || line.len() > bytes {
                room.set((0, 0));
                left_out.set(left_out.get() + 1);
                return;
            }
            room.set((lines - 1, bytes - line.len()));
            self.journal.emit(Event::Output {
                source: OutputSource::Notify,
                stage: "notify".to_owned(),
                app: app.clone(),
                several,
                line,
            });
        });
        let ended = ended.await;
        if left_out.get() > 0 {
            let lines = units::count(left_out.get(), "line", "lines");
            let name = self.name(hook);
            self.journal
                .note(format!("{lines} more that {name} printed are not shown"));
        }
        if ended.ok() {
            Ok(())
        } else {
            Err(ended.words())
        }
    }
}

/// What is said of a request that takes too long.
fn late(limit: Duration) -> String {
    format!("there was no answer within {}", units::duration(limit))
}

/// How long a hook may take.
fn limit(hook: &Hook, until: Option<Instant>) -> Duration {
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    left.map_or(hook.timeout, |left| left.min(hook.timeout))
}

/// Why a server did not take what it was sent, in one line.
fn refusal(
    status: StatusCode,
    headers: &header::HeaderMap,
    said: &[u8],
    redactor: &Redactor,
) -> String {
    if status.is_redirection() {
        return format!("it answered {status}, and redirects are not followed");
    }
    // Redacted before it is cut: a cut could leave half of a secret.
    let said = String::from_utf8_lossy(said);
    let said = redactor.clean(&said);
    let parsed = serde_json::from_str(&said).ok();
    let said = error_message(parsed.as_ref(), said.as_bytes(), headers, status);
    format!("it answered {}: {said}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_shows_why_and_no_secret() {
        let redactor = Redactor::new(["/services/T0AB/B0CD/abcdefgh"]);
        let why = |status: u16, said: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            refusal(
                status,
                &header::HeaderMap::new(),
                said.as_bytes(),
                &redactor,
            )
        };
        for (status, said, expected) in [
            (400, "invalid_payload", "it answered 400: invalid_payload"),
            (500, "", "it answered 500: Internal Server Error"),
            (403, r#"{"error": "no"}"#, "it answered 403: no"),
            (
                302,
                "https://elsewhere.example.com/",
                "it answered 302 Found, and redirects are not followed",
            ),
            (
                404,
                "cannot POST /services/T0AB/B0CD/abcdefgh",
                "it answered 404: cannot POST ***",
            ),
        ] {
            assert_eq!(why(status, said), expected);
        }
    }

    #[test]
    fn no_hook_takes_longer_than_the_run_has() {
        let hook = |seconds| Hook {
            action: Action::Run("true".to_owned()),
            on: Vec::new(),
            timeout: Duration::from_secs(seconds),
            line: 1,
        };
        let now = Instant::now();
        assert_eq!(limit(&hook(30), None), Duration::from_secs(30));
        let later = now + Duration::from_hours(1);
        assert_eq!(limit(&hook(30), Some(later)), Duration::from_secs(30));
        let soon = now + Duration::from_secs(3);
        assert!(limit(&hook(30), Some(soon)) <= Duration::from_secs(3));
        assert_eq!(limit(&hook(30), Some(now)), Duration::ZERO);
    }
}
