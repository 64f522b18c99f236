//! The rows, and what comes before them.

mod applying;
mod back;
mod gates;
mod images;
mod listings;
mod pipelines;
mod starting;

use super::Row;
use crate::support::Shop;

/// What must be there before the command.
#[derive(Debug)]
pub(super) struct Scene {
    /// The `deploy.yaml` behind the platform, if it is not the usual one.
    pub(super) yaml: Option<&'static str>,
    /// What happens before, without faults.
    pub(super) before: fn(&mut Shop),
    /// Other faults.
    pub(super) also: &'static [&'static str],
    /// The check of a stage waits until there is a file `../go`: only then the fault begins to count.
    pub(super) gated: bool,
    /// The tempo, where the quickest one makes all time-outs as long as the retry budget: `CALM` keeps the proportions.
    pub(super) tempo: Option<&'static str>,
}

/// Nothing special.
const USUAL: Scene = Scene {
    yaml: None,
    before: |_| {},
    also: &[],
    gated: false,
    tempo: None,
};

/// All rows.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [
        gates::ROWS,
        back::ROWS,
        images::ROWS,
        listings::ROWS,
        pipelines::ROWS,
        applying::ROWS,
        starting::ROWS,
    ]
    .into_iter()
    .flatten()
}
