//! What `plan` says of the commits between what apps run and what they would get.

use std::collections::BTreeMap;

use crate::{
    config::Config,
    failure::Failure,
    report::plan::{Commit, Commits},
    run::{commit_of, history, plan::Plan},
};

/// What lies between what apps run and the commit `to`, as far as git knows.
pub(super) async fn replaced(
    config: &Config,
    plan: &Plan,
    to: Option<&str>,
) -> Result<Vec<Commits>, Failure> {
    let Some(to) = to else {
        return Ok(Vec::new());
    };
    let mut apps: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let changed = plan.stages.iter().flat_map(|stage| &stage.apps);
    for app in changed.filter(|app| !app.already_live) {
        let version = app
            .live
            .as_ref()
            .and_then(|live| live.made_of.version.as_deref());
        if let Some(from) = version.and_then(commit_of).filter(|from| *from != to) {
            apps.entry(from.to_owned())
                .or_default()
                .push(app.app.name.clone());
        }
    }
    let pairs = apps.keys().map(|from| (from.clone(), to.to_owned()));
    let history = history::between(config, pairs.collect()).await?;
    let found = history.found.into_iter();
    Ok(found
        .filter_map(|((from, to), between)| {
            let between = between?;
            let commits = between.commits.into_iter();
            Some(Commits {
                apps: apps.remove(&from)?,
                from,
                to,
                behind: between.behind,
                ahead: between.ahead,
                newest: commits
                    .map(|commit| Commit {
                        id: commit.id,
                        subject: commit.subject,
                    })
                    .collect(),
            })
        })
        .collect())
}
