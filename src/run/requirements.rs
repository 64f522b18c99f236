//! What a stage needs besides a release. Here: status checks that its pipeline or `deploy.yaml` require. Pure.
//!
//! `look` asks the platform what `require` is about, `judge` says what holds, and `admit` acts on it right before a stage is
//! touched.

mod admit;
mod judge;
mod look;

use std::fmt;

use serde::Serialize;

pub(super) use admit::not_asked;

use super::facts::Facts;
use crate::{
    config::Config,
    journal::event::Strategy,
    model::ReleaseRef,
    platform::{Artifact, types::App},
};

/// A status check that a promotion needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Requirement {
    /// What it is known by.
    pub context: String,
    /// Who requires it.
    pub by: RequiredBy,
    /// How it stands on the release that would go; `None` if that release is yet to be made, or the check to be reported.
    pub state: Option<String>,
    /// The release that it was looked for on; `None` if that is yet to be made.
    #[serde(skip)]
    pub on: Option<ReleaseRef>,
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by = match self.by {
            RequiredBy::Pipeline => "the pipeline",
            RequiredBy::Config => "deploy.yaml",
        };
        write!(f, "{}, required by {by}: ", self.context)?;
        match (&self.on, &self.state) {
            (None, _) => f.write_str("not reported: the release that it is for is yet to be made"),
            (Some(on), None) => write!(f, "not reported on {on} yet"),
            (Some(on), Some(state)) => write!(f, "`{state}` on {on}"),
        }
    }
}

/// Who requires a status check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredBy {
    /// The app's coupling in the pipeline: the platform refuses without it.
    Pipeline,
    /// `deploy.yaml`: the run waits for it.
    Config,
}

impl Facts {
    /// The status checks that a promotion to an app of a stage needs: each with who requires it.
    pub fn required_checks<'a>(
        &'a self,
        config: &'a Config,
        at: usize,
    ) -> impl Iterator<Item = (&'a App, &'a str, RequiredBy)> {
        let apps = self.stages.get(at).map_or(&[][..], Vec::as_slice);
        let own = config
            .stages
            .get(at)
            .map_or(&[][..], |stage| &stage.require.status_checks);
        apps.iter().flat_map(move |facts| {
            let coupling = self
                .couplings
                .iter()
                .find(|coupling| coupling.app == facts.app.id)
                .map_or(&[][..], |coupling| &coupling.required_checks);
            let theirs = coupling
                .iter()
                .map(|context| (context, RequiredBy::Pipeline));
            let ours = own
                .iter()
                .filter(|context| !coupling.contains(context))
                .map(|context| (context, RequiredBy::Config));
            theirs
                .chain(ours)
                .map(|(context, by)| (&facts.app, context.as_str(), by))
        })
    }
}

/// The status checks that a promotion to an app needs, with their state if the release that would go exists.
pub(super) fn requirements(
    config: &Config,
    facts: &Facts,
    index: usize,
    how: Strategy,
    app: &App,
    wanted: Option<&Artifact>,
) -> Vec<Requirement> {
    if how != Strategy::Promote {
        return Vec::new();
    }
    let source = index
        .checked_sub(1)
        .and_then(|before| facts.stages.get(before)?.first())
        .filter(|source| wanted.is_some() && source.artifact() == wanted);
    facts
        .required_checks(config, index)
        .filter(|(for_app, ..)| for_app.id == app.id)
        .map(|(_, context, by)| Requirement {
            context: context.to_owned(),
            by,
            on: source
                .and_then(|source| source.live.as_ref())
                .map(|live| live.release.at.clone()),
            state: source
                .and_then(|source| source.checks.iter().find(|check| check.context == context))
                .map(|check| check.state.word().to_owned()),
        })
        .collect()
}
