//! Work already on the platform, from a run that was cut off or from someone else: the same source is adopted; the run
//! waits for other work to end.

mod decide;

use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

pub(super) use decide::{AdoptedRelease, BuildPlan, Start, build_name, is_usable};
use decide::{holder, is_younger, start, taken};

use super::{
    Run,
    facts::{Facts, current},
    plan::is_live,
    wait::{NoVerdict, Poll},
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::Error,
    journal::{Fact, WaitGuard},
    platform::{
        Artifact, Content,
        types::{App, Build, BuildStatus, Release, ReleaseStatus},
    },
    units,
};

/// How many of the newest builds are looked at.
pub(super) const NEWEST: usize = 10;

/// An app without a running release phase.
pub(super) enum IdleApp {
    /// A release of the wanted artifact is there already: it is adopted.
    Adopted(Box<Release>),
    /// Its newest release has this version; 0 if there is none. What is made now comes after it.
    Newest(u64),
}

impl Run<'_> {
    /// How the first app gets this content; `None` if it runs it already. A run that only asks waits for nothing.
    pub(super) async fn begin(
        &self,
        facts: &Facts,
        content: &Content,
        force: bool,
        only_asks: bool,
    ) -> Result<Option<BuildPlan>, Failure> {
        let Some(first) = facts.stages.first().and_then(|apps| apps.first()) else {
            return Ok(None);
        };
        let live = first.live.as_ref();
        if !force && live.is_some_and(|live| is_live(live, content)) {
            return Ok(None);
        }
        let builds = self.newest_builds(&first.app, only_asks).await?;
        let releases = &first.releases;
        let start = self.start_of(&builds, releases, content, force);
        let then = match &start {
            Start::Wait(_) => {
                let mut over = builds;
                over.retain(|build| build.status != BuildStatus::Pending);
                self.start_of(&over, releases, content, force)
            }
            start => start.clone(),
        };
        let is_stuck = |release: &Release| self.is_stuck(release);
        let (taken, artifact) = match &then {
            Start::Take(build) => {
                let (taken, artifact) = taken(build, releases, is_stuck);
                (Some(taken), artifact)
            }
            _ => (None, None),
        };
        Ok(Some(BuildPlan {
            start,
            then,
            taken,
            artifact,
        }))
    }

    pub(super) async fn newest_builds(
        &self,
        app: &App,
        only_asks: bool,
    ) -> Result<Vec<Build>, Failure> {
        let budget = self.retry_budget();
        let builds = if only_asks {
            self.platform.builds_now(app, NEWEST, budget).await
        } else {
            self.platform.builds(app, NEWEST, budget).await
        };
        builds.map_err(|e| self.cannot_read(&format!("reading the builds of {}", app.name), &e))
    }

    fn start_of(
        &self,
        builds: &[Build],
        releases: &[Release],
        content: &Content,
        force: bool,
    ) -> Start {
        let (now, stale) = (
            self.platform.services().api.now(),
            self.config.build.timeout,
        );
        start(builds, releases, content, force, now, stale)
    }

    /// What to do about a build of this content, once no other build or release holds the app. `start` is what was to be
    /// done when the plan was made.
    pub(super) async fn start(
        &self,
        app: &App,
        content: &Content,
        force: bool,
        mut start: Start,
    ) -> Result<Start, Failure> {
        let stale = self.config.build.timeout;
        let began = Instant::now();
        loop {
            match start {
                Start::Wait(other) => {
                    let what = build_name(&other);
                    let left = stale.saturating_sub(began.elapsed());
                    self.until_free(app, &what, left, async |budget| {
                        let build = self.platform.build(app, &other.id, budget).await?;
                        Ok(build.status != BuildStatus::Pending)
                    })
                    .await?;
                }
                Start::Fresh { before } => {
                    self.no_pending_release(app, None, None).await?;
                    return Ok(Start::Fresh { before });
                }
                start => return Ok(start),
            }
            let builds = self.newest_builds(app, false).await?;
            let releases = self.read_releases(app, NEWEST).await?;
            start = self.start_of(&builds, &releases, content, force);
        }
    }

    /// Waits until no release phase runs on an app. If the newest release is of this artifact, returns it at once, to be
    /// adopted. A release that has been pending for longer than any may take will never end, so it blocks nothing. `newest`
    /// is the newest release, if it has been read.
    pub(super) async fn no_pending_release(
        &self,
        app: &App,
        artifact: Option<&Artifact>,
        newest: Option<&Release>,
    ) -> Result<IdleApp, Failure> {
        let releases = match newest {
            Some(newest) => vec![newest.clone()],
            None => self.read_releases(app, NEWEST).await?,
        };
        let live = current(&releases).map(Release::record);
        let Some(release) = releases.into_iter().next() else {
            return Ok(IdleApp::Newest(0));
        };
        let version = release.at.version;
        let free = || {
            // It may be another than when the plan was made.
            let replaced = Fact::Replaces(app.name.clone(), live);
            self.journal.record(replaced);
            Ok(IdleApp::Newest(version))
        };
        if release.status == ReleaseStatus::Pending && self.is_stuck(&release) {
            return free();
        }
        // One that has succeeded since the plan was made is as good.
        let is_good = matches!(
            release.status,
            ReleaseStatus::Pending | ReleaseStatus::Succeeded
        );
        if is_good && artifact.is_some() && release.artifact.as_ref() == artifact {
            return Ok(IdleApp::Adopted(Box::new(release)));
        }
        if release.status != ReleaseStatus::Pending || !self.about().pending_release_blocks {
            return free();
        }
        let what = format!("release {}", release.at);
        let what = holder(&what, release.user.as_deref(), release.created_at);
        self.until_free(app, &what, self.release_deadline(), async |budget| {
            let release = self.platform.release(app, &release.at.id, budget).await?;
            Ok(release.status != ReleaseStatus::Pending)
        })
        .await?;
        Ok(IdleApp::Newest(version))
    }

    /// Whether a release that has not ended is so old that it never will.
    pub(super) fn is_stuck(&self, release: &Release) -> bool {
        !is_younger(
            release.created_at,
            self.platform.services().api.now(),
            self.release_deadline(),
        )
    }

    /// The newest release of an app, if it is pending and would replace this one with other code.
    pub(super) fn on_its_way<'r>(
        &self,
        releases: &'r [Release],
        replaces: &Release,
    ) -> Option<&'r Release> {
        let newest = releases.first().filter(|newest| {
            newest.status == ReleaseStatus::Pending
                && newest.artifact.is_some()
                && newest.artifact != replaces.artifact
        });
        newest.filter(|newest| self.about().pending_release_blocks && !self.is_stuck(newest))
    }

    /// Waits until somebody else's release has ended, or is so old that it never will.
    pub(super) async fn until_it_ends(&self, app: &App, release: &Release) -> Result<(), Failure> {
        let what = format!("release {}", release.at);
        let what = holder(&what, release.user.as_deref(), release.created_at);
        let limit = self.release_deadline();
        let over = async |budget| {
            let release = self.platform.release(app, &release.at.id, budget).await?;
            Ok(release.status != ReleaseStatus::Pending)
        };
        let then = "the run goes on without it";
        match self.until_over(app, &what, limit, then, over).await {
            Ok(()) | Err(NoVerdict::Deadline(_)) => Ok(()),
            Err(NoVerdict::Lost(error)) => {
                Err(self.cannot_read(&format!("waiting for {what} on {}", app.name), &error))
            }
        }
    }

    /// Waits until other work on an app is over, as `over` sees it.
    async fn until_over(
        &self,
        app: &App,
        what: &str,
        limit: Duration,
        then: &str,
        over: impl AsyncFn(Duration) -> Result<bool, Error>,
    ) -> Result<(), NoVerdict> {
        let waiting = format!("{what}, which {} is busy with", app.name);
        let waiting = WaitGuard::announce(self.journal, &waiting, None, limit, then);
        let nothing = watch::channel(None).0;
        let look = async |budget: Duration| {
            Ok(if over(budget).await? {
                Poll::Done(())
            } else {
                let word = "pending".to_owned();
                Poll::Pending { word, output: None }
            })
        };
        self.poll(waiting, &nothing, &Notify::new(), look).await
    }

    /// Waits until other work on an app is over, before this run continues there.
    async fn until_free(
        &self,
        app: &App,
        what: &str,
        limit: Duration,
        over: impl AsyncFn(Duration) -> Result<bool, Error>,
    ) -> Result<(), Failure> {
        let waiting = format!("{what} on {}", app.name);
        let then = format!("the run ends, with nothing started on {}", app.name);
        let free = self.until_over(app, what, limit, &then, over).await;
        if free.is_ok() {
            // What it made is what this run replaces.
            let releases = self.read_releases(app, NEWEST).await?;
            let replaced = current(&releases).map(Release::record);
            self.journal
                .record(Fact::Replaces(app.name.clone(), replaced));
        }
        free.map_err(|none| match none {
            NoVerdict::Lost(error) => self.cannot_read(&format!("waiting for {waiting}"), &error),
            NoVerdict::Deadline(_) => {
                let exit = if self.journal.changed() {
                    Exit::Refused
                } else {
                    Exit::TryAgain
                };
                let limit = units::whole(limit);
                Failure::new(
                    exit,
                    format!("{} was still busy with {what} after {limit}", app.name),
                )
                .state(format!("nothing was started on {}", app.name))
                .next("safe to run again once it is over")
            }
        })
    }
}
