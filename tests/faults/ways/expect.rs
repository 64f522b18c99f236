//! Which exit codes are right in a cell, and why.

use launchway::sandbox::Surface;

use super::Cell;
use crate::matrix::cells::{Class, Often};

pub(super) const OK: i32 = 0;
pub(super) const BUILD_FAILED: i32 = 10;
pub(super) const RELEASE_FAILED: i32 = 11;
pub(super) const ROLLED_BACK: i32 = 14;
pub(super) const ROLLBACK_FAILED: i32 = 15;
pub(super) const REFUSED: i32 = 16;
pub(super) const UNKNOWN: i32 = 20;
pub(super) const UNAVAILABLE: i32 = 69;
pub(super) const TRY_AGAIN: i32 = 75;
pub(super) const DENIED: i32 = 77;

/// What is right for a row.
#[derive(Debug)]
pub(super) enum Right {
    /// Reading, while nothing was changed. These faults damage nothing that it needs.
    Before(&'static [&'static str]),
    /// The same, where that it is not there is doubted for a while.
    Doubted,
    /// Reading, once something was changed, what is known to be there. `well` and `lost`: how it ends.
    /// `known`: that it is not there is doubted.
    UnderWay {
        known: bool,
        harmless: &'static [&'static str],
        well: i32,
        lost: i32,
    },
    /// It can do without: only a platform that is gone altogether matters.
    Aside { well: i32, gone: i32 },
    /// It makes something, once: what may have been made is looked for, and what certainly was not is made again, once.
    Creates {
        well: i32,
        refused: i32,
        limited: i32,
        unknown: i32,
        denied: i32,
    },
    /// It changes something that can be changed twice: it is repeated.
    Repeats {
        well: i32,
        limited: i32,
        gone: i32,
        unknown: i32,
    },
    /// Something else.
    Table(fn(&Cell) -> Vec<i32>),
}

/// Whether the answer is doubted and the request sent again: on Akkeris a 401 may be an outage of what checks tokens.
fn is_doubtful(cell: &Cell) -> bool {
    cell.row.surface == Surface::Akkeris && cell.wrong.name == "401"
}

impl Right {
    pub(super) fn codes(&self, cell: &Cell) -> Vec<i32> {
        let for_ever = cell.often == Often::ForEver;
        let class = cell.wrong.class;
        let name = cell.wrong.name;
        match *self {
            Self::Table(table) => table(cell),
            Self::Doubted if class == Class::Absent && !for_ever => vec![OK],
            Self::Doubted => Self::Before(&[]).codes(cell),
            Self::Before(harmless) => vec![match class {
                Class::UnknownWord => OK,
                _ if harmless.contains(&name) => OK,
                _ if is_doubtful(cell) && !for_ever => OK,
                _ if is_doubtful(cell) => return vec![UNAVAILABLE, DENIED],
                Class::RateLimited if for_ever => TRY_AGAIN,
                Class::Denied => DENIED,
                Class::Absent | Class::Refused => REFUSED,
                _ if for_ever => UNAVAILABLE,
                _ => OK,
            }],
            Self::UnderWay {
                known,
                harmless,
                well,
                lost,
            } => vec![match class {
                _ if harmless.contains(&name) => well,
                _ if is_doubtful(cell) && !for_ever => well,
                Class::UnknownWord => well,
                Class::Absent if known && !for_ever => well,
                Class::Denied if lost == UNKNOWN && !is_doubtful(cell) => DENIED,
                Class::Denied | Class::Absent | Class::Refused => lost,
                _ if for_ever => lost,
                _ => well,
            }],
            Self::Aside { well, gone } => vec![match class {
                Class::Down if for_ever => gone,
                _ => well,
            }],
            Self::Creates {
                well,
                refused,
                limited,
                unknown,
                denied,
            } => vec![match class {
                _ if is_doubtful(cell) && !for_ever => well,
                // The first was not made, nor was the second: twice is enough, a person looks.
                Class::NotDone | Class::Page if cell.often != Often::Once => unknown,
                Class::Down if for_ever => unknown,
                Class::RateLimited if for_ever => limited,
                _ if is_doubtful(cell) => return vec![unknown, limited, UNAVAILABLE],
                Class::Denied => denied,
                Class::Absent | Class::Refused => refused,
                // If it is there it is found, whatever became of the answer; if not it is made.
                _ => well,
            }],
            Self::Repeats {
                well,
                limited,
                gone,
                unknown,
            } => vec![match class {
                _ if is_doubtful(cell) && !for_ever => well,
                _ if is_doubtful(cell) => return vec![unknown, limited, UNAVAILABLE],
                Class::Denied => DENIED,
                Class::Absent => gone,
                Class::Refused => REFUSED,
                Class::RateLimited if for_ever => limited,
                Class::NotDone | Class::Page | Class::Down | Class::Done if for_ever => unknown,
                // A body is not looked at, but it must be one.
                Class::Unreadable if for_ever && cell.wrong.name.starts_with("reset") => unknown,
                Class::Unreadable if for_ever => return vec![well, unknown],
                _ => well,
            }],
        }
    }
}
