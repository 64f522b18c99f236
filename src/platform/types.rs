//! The types of the platform's operations. Statuses that this version does not know are kept, never treated as success.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use url::Url;

use super::{Artifact, Provenance, Tarball};
pub use crate::model::{BuildStatus, CheckState, ReleaseStatus, TargetStatus};
use crate::{
    http::SecretUrl,
    journal::record::{BuildRecord, ReleaseRecord},
    model::ReleaseRef,
};

/// An archive where a build can fetch it.
#[derive(Clone, Debug)]
pub struct Uploaded {
    /// Where it is fetched.
    pub get: SecretUrl,
    /// Where it was put, and can be overwritten while that address is good.
    pub put: Option<SecretUrl>,
}

/// An app.
#[derive(Clone, Debug)]
pub struct App {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its own address.
    pub web_url: Option<Url>,
    /// Whether it is in maintenance mode.
    pub maintenance: bool,
    /// What new builds of it are for, where it has a stack of its own: `heroku-24`.
    pub stack: Option<String>,
    /// What it can run, where apps of the platform differ in that and it is known.
    pub runs: Option<Runs>,
}

/// What an app can run. What one kind of apps runs another can't.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Slugs.
    Slugs,
    /// Images that the platform builds with Cloud Native Buildpacks.
    BuiltImages,
    /// Container images, which can't be promoted.
    Containers,
}

impl Runs {
    /// What the platform calls such an app: `a Fir app`.
    pub fn called(self) -> &'static str {
        match self {
            Self::Slugs => "a Cedar app",
            Self::BuiltImages => "a Fir app",
            Self::Containers => "a container app",
        }
    }
}

/// The buildpacks of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Buildpacks {
    /// In order, by registry name or URL; none where the platform finds out what fits.
    Set(Vec<String>),
    /// It has none: what it runs brings all that it was built with. This is what it is: `a Fir app`.
    Unused(&'static str),
}

/// What lets the code that ran before a release answer beside the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// What the platform calls it.
    pub by: &'static str,
    /// For how long after a release.
    pub lasts: Duration,
}

/// A pipeline.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// An app's place in a pipeline.
#[derive(Clone, Debug)]
pub struct Coupling {
    /// The app's id.
    pub app: String,
    /// The stage.
    pub stage: String,
    /// The status checks that must be green on a release before it is promoted to the app.
    pub required_checks: Vec<String>,
}

/// What to build.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// Where the source is.
    pub source: SecretUrl,
    /// SHA-256 of the archive, lower-case hex, if it is known.
    pub sha256: Option<String>,
    /// The version, unique to the content.
    pub version: String,
    /// The commit that it was made from, if it is known.
    pub commit: Option<String>,
    /// Where the run that asks for it can be looked at, if it runs in CI.
    pub description: Option<String>,
    /// Names or URLs of buildpacks; empty means that the platform decides.
    pub buildpacks: Vec<String>,
    /// The ids of the app's newest builds before this one: what else has this version is this one.
    pub before: Vec<String>,
}

impl BuildRequest {
    /// Whether a build is the one that was asked for.
    pub fn made(&self, build: &Build) -> bool {
        let Provenance { version, sha256 } = &build.made_of;
        let differs =
            matches!((sha256, &self.sha256), (Some(theirs), Some(ours)) if theirs != ours);
        version.as_ref() == Some(&self.version) && !differs && !self.before.contains(&build.id)
    }
}

/// A slug that was made elsewhere.
#[derive(Clone, Copy)]
pub struct SlugRequest<'a> {
    /// The slug in its file.
    pub tarball: Tarball<'a>,
    /// SHA-256 of the file, lower-case hex.
    pub sha256: &'a str,
    /// Where the run can be looked at, if it runs in CI.
    pub description: Option<&'a str>,
    /// The commands of its process types, by name.
    pub process_types: &'a BTreeMap<String, String>,
}

/// A build.
#[derive(Clone, Debug)]
pub struct Build {
    /// The platform's id.
    pub id: String,
    /// How it stands.
    pub status: BuildStatus,
    /// Where its output is.
    pub output: Option<SecretUrl>,
    /// The release that it made.
    pub release: Option<String>,
    /// What it made.
    pub artifact: Option<Artifact>,
    /// What it is made of.
    pub made_of: Provenance,
    /// Who asked for it.
    pub user: Option<String>,
    /// When it was asked for.
    pub created_at: Option<Timestamp>,
}

/// A release.
#[derive(Clone, Debug)]
pub struct Release {
    /// Its id and version.
    pub at: ReleaseRef,
    /// How it stands.
    pub status: ReleaseStatus,
    /// Whether it is what the app runs; `None` if the platform does not say.
    pub current: Option<bool>,
    /// What it runs, if it runs anything and the platform says what.
    pub artifact: Option<Artifact>,
    /// Where the output of its release phase is; `None` if it has none.
    pub output: Option<SecretUrl>,
    /// What the platform says of it: `Deploy 1a2b3c4`, `Rollback to v3`.
    pub description: String,
    /// Who made it.
    pub user: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// A slug: what a build makes and a release runs.
#[derive(Clone, Debug)]
pub struct Slug {
    /// The platform's id.
    pub id: String,
    /// The version of the source that it was made of.
    pub version: Option<String>,
    /// How many bytes its file has.
    pub bytes: Option<u64>,
    /// SHA-256 of its file, lower-case hex.
    pub sha256: Option<String>,
    /// What built it.
    pub buildpack: Option<String>,
    /// Its process types and their commands.
    pub process_types: BTreeMap<String, String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// Where its file is, for a while.
    pub file: Option<SecretUrl>,
}

impl Build {
    /// The build as the record has it.
    pub fn record(&self) -> BuildRecord {
        BuildRecord {
            id: self.id.clone(),
            status: self.status.clone(),
        }
    }
}

impl Release {
    /// The release as the record has it.
    pub fn record(&self) -> ReleaseRecord {
        ReleaseRecord::new(&self.at, &self.status)
    }

    /// Whether another release runs the same code, as far as the platform says.
    pub fn runs_what(&self, other: &Self) -> bool {
        self.artifact.is_some() && self.artifact == other.artifact
    }
}

/// What to promote.
#[derive(Clone, Debug)]
pub struct PromotionRequest {
    /// The pipeline's id.
    pub pipeline: String,
    /// The app that it comes from: its id.
    pub source: String,
    /// The release that is promoted: its id.
    pub release: String,
    /// The apps that it goes to, as they stand before it.
    pub targets: Vec<Mark>,
    /// Whether targets must have the config vars of the source, where the platform can see to that.
    pub safe: bool,
}

/// A promotion.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// The platform's id; `None` if it was found by what it made only.
    pub id: Option<String>,
    /// The release that the platform says it promotes, if it says so.
    pub release: Option<String>,
    /// What it is known by where the platform's own word on its targets can't be relied on.
    pub marks: Vec<Mark>,
    /// The platform gave up on it half-way: a target without a release will not get one.
    pub given_up: bool,
}

/// How a promotion's target stood before it.
#[derive(Clone, Debug)]
pub struct Mark {
    /// The target.
    pub app: App,
    /// The version of its newest release; 0 if there was none.
    pub newest: u64,
    /// What it is to get, if that is known.
    pub artifact: Option<Artifact>,
}

/// A target of a promotion.
#[derive(Clone, Debug)]
pub struct Target {
    /// The app's id.
    pub app: String,
    /// The release that it got; `None` for a while.
    pub release: Option<String>,
    /// How it stands.
    pub status: TargetStatus,
    /// Why it failed.
    pub error: Option<String>,
}

/// A status check on a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCheck {
    /// What it is known by.
    pub context: String,
    /// How it stands.
    pub state: CheckState,
    /// The reporter's description of it.
    pub description: Option<String>,
}

/// A status check to report.
#[derive(Clone, Copy, Debug)]
pub struct StatusReport<'a> {
    /// What it is known by.
    pub context: &'a str,
    /// What people call it.
    pub name: &'a str,
    /// How it stands.
    pub state: &'a CheckState,
    /// What there is to say of it.
    pub description: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_kept() {
        assert_eq!(BuildStatus::read("succeeded"), BuildStatus::Succeeded);
        assert_eq!(ReleaseStatus::read("queued").word(), "queued");
        assert_ne!(TargetStatus::read("successful"), TargetStatus::Succeeded);
    }
}
