//! Which faults a row has: those that tell something of it.

use super::{Cell, Row};
use crate::matrix::cells::{Class, Often, WRONG, Wrong};

/// The faults of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Columns {
    /// A request that reads: one of each kind, once and for ever.
    Reads,
    /// The same where the code is shared with a row that has them all: one that passes, and those that tell what an answer
    /// that stays wrong is taken for.
    Shared,
    /// A request that changes something: all that may or may not have been carried out, three times, too.
    Changes,
}

/// One of each kind.
const READS: [&str; 17] = [
    "down",
    "hang",
    "reset",
    "reset-in-body",
    "429",
    "500",
    "html",
    "truncated",
    "wrong-types",
    "unknown-enum",
    "missing",
    "null",
    "401",
    "403",
    "404",
    "422",
    "redirect",
];

const SHARED: [&str; 7] = [
    "503,html",
    "truncated",
    "missing",
    "429",
    "403",
    "404",
    "422",
];

const CHANGES: [&str; 16] = [
    "down",
    "hang",
    "reset",
    "reset-in-body",
    "reset-after",
    "429",
    "500",
    "500,after",
    "html",
    "truncated",
    "missing,field=id",
    "401",
    "403",
    "404",
    "422",
    "stale",
];

/// What says no for good: once more tells nothing.
fn is_final(wrong: Wrong) -> bool {
    matches!(wrong.class, Class::Denied | Class::Absent | Class::Refused)
}

impl Columns {
    /// The cells of a row with these faults.
    pub(super) fn cells(self, row: &'static Row) -> impl Iterator<Item = Cell> {
        let names = match self {
            Self::Reads => &READS[..],
            Self::Shared => &SHARED,
            Self::Changes => &CHANGES,
        };
        let wrongs = WRONG
            .into_iter()
            .filter(|wrong| names.contains(&wrong.name));
        wrongs.flat_map(move |wrong| {
            let often = Often::ALL.into_iter().filter(move |often| match often {
                Often::Once | Often::ForEver => true,
                Often::ThreeTimes => self == Self::Changes && !is_final(wrong),
            });
            often.map(move |often| Cell { row, wrong, often })
        })
    }
}
