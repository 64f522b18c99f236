//! The log of one build or one release, from its start to its end: an old one, or one that is still written.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::sync::{Notify, watch};

use super::{
    Run,
    failures::still_pending,
    follow::{Origin, OutputEnd},
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::{Error, SecretUrl},
    journal::event::OutputSource,
    platform::types::{App, BuildStatus, ReleaseStatus},
};

/// How often the build or release is polled while its log is silent.
const LOOK: Duration = Duration::from_secs(10);

/// What has a log.
#[derive(Clone, Copy)]
pub enum Of<'a> {
    /// A build, by its id.
    Build(&'a str),
    /// A release, by its id.
    Release(&'a str),
}

/// How something with a log stands.
struct Look {
    ended: bool,
    word: String,
    at: Option<SecretUrl>,
}

impl Run<'_> {
    /// Shows a log to its end. `first` is where it is, `shown` counts the lines that were shown. Fails if its end was not
    /// seen.
    pub async fn show_log(
        &self,
        app: &App,
        of: Of<'_>,
        first: Option<SecretUrl>,
        shown: &AtomicU64,
    ) -> Result<(), Failure> {
        let (source, what, place, limit) = match of {
            Of::Build(id) => (
                OutputSource::Build,
                format!("build {id} of {}", app.name),
                self.about().build_output,
                self.config.build.timeout,
            ),
            Of::Release(id) => (
                OutputSource::Release,
                format!("release {id} of {}", app.name),
                self.about().release_output,
                self.about().release_deadline,
            ),
        };
        let origin = Origin {
            source,
            stage: String::new(),
            app: app.name.clone(),
            several: false,
        };
        let (url, urls) = watch::channel(first);
        let stream_ended = Notify::new();
        let over = OutputEnd::default();
        let watching = async {
            let mut before = 0;
            loop {
                let at_its_end = tokio::select! {
                    () = stream_ended.notified() => true,
                    () = tokio::time::sleep(self.pacing().of(LOOK)) => false,
                };
                let now = shown.load(Ordering::Relaxed);
                let silent = std::mem::replace(&mut before, now) == now;
                match self.log_look(app, of).await {
                    // The end of the log is still shown.
                    Ok(look) if look.ended && (at_its_end || silent) => {
                        over.decided();
                        return Ok(());
                    }
                    Ok(look) => {
                        if let Some(at) = look.at {
                            url.send_replace(Some(at));
                        }
                    }
                    Err(error) => {
                        over.abandoned();
                        return Err(self.cannot_read(&format!("looking at {what}"), &error));
                    }
                }
            }
        };
        let renew = async || self.log_look(app, of).await.ok().and_then(|look| look.at);
        let following = self.follow(origin, urls, &stream_ended, &over, renew);
        let both = async { tokio::join!(watching, following) };
        let Ok((watched, followed)) = tokio::time::timeout(limit, both).await else {
            let look = self.log_look(app, of).await;
            let word = look.map_or_else(|_| "unknown".to_owned(), |look| look.word);
            return Err(still_pending(&what, &crate::units::duration(limit), &word));
        };
        watched?;
        if followed.whole {
            if shown.load(Ordering::Relaxed) == 0 {
                self.journal.warn(format!(
                    "there is no output of {what}: it wrote none, or the platform keeps it no longer"
                ));
            }
            return Ok(());
        }
        Err(Failure::new(
            Exit::Unknown,
            format!("the log of {what} is not shown in full"),
        )
        .state("nothing was changed on the platform")
        .next(format!(
            "see all of it with {}",
            place.replace("APP", &app.name)
        )))
    }

    async fn log_look(&self, app: &App, of: Of<'_>) -> Result<Look, Error> {
        let budget = self.retry_budget();
        Ok(match of {
            Of::Build(id) => {
                let build = self.platform.build(app, id, budget).await?;
                Look {
                    ended: matches!(build.status, BuildStatus::Succeeded | BuildStatus::Failed),
                    word: build.status.word().to_owned(),
                    at: build.output,
                }
            }
            Of::Release(id) => {
                let release = self.platform.release(app, id, budget).await?;
                let pending = matches!(
                    release.status,
                    ReleaseStatus::Pending | ReleaseStatus::Other(_)
                );
                Look {
                    ended: !pending,
                    word: release.status.word().to_owned(),
                    at: release.output,
                }
            }
        })
    }
}
