//! The columns and layers of the matrix, and its cells.

use std::fmt;

use launchway::sandbox::Surface;

use super::asked::Asked;

/// The tempo in which a cell that was red is tried again, alone: where a machine is busy the quickest one leaves a run too
/// little time to bear with anything. It keeps the proportions of time-outs and pauses to the time for tries, too.
pub(crate) const CALM: &str = "0.02";

/// How often a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Often {
    Once,
    ThreeTimes,
    ForEver,
}

impl Often {
    pub(crate) const ALL: [Self; 3] = [Self::Once, Self::ThreeTimes, Self::ForEver];
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Wrong {
    /// Its name: its words in the sandbox's grammar.
    pub(crate) name: &'static str,
    /// What it amounts to.
    pub(crate) class: Class,
}

/// What a fault amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// Nobody listens; whatever was under way is reset, not carried out.
    Down,
    /// Addresses of this host lead to nobody: refused, or a name that does not resolve.
    Elsewhere,
    /// The request is not carried out, and the client can't know.
    NotDone,
    /// The request is carried out, and the client can't know.
    Done,
    /// The answer comes too slowly, or in a form that nobody can read; the request is carried out.
    Unreadable,
    /// The answer says 200 and is a page; the request is not carried out.
    Page,
    /// Every status in the answer is a word that nobody knows; the request is carried out.
    UnknownWord,
    /// 429: not carried out, and it says so.
    RateLimited,
    /// 401 and 403.
    Denied,
    /// 404 and 410.
    Absent,
    /// 409 and 422.
    Refused,
    /// Not carried out, but only where the connection was used before.
    Stale,
}

pub(crate) const WRONG: [Wrong; 44] = {
    use Class::{
        Absent, Denied, Done, Down, Elsewhere, NotDone, Page, RateLimited, Refused, Stale,
        UnknownWord, Unreadable,
    };
    const fn wrong(name: &'static str, class: Class) -> Wrong {
        Wrong { name, class }
    }
    [
        wrong("down", Down),
        wrong("refused", Elsewhere),
        wrong("unresolved", Elsewhere),
        wrong("hang", NotDone),
        wrong("reset", NotDone),
        wrong("reset-in-head", Unreadable),
        wrong("reset-in-body", Unreadable),
        wrong("reset-after", Done),
        wrong("408", NotDone),
        wrong("425", NotDone),
        wrong("429", RateLimited),
        wrong("429,retry-after=1", RateLimited),
        wrong("429,retry-after=date+1", RateLimited),
        wrong("429,retry-after=epoch+1", RateLimited),
        wrong("429,retry-after=99999999999", RateLimited),
        wrong("500", NotDone),
        wrong("500,after", Done),
        wrong("502", NotDone),
        wrong("503,html", NotDone),
        wrong("503,html,after", Done),
        wrong("504", NotDone),
        wrong("html", Page),
        wrong("invalid-json", Unreadable),
        wrong("truncated", Unreadable),
        wrong("wrong-types", Unreadable),
        wrong("wrong-types,field=status", Unreadable),
        wrong("unknown-enum", UnknownWord),
        wrong("missing", Unreadable),
        wrong("missing,field=id", Unreadable),
        wrong("missing,field=status", Unreadable),
        wrong("null", Unreadable),
        wrong("null,field=id", Unreadable),
        wrong("null,field=status", Unreadable),
        wrong("401", Denied),
        wrong("403", Denied),
        wrong("404", Absent),
        wrong("410", Absent),
        wrong("409", Refused),
        wrong("422", Refused),
        // What is not the platform's own answer: a login page, a firewall.
        wrong("redirect", NotDone),
        wrong("403,html", NotDone),
        wrong("404,html", NotDone),
        wrong("stale", Stale),
        wrong("drip:20ms", Unreadable),
    ]
};

/// One cell of the matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) surface: Surface,
    pub(super) request: Asked,
    pub(super) wrong: Wrong,
    pub(super) often: Often,
}

impl Cell {
    /// The fault, as the sandbox takes it.
    pub(super) fn fault(&self) -> String {
        let Self {
            request,
            wrong,
            often,
            surface,
        } = self;
        wrong.fault(*often, request.scope(*surface), request.first())
    }

    /// The tempo, if it is not the quickest: pauses that the platform asks for must have their proportion to the time for
    /// tries.
    pub(super) fn tempo(&self) -> Option<&'static str> {
        (self.asks_for_long() && self.often == Often::ThreeTimes).then_some(CALM)
    }

    /// Whether the platform asks for a pause that is longer than any.
    pub(super) fn asks_for_long(&self) -> bool {
        self.wrong.name == "429,retry-after=99999999999"
    }
}

impl Wrong {
    /// The fault, as the sandbox takes it: it strikes at requests like this, from the one at `first` on.
    pub(crate) fn fault(self, often: Often, scope: &str, first: u32) -> String {
        let when = match often {
            Often::Once => format!("{first}"),
            Often::ThreeTimes => format!("{first}-{}", first + 2),
            Often::ForEver => format!("{first}+"),
        };
        match self.class {
            Class::Elsewhere => {
                let host = scope.split(' ').next_back().unwrap();
                format!("{host}={}@{when}", self.name)
            }
            Class::Down => {
                let time = match often {
                    Often::Once => "5ms",
                    Often::ThreeTimes => "50ms",
                    Often::ForEver => "1h",
                };
                format!("http=down:{time}@{first}:{scope}")
            }
            _ => format!("http={}@{when}:{scope}", self.name),
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?}: {} x {} x {:?}",
            self.surface, self.request, self.wrong.name, self.often
        )
    }
}

/// Every cell that makes sense: an address that leads to nobody is only possible where the platform gives addresses.
pub(super) fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for surface in [Surface::Heroku, Surface::Akkeris] {
        for request in Asked::ALL {
            if request.is_of(surface) {
                cells.extend(row(surface, request));
            }
        }
    }
    cells
}

fn row(surface: Surface, request: Asked) -> Vec<Cell> {
    let mut cells = Vec::new();
    for wrong in WRONG {
        let given = matches!(request, Asked::Upload | Asked::Stream | Asked::Web);
        if wrong.class == Class::Elsewhere && !given {
            continue;
        }
        for often in Often::ALL {
            // What Akkeris is asked is sent by the same code as on Heroku: one failure that passes and one that does not tell
            // whether it is used. What creates something is another matter.
            if surface == Surface::Akkeris && often == Often::ThreeTimes && !request.changes() {
                continue;
            }
            // An address is given once: what it leads to stays the same.
            if wrong.class == Class::Elsewhere && often != Often::ForEver {
                continue;
            }
            cells.push(Cell {
                surface,
                request,
                wrong,
                often,
            });
        }
    }
    cells
}
