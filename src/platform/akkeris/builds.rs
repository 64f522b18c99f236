//! Builds: asked for once ([`crate::platform::once`]), and found again where the answer was lost.
//!
//! The API writes a build down before it does anything else with it, and with the build goes a name that no other has: if
//! none of that name is in the list by the end, the request made none, and it is sent once more, under the same name.
//!
//! There are two kinds of 503. The front's own says that it lost the API: the build may well be under way. The API's says
//! that the build service refused it: the build is written down and stays queued.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde_json::json;

use super::{Akkeris, wire};
use crate::{
    http::{Error, Kind, SecretUrl},
    journal::WaitGuard,
    platform::{
        Artifact,
        once::{self, Creation},
        types::{App, Build, BuildRequest},
    },
    units,
};

/// How long a build that the build service refused is watched for a sign of life. Most stay queued for ever.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// Within what time the build service takes a build up. A queued one that is older was left behind.
const TAKEN_UP_WITHIN: Duration = Duration::from_mins(1);
/// Its status until the build service takes it up.
const QUEUED: &str = "queued";

impl Akkeris {
    /// Creates a build. It carries a name of its own, by which it is found if the answer is lost.
    pub(super) async fn make_build(
        &self,
        app: &App,
        request: &BuildRequest,
    ) -> Result<Build, Error> {
        let name = unique_name();
        let mut body = json!({
            "url": request.source.expose().as_str(),
            "sha": request.commit.as_deref().unwrap_or(&request.version),
            "version": request.version,
            "message": name,
        });
        if let Some(sha256) = &request.sha256 {
            body["checksum"] = format!("sha256:{sha256}").into();
        }
        let path = format!("/apps/{}/builds", app.id);
        let send = async || {
            let json = self.create::<wire::BuildJson>(&path, &body).await?;
            Ok(self.known_build(app, json))
        };
        let find = async |budget| {
            let list: Vec<wire::BuildJson> = self.read(path.as_str(), budget).await?;
            let ours = list.into_iter().find(|json| json.message() == Some(&name));
            Ok(ours.map(|json| self.known_build(app, json)))
        };
        match once::make(&self.services, send, find).await? {
            Creation::Told(build) => Ok(build),
            Creation::Found(build, lost) => self.taken_up(app, build, lost).await,
        }
    }

    /// A build whose answer was lost, once the build service has picked it up. The API stores a build before it hands it
    /// over, so one that was never handed over exists as well, and stays queued for ever.
    async fn taken_up(&self, app: &App, build: Build, lost: Error) -> Result<Build, Error> {
        if build.status.word() != QUEUED {
            return Ok(build);
        }
        let refused = is_refusal_of_the_service(&lost);
        let limit = if refused {
            SIGN_OF_LIFE
        } else {
            TAKEN_UP_WITHIN
        };
        let id = units::short_id(&build.id);
        let within = self.services.pacing.of(limit);
        let _waiting = self.until_taken_up(app, id, within, "it counts as left behind");
        let began = Instant::now();
        let budget = self.services.pacing.budget_before();
        let path = format!("/apps/{}/builds/{}", app.id, build.id);
        let mut seen = false;
        while !seen || began.elapsed() < within {
            let look: Result<wire::BuildJson, _> = self.read_known(path.clone(), budget).await;
            // If it can't be read any more, its fate is unknown.
            let look = self.known_build(app, look.map_err(|_| lost.clone())?);
            seen = true;
            // A worker that is being scheduled may write nothing for half a minute: `pending` is life.
            if look.status.word() != QUEUED {
                return Ok(look);
            }
            self.pause().await;
        }
        Err(if refused {
            let message = format!(
                "{}; build {} was left behind and stays `{QUEUED}`: the build service did not take it",
                lost.message, build.id
            );
            Error {
                kind: Kind::Abandoned,
                message,
                ..lost
            }
        } else {
            let message = format!(
                "{}; build {} is there, and still `{QUEUED}` after {}",
                lost.message,
                build.id,
                units::whole(limit)
            );
            Error { message, ..lost }
        })
    }

    /// A wait until the build service picks up a build.
    fn until_taken_up(&self, app: &App, id: &str, limit: Duration, then: &str) -> WaitGuard<'_> {
        let what = format!("build {id} of {} to be picked up", app.name);
        let journal = &self.services.journal;
        WaitGuard::announce(journal, &what, Some(QUEUED), limit, then)
    }

    /// The newest builds of an app, newest first, once the build service has picked up each of them or has had the
    /// time to. A recent one that is queued may belong to a run that was cut off; an old one was left behind, and
    /// blocks nothing.
    pub(super) async fn builds_taken_up(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Build>, Error> {
        let limit = self.services.pacing.of(TAKEN_UP_WITHIN);
        let began = Instant::now();
        let mut waiting = None;
        loop {
            let builds = self.newest_builds(app, count, budget).await?;
            let now = self.services.api.now();
            let queued = builds.iter().find(|build| may_start(build, now, limit));
            let Some(queued) = queued.filter(|_| began.elapsed() < limit) else {
                return Ok(builds);
            };
            if waiting.is_none() {
                let id = units::short_id(&queued.id);
                let then = "it counts as left behind";
                waiting = Some(self.until_taken_up(app, id, limit, then));
            }
            self.pause().await;
        }
    }

    /// The newest builds of an app, newest first.
    pub(super) async fn newest_builds(
        &self,
        app: &App,
        count: usize,
        budget: Duration,
    ) -> Result<Vec<Build>, Error> {
        let path = format!("/apps/{}/builds", app.id);
        let list: Vec<wire::BuildJson> = self.read(path, budget).await?;
        let mut builds: Vec<Build> = list
            .into_iter()
            .map(|json| self.known_build(app, json))
            .collect();
        // They come in the order of their last change.
        builds.sort_by_key(|build| std::cmp::Reverse(build.created_at));
        builds.truncate(count);
        Ok(builds)
    }

    /// A build, with the place of its output: what the platform gives as such is wrong after a rebuild.
    pub(super) fn known_build(&self, app: &App, json: wire::BuildJson) -> Build {
        let mut output = self.services.api.base().clone();
        let base = output.path().trim_end_matches('/').to_owned();
        output.set_path(&format!("{base}/apps/{}/builds/{}/result", app.id, json.id));
        Build {
            status: json.status(),
            output: Some(SecretUrl::new(output)),
            release: None,
            artifact: Some(Artifact::Slug(json.id.clone())),
            made_of: json.made_of(),
            user: None,
            created_at: json.created_at(),
            id: json.id,
        }
    }
}

/// Whether the API says that the build service did not take a build. The front's own 503 has another text.
fn is_refusal_of_the_service(error: &Error) -> bool {
    error.kind == (Kind::Busy { status: 503 }) && error.message.starts_with("Service Unavailable")
}

/// Whether a build is queued and younger than this. A clock that is ahead makes it no older.
fn may_start(build: &Build, now: Timestamp, limit: Duration) -> bool {
    let age = |at: Timestamp| Duration::try_from(now.duration_since(at)).unwrap_or_default();
    build.status.word() == QUEUED && build.created_at.is_some_and(|at| age(at) < limit)
}

/// A name that no other run gives.
fn unique_name() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos());
    format!("launchway {now:x}-{:x}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::Provenance;
    use crate::platform::types::BuildStatus;

    #[test]
    fn a_queued_build_may_start_while_it_is_young() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        for (status, age, expected) in [
            ("queued", 0, true),
            ("queued", 59, true),
            ("queued", 60, false),
            // A clock that is ahead.
            ("queued", -5, true),
            ("pending", 0, false),
            ("succeeded", 0, false),
        ] {
            let build = Build {
                id: "b".to_owned(),
                status: BuildStatus::read(status),
                output: None,
                release: None,
                artifact: None,
                made_of: Provenance::default(),
                user: None,
                created_at: Timestamp::from_second(1_800_000_000 - age).ok(),
            };
            let found = may_start(&build, now, TAKEN_UP_WITHIN);
            assert_eq!(found, expected, "{status}, {age} s old");
        }
    }
}
