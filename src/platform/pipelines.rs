//! Pipelines as things of their own: what looks at them and changes them, apart from a run through their stages.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::http::{Error, Kind};

/// A pipeline with all that the platform says of it.
#[derive(Clone, Debug)]
pub struct PipelineInfo {
    /// The platform's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// The owner.
    pub owner: Option<Owner>,
    /// The generation of the platform that it is on: `cedar`, `fir`.
    pub generation: Option<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
}

/// The owner of a pipeline.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The platform's id.
    pub id: String,
    /// `team` or `user`.
    pub kind: Option<String>,
}

/// The pipelines that a name or an id stands for.
#[derive(Clone, Debug)]
pub enum PipelineMatch {
    /// One.
    One(PipelineInfo),
    /// Several have the name.
    Several(Vec<PipelineInfo>),
}

/// An app's place in a pipeline.
#[derive(Clone, Debug)]
pub struct Member {
    /// The coupling's id.
    pub coupling: String,
    /// The app's id.
    pub app: String,
    /// The app's name, if the platform says it here.
    pub app_name: Option<String>,
    /// The pipeline's id.
    pub pipeline: String,
    /// The pipeline's name, if the platform says it here.
    pub pipeline_name: Option<String>,
    /// The stage.
    pub stage: String,
    /// The status checks that must be green on a release before it is promoted to the app; `None` where the platform has
    /// none.
    pub required_checks: Option<Vec<String>>,
    /// What the app runs, if the platform says it here.
    pub runs: Option<Running>,
}

impl Member {
    /// What people call its pipeline.
    pub fn pipeline_called(&self) -> &str {
        self.pipeline_name.as_ref().unwrap_or(&self.pipeline)
    }
}

/// The release that an app runs, as far as its coupling tells.
#[derive(Clone, Debug)]
pub struct Running {
    /// The release's id.
    pub release: String,
    /// Its version within its app.
    pub version: u64,
    /// The commit that it was built from.
    pub commit: Option<String>,
    /// When it was released.
    pub at: Option<Timestamp>,
}

/// An add-on's app.
#[derive(Clone, Debug)]
pub struct AddonApp {
    /// The app's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
}

/// A stage of a platform's pipelines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageInfo {
    /// Its name.
    pub stage: String,
    /// The stage after it.
    pub next: Option<String>,
}

/// A status check that was ever reported on a release of a pipeline.
#[derive(Clone, Debug)]
pub struct StatusContext {
    /// What it is known by.
    pub context: String,
    /// What people call it.
    pub name: Option<String>,
}

/// An app's place that is wanted.
#[derive(Clone, Copy, Debug)]
pub struct DesiredCoupling<'a> {
    /// The app's id.
    pub app: &'a str,
    /// The pipeline's id.
    pub pipeline: &'a str,
    /// The stage.
    pub stage: &'a str,
    /// The status checks that the platform is to require; empty where it has none.
    pub required_checks: &'a [String],
}

impl DesiredCoupling<'_> {
    /// Whether a coupling is this place.
    pub(super) fn is_that_of(&self, member: &Member) -> bool {
        member.pipeline == self.pipeline && member.stage == self.stage
    }
}

/// What is asked of a platform about its pipelines. `budget` bounds how long a reading request is repeated. Requests that
/// change something repeat themselves where a second one changes nothing more, and look for what they made otherwise.
#[async_trait(?Send)]
pub trait Pipelines {
    /// All pipelines that the account sees.
    async fn pipelines(&self, budget: Duration) -> Result<Vec<PipelineInfo>, Error>;

    /// The pipelines of this name, or the one of this id.
    async fn find_pipeline(&self, key: &str, budget: Duration) -> Result<PipelineMatch, Error>;

    /// The places of a pipeline, by the pipeline's id.
    async fn members(&self, pipeline: &str, budget: Duration) -> Result<Vec<Member>, Error>;

    /// The place of an app that is known to exist, by the app's id; `None` if it has none.
    async fn place_of(&self, app: &str, budget: Duration) -> Result<Option<Member>, Error>;

    /// The app that an add-on belongs to. `Unsupported` where a platform has no such call.
    async fn app_of_addon(&self, addon: &str, budget: Duration) -> Result<AddonApp, Error>;

    /// The stages of the platform's pipelines, in order.
    async fn stages(&self, budget: Duration) -> Result<Vec<StageInfo>, Error>;

    /// The status checks that were ever reported on releases of a pipeline, by its id. `Unsupported` where a platform has
    /// no status checks.
    async fn contexts(&self, pipeline: &str, budget: Duration)
    -> Result<Vec<StatusContext>, Error>;

    /// Creates a pipeline of a name that no other has: one, whatever becomes of the answer.
    async fn create_pipeline(&self, name: &str) -> Result<PipelineInfo, Error>;

    /// Deletes a pipeline with its couplings, by its id. One that is gone already is no error.
    async fn delete_pipeline(&self, id: &str) -> Result<(), Error>;

    /// Couples an app that is in no pipeline: once, whatever becomes of the answer.
    async fn couple(&self, place: DesiredCoupling<'_>) -> Result<(), Error>;

    /// Moves an app to another stage of its pipeline. Where the platform can't change a coupling this makes another one.
    async fn change_stage(&self, member: &Member, to: DesiredCoupling<'_>) -> Result<(), Error>;

    /// Replaces the status checks that the platform requires for an app. `Unsupported` where it has none.
    async fn require_checks(&self, member: &Member, contexts: &[String]) -> Result<(), Error>;

    /// Takes an app out of its pipeline. One that is out of it already is no error.
    async fn uncouple(&self, coupling: &str) -> Result<(), Error>;
}

/// The stages of a graph of what comes after what, in order: each behind the one that names it. Of what is no chain nothing
/// is lost.
pub(super) fn in_order(next: impl IntoIterator<Item = (String, Option<String>)>) -> Vec<StageInfo> {
    let mut left: Vec<StageInfo> = next
        .into_iter()
        .map(|(stage, next)| StageInfo { stage, next })
        .collect();
    let mut ordered: Vec<StageInfo> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let wanted = ordered.last().and_then(|last| last.next.clone());
        let follows = |one: &StageInfo| wanted.as_ref() == Some(&one.stage);
        let is_first = |one: &StageInfo| {
            let name = Some(&one.stage);
            !left.iter().any(|other| other.next.as_ref() == name)
        };
        let at = left.iter().position(follows);
        let at = at.or_else(|| left.iter().position(is_first)).unwrap_or(0);
        ordered.push(left.remove(at));
    }
    ordered
}

/// What is gone was to go. That it is not there may also be what those are told who may not touch it: so it is looked for.
pub(super) async fn gone<T>(
    deleted: Result<T, Error>,
    look: impl Future<Output = Result<T, Error>>,
) -> Result<(), Error> {
    let not_found = match deleted {
        Err(error) if error.kind == Kind::NotFound => error,
        other => return other.map(drop),
    };
    match look.await {
        Ok(_) => Err(not_found),
        Err(error) if error.kind == Kind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_come_in_their_order_whatever_the_graph() {
        for (graph, expected) in [
            (
                &[
                    ("development", Some("staging")),
                    ("production", None),
                    ("review", Some("development")),
                    ("staging", Some("production")),
                ][..],
                "review development staging production",
            ),
            (&[], ""),
            (&[("only", None)], "only"),
            // A circle, and a stage that nobody knows.
            (&[("a", Some("b")), ("b", Some("a"))], "a b"),
            (&[("b", Some("nowhere")), ("a", Some("b"))], "a b"),
            (&[("a", Some("c")), ("b", Some("c")), ("c", None)], "a c b"),
        ] {
            let owned = graph
                .iter()
                .map(|(stage, next)| ((*stage).to_owned(), next.map(str::to_owned)));
            let names: Vec<String> = in_order(owned).into_iter().map(|one| one.stage).collect();
            assert_eq!(names.join(" "), expected);
        }
    }
}
