//! Whether an app runs the content of this run, no matter who built it: two jobs of the same source at the same
//! time make two builds of it, and what counts is what runs.

use std::collections::HashMap;

use tokio::sync::Mutex;

use super::{Run, deploy::Planned, facts::Facts};
use crate::{
    failure::Failure,
    http::Kind,
    platform::{
        Artifact, Content, Provenance,
        content::ContentMatch,
        types::{App, Release},
    },
};

/// The content of a run, and what was found out about artifacts that it did not make.
pub(super) struct Ours<'a> {
    /// The app that is built on: its builds tell what artifacts were made of.
    app: Option<&'a App>,
    /// The content; a run that builds nothing has to ask for that of its release.
    content: Option<&'a Content>,
    /// Which artifacts were made of it. One at a time is asked about, because most apps run the same one.
    known: Mutex<HashMap<Artifact, bool>>,
}

impl<'a> Ours<'a> {
    /// The content of this run.
    pub(super) fn new(planned: &'a Planned) -> Self {
        Self {
            content: planned.content.as_ref(),
            ..Self::of_facts(&planned.facts)
        }
    }

    /// For a run without content of its own.
    pub(super) fn of_facts(facts: &'a Facts) -> Self {
        Self {
            app: facts.first_app(),
            content: None,
            known: Mutex::default(),
        }
    }
}

impl Run<'_> {
    /// Whether what an app runs was made of the content of our release, for certain.
    pub(super) async fn is_of_our_content(
        &self,
        live: &Release,
        release: &Release,
        ours: &Ours<'_>,
    ) -> Result<bool, Failure> {
        let (Some(app), Some(theirs)) = (ours.app, &live.artifact) else {
            return Ok(false);
        };
        let mut known = ours.known.lock().await;
        if let Some(&is_ours) = known.get(theirs) {
            return Ok(is_ours);
        }
        let content = match (ours.content, &release.artifact) {
            (Some(content), _) => Some(content.clone()),
            (None, Some(artifact)) => self.origin(app, artifact).await?.proven(),
            (None, None) => None,
        };
        let is_ours = match content {
            Some(content) => content.is(&self.origin(app, theirs).await?) == ContentMatch::Yes,
            None => false,
        };
        known.insert(theirs.clone(), is_ours);
        Ok(is_ours)
    }

    /// What an artifact was made of; nothing is known of one that does not come from this app.
    async fn origin(&self, app: &App, artifact: &Artifact) -> Result<Provenance, Failure> {
        let budget = self.retry_budget();
        match self.platform.made_of(app, artifact, true, budget).await {
            Err(error) if error.kind == Kind::NotFound => Ok(Provenance::default()),
            made_of => made_of.map_err(|e| {
                let doing = format!("comparing what runs with what {} built", app.name);
                self.cannot_read(&doing, &e)
            }),
        }
    }
}
