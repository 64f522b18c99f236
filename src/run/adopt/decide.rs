//! What to do about existing work: pure decisions from the newest builds and releases of an app.

use std::time::Duration;

use jiff::Timestamp;

use crate::{
    platform::{
        Artifact, Content,
        types::{Build, BuildStatus, Release, ReleaseStatus},
    },
    units,
};

/// What to do about a build.
#[derive(Clone, Debug)]
pub enum Start {
    /// Make one. These are there already.
    Fresh {
        /// Their ids.
        before: Vec<String>,
    },
    /// Follow this one: it is of the same content and pending.
    Follow(Build),
    /// Take this one: it is of the same content and succeeded.
    Take(Build),
    /// Wait until this one is over: it is of other content, or of unknown content.
    Wait(Build),
}

/// How the first app gets content that it does not run.
#[derive(Clone, Debug)]
pub struct BuildPlan {
    /// What to do about its build.
    pub start: Start,
    /// What to do about it once what is waited for is over; the same where nothing is.
    pub then: Start,
    /// What to do about the release of a build that is taken.
    pub taken: Option<AdoptedRelease>,
    /// What the app will run, if that is there already.
    pub artifact: Option<Artifact>,
}

impl BuildPlan {
    /// Nothing is built: this is released.
    pub fn of(artifact: Artifact) -> Self {
        let start = Start::Fresh { before: Vec::new() };
        Self {
            then: start.clone(),
            start,
            taken: None,
            artifact: Some(artifact),
        }
    }
}

/// What to do about the release of a build that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptedRelease {
    /// The release, of this version, is used as it is.
    AsItIs(u64),
    /// What the build made is released again. The version is that of its earlier release, if there was one.
    Again(Option<u64>),
}

/// What to do about the release of a build that is taken, and what that release runs; given the newest releases of its
/// app, newest first.
pub(super) fn taken(
    build: &Build,
    releases: &[Release],
    is_stuck: impl Fn(&Release) -> bool,
) -> (AdoptedRelease, Option<Artifact>) {
    let of_build = release_of(build, releases);
    let of_release = || of_build.and_then(|release| release.artifact.as_ref());
    let artifact = build.artifact.as_ref().or_else(of_release);
    // A run that was cut off may have released it again already.
    let again = releases.first().filter(|newest| {
        artifact.is_some()
            && newest.artifact.as_ref() == artifact
            && match newest.status {
                ReleaseStatus::Pending => !is_stuck(newest),
                ReleaseStatus::Succeeded => true,
                _ => false,
            }
    });
    let usable = of_build.filter(|release| is_usable(release, is_stuck(release)));
    let taken = match usable.or(again) {
        Some(release) => AdoptedRelease::AsItIs(release.at.version),
        None => AdoptedRelease::Again(of_build.map(|release| release.at.version)),
    };
    (taken, artifact.cloned())
}

/// The release that was made of a build, among an app's releases.
pub(super) fn release_of<'r>(build: &Build, releases: &'r [Release]) -> Option<&'r Release> {
    releases.iter().find(|release| match &build.release {
        Some(id) => *id == release.at.id,
        None => release.artifact.is_some() && release.artifact == build.artifact,
    })
}

/// Whether the release of a build has expired: what it runs is gone, and can't be released again.
pub(super) fn has_expired(build: &Build, releases: &[Release]) -> bool {
    release_of(build, releases).is_some_and(|release| release.status == ReleaseStatus::Expired)
}

/// Whether the release of a build can be taken as it is. It can't if it failed, never ends, or was replaced by another.
pub(in crate::run) fn is_usable(release: &Release, is_stuck: bool) -> bool {
    match release.status {
        ReleaseStatus::Succeeded => release.current != Some(false),
        ReleaseStatus::Failed | ReleaseStatus::Expired => false,
        ReleaseStatus::Pending | ReleaseStatus::Other(_) => !is_stuck,
    }
}

/// Decides what to do about a build of this content, given the newest builds and releases of the app, newest first. A pending
/// build that is older than `stale` will never end, so it blocks nothing.
pub(super) fn start(
    builds: &[Build],
    releases: &[Release],
    content: &Content,
    force: bool,
    now: Timestamp,
    stale: Duration,
) -> Start {
    let alive = |build: &&Build| {
        build.status == BuildStatus::Pending && is_younger(build.created_at, now, stale)
    };
    let same = |build: &&Build| !force && content.built(build);
    let mut pending = builds.iter().filter(alive);
    if let Some(ours) = pending.clone().find(same) {
        return Start::Follow(ours.clone());
    }
    if let Some(other) = pending.next() {
        return Start::Wait(other.clone());
    }
    let is_there =
        |build: &&Build| build.status == BuildStatus::Succeeded && !has_expired(build, releases);
    match builds.iter().filter(is_there).find(same) {
        Some(ours) => Start::Take(ours.clone()),
        None => Start::Fresh {
            before: builds.iter().map(|build| build.id.clone()).collect(),
        },
    }
}

/// Whether what was made at this time is younger than `limit`, as far as anybody knows. A clock that is ahead makes it no
/// older.
pub(super) fn is_younger(created_at: Option<Timestamp>, now: Timestamp, limit: Duration) -> bool {
    created_at.is_none_or(|at| {
        // A negative age is none.
        !Duration::try_from(now.duration_since(at)).is_ok_and(|age| age >= limit)
    })
}

/// A build or a release that holds an app, in words: `build 01234567 of 1a2b3c4 by ada@example.com, 3m old`.
pub(super) fn holder(what: &str, user: Option<&str>, created_at: Option<Timestamp>) -> String {
    let by = user.map_or(String::new(), |user| format!(" by {user}"));
    let age = created_at
        .and_then(|at| Duration::try_from(Timestamp::now().duration_since(at)).ok())
        .map_or(String::new(), |age| format!(", {} old", units::whole(age)));
    format!("{what}{by}{age}")
}

/// A build that holds an app, in words.
pub(in crate::run) fn build_name(build: &Build) -> String {
    let of = build.made_of.version.as_deref().map(units::short_version);
    let of = of.map_or(String::new(), |version| format!(" of {version}"));
    let what = format!("build {}{of}", units::short_id(&build.id));
    holder(&what, build.user.as_deref(), build.created_at)
}

#[cfg(test)]
mod tests;
