//! What git knows of the commits that apps run.

use std::collections::BTreeSet;

use super::blocking::blocking;
use crate::{
    config::Config,
    failure::Failure,
    source::{self, Divergence, NoAnswer},
};

/// The most pairs of commits that git is asked about at once: it takes a moment for each.
const MOST_PAIRS: usize = 20;

/// A commit, and one that came later.
pub type Pair = (String, String);

/// What lies between pairs of commits, as far as the checkout knows.
#[derive(Debug, Default)]
pub struct History {
    /// `None` if it does not tell.
    pub found: Vec<(Pair, Option<Divergence>)>,
    /// Why git failed, if it did.
    pub failed: Option<String>,
}

/// Asks git what lies between these commits.
pub async fn between(config: &Config, pairs: BTreeSet<Pair>) -> Result<History, Failure> {
    if pairs.is_empty() {
        return Ok(History::default());
    }
    let dir = config.source.dir.clone();
    let look = move |cancelled: &(dyn Fn() -> bool + Sync)| {
        let mut history = History::default();
        for (from, to) in pairs.into_iter().take(MOST_PAIRS) {
            let between = match source::between(&dir, &from, &to, cancelled) {
                Ok(between) => between,
                Err(NoAnswer::NoGit | NoAnswer::Cancelled) => None,
                Err(NoAnswer::Failed(why)) => {
                    let what = "git can't tell how many commits lie between";
                    history.failed = Some(format!("{what}: {why}"));
                    return history;
                }
            };
            history.found.push(((from, to), between));
        }
        history
    };
    blocking("asking git", look).await
}
