//! What the scenarios are made of: a shop to deploy, a run of the binary, what came of it.

mod document;
pub(crate) mod foretold;
pub(crate) mod image;
mod invariants;
mod launchway;
pub(crate) mod leaks;
mod live;
mod run;
pub(crate) mod schema;
pub(crate) mod shell;
mod shop;
mod snapshot;
mod stub;
#[cfg(unix)]
mod terminal;
mod wait;

pub(crate) use document::document;
pub(crate) use launchway::{Launchway, binary};
pub(crate) use live::Live;
pub(crate) use run::Run;
pub(crate) use shop::{PIPELINE, SINGLE, Shop, TOKEN, WITHOUT_PIPELINE, spec};
pub(crate) use snapshot::FILTERS;
pub(crate) use stub::{Stub, closed_port};
#[cfg(unix)]
pub(crate) use terminal::Terminal;
pub(crate) use wait::{LONGEST, PAUSE, eventually};

/// Holds the end of a run's output, as people see it, against its snapshot. The snapshots have Unix's words for errors.
macro_rules! assert_ending {
    ($name:expr, $run:expr) => {{
        let run = &$run;
        #[cfg(unix)]
        insta::with_settings!({filters => $crate::support::FILTERS.to_vec(), omit_expression => true}, {
            insta::assert_snapshot!($name, run.ending());
        });
    }};
}
