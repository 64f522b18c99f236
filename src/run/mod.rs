//! What a run does: it asks the platform for the facts, makes a plan of them, and executes it stage by stage.
//! Deciding (`plan`, the verdicts) is apart from doing; every step puts what happens into the journal.

mod adopt;
mod approval;
pub mod blocking;
pub mod build;
pub mod build_input;
mod child;
mod confirm;
pub mod deploy;
mod downgrade;
pub mod elsewhere;
pub mod facts;
pub mod failures;
mod follow;
pub mod history;
pub mod hosts;
pub mod images;
pub mod in_flight;
mod latest;
pub mod listing;
pub mod log;
mod notice;
pub mod notify;
mod ours;
pub mod pack;
pub mod pipeline;
pub mod plan;
pub mod promote;
pub mod prompt;
mod release;
pub mod requirements;
mod rollback;
mod rollout;
pub mod saved;
mod shred;
pub mod slug;
pub mod slug_file;
mod stacks;
pub mod starter;
pub mod status;
mod statuses;
pub mod stop;
mod verdict;
mod verify;
mod wait;
mod waves;

use std::{path::PathBuf, time::Duration};

use crate::{ci, config::Config, http::Pacing, journal::Journal, model::About, platform::Platform};
pub use downgrade::commit_of;
use in_flight::InFlight;

/// What every step of a run needs.
pub struct Run<'a> {
    /// The platform.
    pub platform: &'a dyn Platform,
    /// The valid `deploy.yaml`.
    pub config: &'a Config,
    /// What the CI system says about this run.
    pub ci: &'a ci::Context,
    /// What this run is known by: a text that no other run has.
    pub id: &'a str,
    /// Where steps put what happens.
    pub journal: &'a Journal,
    /// What is on its way.
    pub in_flight: &'a InFlight,
    /// Where the token was found, for messages.
    pub token_from: &'a str,
    /// The variables that a `run:` check inherits: the process's own, less the tokens.
    pub child_env: &'a [(String, String)],
    /// The person at the terminal, if there is one.
    pub person: Option<&'a dyn prompt::Person>,
    /// Whether stages may be changed outside of their windows.
    pub ignore_window: bool,
    /// Files that are launchway's own and no part of the workspace, wherever they are.
    pub own_files: &'a [PathBuf],
}

impl Run<'_> {
    /// What is known of the platform without asking it.
    pub fn about(&self) -> &'static About {
        self.config.platform.about()
    }

    fn pacing(&self) -> Pacing {
        self.platform.services().pacing
    }

    /// How long a release, or a promotion with its releases, may take.
    fn release_deadline(&self) -> Duration {
        self.pacing().of(self.about().release_deadline)
    }

    /// How long a reading request is repeated, given what was done so far.
    fn retry_budget(&self) -> Duration {
        if self.journal.changed() {
            self.pacing().budget_under_way()
        } else {
            self.pacing().budget_before()
        }
    }
}
