//! Which exit codes are right in a cell, and why.

use launchway::sandbox::Surface;

use super::{
    asked::Asked,
    cells::{Cell, Class, Often},
};

const OK: i32 = 0;
const BUILD_FAILED: i32 = 10;
const RELEASE_FAILED: i32 = 11;
const VERIFICATION_FAILED: i32 = 13;
const REFUSED: i32 = 16;
const UNKNOWN: i32 = 20;
const UNAVAILABLE: i32 = 69;
const TRY_AGAIN: i32 = 75;
const DENIED: i32 = 77;

/// The right exit codes: mostly one.
pub(super) fn codes(cell: &Cell) -> Vec<i32> {
    let often = match cell.often {
        Often::ThreeTimes if cell.asks_for_long() && !bears_long_pauses(cell.request) => {
            Often::ForEver
        }
        often => often,
    };
    of(&Cell { often, ..*cell })
}

/// Whether the time for tries has room for three pauses of the longest kind: it has once something is under way. An upload
/// is tried three times however long that takes.
fn bears_long_pauses(request: Asked) -> bool {
    matches!(
        request,
        Asked::Upload
            | Asked::Release
            | Asked::ReleasesLater
            | Asked::ReleasesOfImages
            | Asked::Targets
            | Asked::Web
    )
}

fn of(cell: &Cell) -> Vec<i32> {
    let for_ever = cell.often == Often::ForEver;
    if is_doubtful(cell) {
        return vec![match cell.request {
            Asked::Cancel => BUILD_FAILED,
            _ => OK,
        }];
    }
    if cell.wrong.class == Class::Stale {
        // Creating requests go out on connections of their own; the others are sent again on new ones.
        return vec![match cell.request {
            Asked::Cancel => BUILD_FAILED,
            _ => OK,
        }];
    }
    if is_unchecked(cell) {
        return vec![match cell.request {
            Asked::App | Asked::Pipeline | Asked::Couplings => {
                return vec![UNAVAILABLE, DENIED];
            }
            Asked::Apps
            | Asked::Feature
            | Asked::Snapshot
            | Asked::Targets
            | Asked::ReportStatus => OK,
            Asked::Builds | Asked::Releases | Asked::Slug | Asked::CreateBuild => UNAVAILABLE,
            _ => UNKNOWN,
        }];
    }
    match cell.request {
        Asked::Apps | Asked::Latest | Asked::LatestLater => vec![together(cell, for_ever)],
        Asked::App
        | Asked::Pipeline
        | Asked::Couplings
        | Asked::Releases
        | Asked::Slug
        | Asked::Image
        | Asked::Builds
        | Asked::Source => vec![before(cell, for_ever)],
        Asked::Upload => upload(cell, for_ever),
        Asked::CreateBuild => vec![create(cell, for_ever, BUILD_FAILED, TRY_AGAIN)],
        // It says that it was not made, but the stage before, or the build, has changed something.
        Asked::CreateRelease | Asked::SlugAgain | Asked::ImageAgain => {
            vec![create(cell, for_ever, REFUSED, UNKNOWN)]
        }
        // Its answer is not read: only whether it is JSON. Nothing ran before it.
        Asked::ReleaseImages => vec![create(cell, for_ever, RELEASE_FAILED, TRY_AGAIN)],
        // Its targets' own releases say how they stand, and can be found without the list.
        Asked::Targets if cell.surface == Surface::Akkeris => vec![aside(cell, for_ever)],
        Asked::Build | Asked::Release | Asked::Targets => vec![under_way(cell, for_ever, true)],
        Asked::Formation | Asked::Dynos if is_harmless(cell) => vec![OK],
        // Known to be there, and no word in it is a status.
        Asked::Formation | Asked::Dynos => vec![match cell.wrong.class {
            Class::UnknownWord => OK,
            _ => under_way(cell, for_ever, true),
        }],
        Asked::ReleasesLater | Asked::ReleasesOfImages => vec![under_way(cell, for_ever, false)],
        // The output decides nothing.
        Asked::Stream => vec![OK],
        Asked::Statuses => vec![statuses(cell, for_ever)],
        // And a feature that can't be read is taken for on, or told; the run's own check is for others to see.
        Asked::Snapshot | Asked::Feature | Asked::ReportStatus => vec![aside(cell, for_ever)],
        Asked::Cancel => vec![cancel(cell, for_ever)],
        Asked::Promote => vec![promote(cell, for_ever)],
        Asked::Web => web(cell, for_ever),
    }
}

/// Whether the answer is doubted and the request sent again: on Akkeris a 401 may be an outage of what checks tokens.
fn is_doubtful(cell: &Cell) -> bool {
    cell.surface == Surface::Akkeris
        && cell.request != Asked::Web
        && cell.wrong.name == "401"
        && cell.often != Often::ForEver
}

/// Whether a token is denied, on Akkeris, after it was accepted: that is an outage, too. The first requests are sent side by
/// side, and whether another one is answered first is not known.
fn is_unchecked(cell: &Cell) -> bool {
    cell.surface == Surface::Akkeris && cell.wrong.name == "401" && cell.request != Asked::Web
}

/// Whether all that a fault damages is something that a request does not need.
fn is_harmless(cell: &Cell) -> bool {
    let name = cell.wrong.name;
    let of_status = name.ends_with("field=status");
    let of_id = name.ends_with("field=id");
    match cell.request {
        // The id is known, and without the version that it was built from nothing is proven: it is built.
        Asked::Slug | Asked::Image if name.starts_with("missing") || name.starts_with("null") => {
            true
        }
        // None of these has a status, or one that is looked at.
        Asked::App
        | Asked::Pipeline
        | Asked::Slug
        | Asked::Image
        | Asked::Couplings
        | Asked::Promote => of_status,
        Asked::Source | Asked::Formation | Asked::Dynos => of_status || of_id,
        // Nothing has been built: the list is empty.
        Asked::Builds if cell.surface == Surface::Heroku => {
            cell.wrong.class == Class::Unreadable
                && (name.starts_with("missing")
                    || name.starts_with("null")
                    || name.starts_with("wrong-types"))
        }
        _ => false,
    }
}

/// Whether the platform is silent, or as good as that, for so many requests that the patience of a run that has not changed
/// anything is over: it is twice as long as one such request, while under way it is longer.
fn is_slow_for_long(cell: &Cell) -> bool {
    let slow = cell.wrong.name == "hang" || cell.wrong.name.starts_with("drip");
    slow && cell.often != Often::Once
}

/// Reading before anything was changed: bear with it for a while, then say that nothing was changed.
fn before(cell: &Cell, for_ever: bool) -> i32 {
    match cell.wrong.class {
        // A status is not needed to know what is there; the releases say themselves which one is current.
        Class::UnknownWord => OK,
        _ if is_harmless(cell) => OK,
        Class::RateLimited if for_ever => TRY_AGAIN,
        Class::Denied => DENIED,
        _ if is_slow_for_long(cell) => UNAVAILABLE,
        // The platform's own answer, and it will not change: what deploy.yaml names is not there, or not so.
        Class::Absent | Class::Refused => REFUSED,
        _ if for_ever => UNAVAILABLE,
        _ => OK,
    }
}

/// Sending the same bytes to the same place changes nothing, so it is repeated; a refused address is replaced once.
fn upload(cell: &Cell, for_ever: bool) -> Vec<i32> {
    let once = cell.often == Often::Once;
    match cell.wrong.class {
        // Only the status counts: whatever else the answer says, the bytes are there.
        Class::UnknownWord => vec![OK],
        // There is no body to break off in.
        Class::Unreadable
            if !is_broken_connection(cell.wrong.name) || cell.wrong.name == "reset-in-body" =>
        {
            vec![OK]
        }
        _ if is_slow_for_long(cell) => vec![UNAVAILABLE],
        // "200" without having kept anything: the platform can't find the source and fails the build.
        Class::Page => vec![BUILD_FAILED],
        Class::RateLimited if for_ever => vec![TRY_AGAIN],
        Class::Denied if cell.wrong.name == "403" && once => vec![OK],
        // Something else is under way at that place.
        Class::Refused if cell.wrong.name == "409" && !for_ever => vec![OK],
        // The address is what the source gives: it leads there or it does not.
        Class::Elsewhere | Class::Denied | Class::Absent | Class::Refused => vec![UNAVAILABLE],
        _ if for_ever => vec![UNAVAILABLE],
        _ => vec![OK],
    }
}

fn is_broken_connection(name: &str) -> bool {
    name.starts_with("reset") || name.starts_with("drip")
}

/// A build or a release is made once: what may have been made is looked for, and what certainly was not is made again,
/// once. `refused` is right if the platform says no, `limited` if it is never ready.
fn create(cell: &Cell, for_ever: bool, refused: i32, limited: i32) -> i32 {
    let once = cell.often == Often::Once;
    match cell.wrong.class {
        // The first was not made, nor was the second: twice is enough, a person looks.
        Class::NotDone | Class::Page if !once => UNKNOWN,
        // Whether the first was made can't be found out.
        Class::Down if for_ever => UNKNOWN,
        Class::RateLimited if for_ever => limited,
        Class::Denied => DENIED,
        Class::Absent | Class::Refused => refused,
        // If it is there it is found, whatever became of the answer; if not it is made.
        _ => OK,
    }
}

/// A build that takes too long is cancelled, and what it is afterwards counts. Cancelling twice changes nothing more.
fn cancel(cell: &Cell, for_ever: bool) -> i32 {
    match cell.wrong.class {
        Class::NotDone if is_slow_for_long(cell) => UNKNOWN,
        Class::NotDone | Class::Page | Class::Down | Class::RateLimited if for_ever => UNKNOWN,
        // It is known to be there: its absence is doubted.
        Class::Absent if !for_ever => BUILD_FAILED,
        // It goes on.
        Class::Denied | Class::Absent | Class::Refused => UNKNOWN,
        _ => BUILD_FAILED,
    }
}

/// How status checks stand is their `state`; no `status` matters.
fn statuses(cell: &Cell, for_ever: bool) -> i32 {
    match cell.wrong.class {
        Class::UnknownWord => OK,
        _ if cell.wrong.name.ends_with("field=status") => OK,
        _ => under_way(cell, for_ever, true),
    }
}

/// What many are asked for together each is asked for alone if that fails: only a platform that is gone altogether matters.
fn together(cell: &Cell, for_ever: bool) -> i32 {
    match cell.wrong.class {
        Class::Down if for_ever && cell.request == Asked::LatestLater => UNKNOWN,
        Class::Down if for_ever => UNAVAILABLE,
        _ => OK,
    }
}

/// Something that a run can do without: only a platform that is gone altogether matters.
fn aside(cell: &Cell, for_ever: bool) -> i32 {
    match cell.wrong.class {
        Class::Down if for_ever => UNKNOWN,
        _ => OK,
    }
}

/// Watching what is under way: bear with it for longer, then say that sight was lost. `known`: what is asked for is known
/// to be there, so that an absence is doubted.
fn under_way(cell: &Cell, for_ever: bool, known: bool) -> i32 {
    match cell.wrong.class {
        // An unknown word is no verdict: it is waited for another one, up to the deadline.
        Class::UnknownWord if for_ever && known => UNKNOWN,
        Class::UnknownWord => OK,
        Class::Denied => DENIED,
        Class::Absent if known && !for_ever => OK,
        Class::Absent | Class::Refused => UNKNOWN,
        _ if for_ever => UNKNOWN,
        _ => OK,
    }
}

/// A promotion is never sent twice: there is no list of them, so nobody can say that it was not made.
fn promote(cell: &Cell, for_ever: bool) -> i32 {
    match cell.wrong.class {
        Class::NotDone | Class::Page | Class::Down => UNKNOWN,
        // It says that it was not made, but the stage before has changed.
        Class::RateLimited if for_ever => UNKNOWN,
        Class::Denied => DENIED,
        Class::Absent | Class::Refused => REFUSED,
        // If it was made its releases show it.
        _ => OK,
    }
}

/// A check is tried until its time is over. It wants a 200, and does not look at the body.
fn web(cell: &Cell, for_ever: bool) -> Vec<i32> {
    match cell.wrong.class {
        Class::Page | Class::UnknownWord => vec![OK],
        Class::Unreadable
            if !is_broken_connection(cell.wrong.name) || cell.wrong.name == "reset-in-body" =>
        {
            vec![OK]
        }
        // The address of the app is asked for once.
        Class::Elsewhere => vec![VERIFICATION_FAILED],
        // A head of some 200 bytes may or may not come within the time of a try.
        Class::Unreadable if cell.wrong.name.starts_with("drip") && for_ever => {
            vec![OK, VERIFICATION_FAILED]
        }
        _ if for_ever => vec![VERIFICATION_FAILED],
        _ => vec![OK],
    }
}
