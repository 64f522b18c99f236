//! The checks on a stage. Each check is done for every app of the stage before the next one begins.

use std::{
    process::Stdio,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
};

use super::{Run, plan::check_name, release::Place, wait::Shown};
use crate::{
    config::{Check, HttpCheck, HttpTarget, RunCheck},
    event::{Event, OutputSource},
    exit::Exit,
    failure::Failure,
    platform::{
        Platform,
        answer::{from_reqwest, read_bounded},
        lines::Lines,
        types::Release,
    },
    record::{AppOutcome, CheckRecord},
};

/// How long one try of an HTTP check may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a body is searched for the wanted text.
const LARGEST_BODY: usize = 1 << 20;

/// An app to check, with the release that it runs.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) place: Place<'a>,
    pub(super) release: &'a Release,
}

/// How a check went.
struct Outcome {
    ok: bool,
    attempts: u32,
    seen: String,
    took: Duration,
}

impl<P: Platform> Run<'_, P> {
    /// Does the checks of a stage on its apps.
    pub(super) async fn verify(
        &self,
        checks: &[Check],
        subjects: &[Subject<'_>],
    ) -> Result<(), Failure> {
        for (at, check) in checks.iter().enumerate() {
            let name = check_name(check);
            let results = match check {
                Check::Http(http) => {
                    join_all(subjects.iter().map(|subject| {
                        self.told(&name, subject.place, self.http_check(&name, http, *subject))
                    }))
                    .await
                }
                Check::Run(command) => {
                    // Commands share a directory, so they run one after the other.
                    let mut results = Vec::new();
                    for subject in subjects {
                        let check = self.run_check(&name, command, *subject);
                        results.push(self.told(&name, subject.place, check).await);
                    }
                    results
                }
            };
            let verdict = check_verdict(&name, subjects, &results);
            if verdict.is_err() && at + 1 == checks.len() {
                self.note_verified(subjects);
            }
            verdict?;
        }
        self.note_verified(subjects);
        Ok(())
    }

    /// Notes that there is no check left for those apps that passed them all.
    fn note_verified(&self, subjects: &[Subject<'_>]) {
        for Subject { place, .. } in subjects {
            self.ledger.app(place.stage_at, place.app_at, |app| {
                if app.outcome == AppOutcome::Unverified {
                    app.outcome = AppOutcome::Succeeded;
                }
            });
        }
    }

    /// Does a check on one app, and tells and records how it went as soon as it has ended.
    async fn told(
        &self,
        name: &str,
        place: Place<'_>,
        check: impl Future<Output = Outcome>,
    ) -> Outcome {
        self.events.emit(Event::CheckStarted {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            check: name.to_owned(),
        });
        let outcome = check.await;
        let Outcome {
            ok,
            attempts,
            ref seen,
            took,
        } = outcome;
        self.ledger.app(place.stage_at, place.app_at, |app| {
            app.checks.push(CheckRecord {
                check: name.to_owned(),
                ok,
                attempts,
                seen: seen.clone(),
                seconds: took.as_secs_f64(),
            });
        });
        if !ok {
            let error = Some(format!("check {name} failed: {seen}"));
            self.ledger
                .end(place.stage_at, place.app_at, AppOutcome::Failed, error);
        }
        self.events.emit(Event::CheckFinished {
            stage: place.stage.to_owned(),
            app: place.app.name.clone(),
            check: name.to_owned(),
            ok,
            attempts,
            seen: seen.clone(),
            took,
        });
        outcome
    }

    async fn http_check(&self, name: &str, check: &HttpCheck, subject: Subject<'_>) -> Outcome {
        let began = Instant::now();
        let place = subject.place;
        let gone = |seen: String| Outcome {
            ok: false,
            attempts: 0,
            seen,
            took: began.elapsed(),
        };
        let url = match &check.target {
            HttpTarget::Url(url) => url.clone(),
            HttpTarget::Path(path) => match &place.app.web_url {
                // Below the address, not in its place: it may have a path of its own.
                Some(base) => {
                    match format!("{}{path}", base.as_str().trim_end_matches('/')).parse() {
                        Ok(url) => url,
                        Err(e) => return gone(format!("the address is not valid: {e}")),
                    }
                }
                None => return gone("the platform gives no web_url for this app".to_owned()),
            },
        };
        let client = match self.platform.http().client_for(&url) {
            Ok(client) => client,
            Err(why) => return gone(why),
        };
        let what = format!("{name} on {}", place.app.name);
        let _shown = Shown::begin(self.events, &what, check.within);
        let (mut attempts, mut in_a_row) = (0, 0);
        let (ok, seen) = loop {
            attempts += 1;
            let left = check.within.saturating_sub(began.elapsed());
            let limit = TRY_TIMEOUT.min(left.max(Duration::from_secs(1)));
            let (ok, seen) = once(&client, &url, check, limit).await;
            in_a_row = if ok { in_a_row + 1 } else { 0 };
            if in_a_row >= check.successes {
                break (true, seen);
            }
            if began.elapsed() + check.every > check.within {
                let within = crate::units::duration(check.within);
                let seen = if ok {
                    format!(
                        "{seen}, but only {in_a_row} of {} times in a row within {within}",
                        check.successes
                    )
                } else {
                    format!("{seen}, after {attempts} tries within {within}")
                };
                break (false, seen);
            }
            self.events.emit(Event::CheckTried {
                stage: place.stage.to_owned(),
                app: place.app.name.clone(),
                check: name.to_owned(),
                attempt: attempts,
                seen,
            });
            tokio::time::sleep(check.every).await;
        };
        Outcome {
            ok,
            attempts,
            seen,
            took: began.elapsed(),
        }
    }

    async fn run_check(&self, name: &str, check: &RunCheck, subject: Subject<'_>) -> Outcome {
        let began = Instant::now();
        let Subject { place, release } = subject;
        let mut command = shell(&check.command);
        let web_url = place.app.web_url.as_ref().map(ToString::to_string);
        command
            .env_clear()
            .envs(self.child_env.iter().map(|(key, value)| (key, value)))
            .env("LAUNCHWAY_APP", &place.app.name)
            .env("LAUNCHWAY_STAGE", place.stage)
            .env("LAUNCHWAY_URL", web_url.unwrap_or_default())
            .env("LAUNCHWAY_RELEASE", release.at.to_string())
            .env("LAUNCHWAY_RELEASE_ID", &release.at.id)
            .current_dir(self.home())
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
        let shown = Shown::begin(self.events, &what, check.timeout);
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
                self.events.emit(Event::Output {
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

/// Whether a check held for every app of its stage.
fn check_verdict(name: &str, subjects: &[Subject<'_>], results: &[Outcome]) -> Result<(), Failure> {
    let failed = subjects.iter().zip(results).filter(|(_, seen)| !seen.ok);
    let detail: Vec<_> = failed
        .map(|(subject, seen)| format!("{}: {}", subject.place.app.name, seen.seen))
        .collect();
    if detail.is_empty() {
        return Ok(());
    }
    let stage = subjects.first().map_or("", |subject| subject.place.stage);
    Err(Failure::new(
        Exit::VerificationFailed,
        format!("the check `{name}` failed in {stage}"),
    )
    .detail(detail)
    .state(format!(
        "what was released in {stage} stays; later stages were not touched"
    ))
    .next("fix forward, or release the earlier release again"))
}

/// One try of an HTTP check: whether it held, and what was seen.
async fn once(
    client: &reqwest::Client,
    url: &url::Url,
    check: &HttpCheck,
    limit: Duration,
) -> (bool, String) {
    let request = client.get(url.clone()).timeout(limit).send();
    let response = match request.await {
        Ok(response) => response,
        Err(e) => return (false, from_reqwest("", &e).message),
    };
    let status = response.status().as_u16();
    if status != check.status {
        return (false, format!("{status} instead of {}", check.status));
    }
    let Some(wanted) = &check.body else {
        return (true, status.to_string());
    };
    match read_bounded(response, LARGEST_BODY).await {
        Err(e) => (
            false,
            format!(
                "{status}, but the body broke off: {}",
                from_reqwest("", &e).message
            ),
        ),
        Ok(body) if String::from_utf8_lossy(&body).contains(wanted.as_str()) => {
            (true, format!("{status} with `{wanted}` in the body"))
        }
        Ok(_) => (
            false,
            format!("{status}, but `{wanted}` is not in the body"),
        ),
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
            // It fails if there is nobody left in the group, which is what is wanted.
            let _ = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}
