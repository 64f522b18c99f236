//! What can go wrong in the sandbox, and how to say so.
//!
//! A fault is one line of text:
//!
//! ```text
//! SUBJECT=EFFECT[:ARGUMENT][,OPTION...][@WHEN][:SCOPE]
//! ```
//!
//! [`grammar`] lists the subjects and effects, out of the one table that says what there is (`table.rs`). `WHEN` counts the occasions that a fault could strike at: builds for
//! `build`, readers for `stream`, requests for `http`. Every fault counts for itself, so a rehearsal is repeatable.

mod grammar;
mod kind;
mod parse;
mod reader;
mod schedule;
mod table;

use std::fmt;
use std::time::Duration;

pub use grammar::grammar;
pub(super) use kind::{Matcher, Target};
pub use parse::BadFault;
pub(super) use schedule::{Occasion, Schedule};

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    text: String,
    on: Occasion,
    effect: Effect,
    when: When,
    scope: Scope,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a fault does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    BuildFail,
    BuildNotice,
    BuildSlow(Duration),
    BuildNever,
    BuildRefused,
    BuildReleaseLate(u32),
    PhaseFail,
    PhaseSlow(Duration),
    PhaseNever,
    ReleaseExpire,
    TargetFail,
    TargetNever,
    TargetSecondFactor,
    DynosCrash,
    ImagesUnnamed,
    DynosLate,
    DynosOld,
    DynosOneOff,
    /// Its feature `preboot` is on.
    AppPreboot,
    /// It is on an old stack.
    AppStack,
    /// It has one more of these than it has.
    AppBuildpacks,
    AppConfigVars,
    AppAddons,
    LogHostile,
    LogFlood(u32),
    LogSplit,
    /// A clean end after this many per cent.
    StreamCut(u8),
    /// A broken connection after this many per cent.
    StreamReset(u8),
    /// There is no such channel yet.
    StreamLate,
    /// Neither text nor heartbeats.
    StreamSilent,
    /// Text, also to those who want events.
    StreamText,
    /// Everything from the start, wherever a reader wants to go on.
    StreamReplay,
    UploadLost,
    UploadCorrupt,
    /// A part of a blob breaks off after this many per cent, which are kept.
    BlobCut(u8),
    /// What comes of a blob is kept wrong.
    BlobCorrupt,
    /// There is no such upload any more.
    BlobForgotten,
    /// A blob is kept elsewhere: a redirect says where.
    BlobElsewhere,
    PipelineAmbiguous,
    CouplingListed,
    Page(usize),
    /// URLs of the host lead to a port where nothing listens.
    Refused,
    /// URLs of the host have a name that does not resolve.
    Unresolved,
    Http(HttpEffect),
}

/// What a fault does to one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HttpEffect {
    /// Another status instead of the answer.
    Status {
        code: u16,
        retry_after: Option<RetryAfter>,
        html: bool,
        /// Whether the request is carried out anyway.
        after: bool,
        /// The error's id, or the upload host's code, in place of the usual one.
        word: Option<String>,
    },
    /// The connection is reset instead of an answer; the request is carried out if `after`.
    Reset { after: bool },
    /// The connection is reset within the answer's head.
    ResetInHead,
    /// The connection is reset within the answer's body.
    ResetInBody,
    /// No answer, ever.
    Hang,
    /// 200 with a page of HTML.
    Html,
    /// 200 with the page of a single sign-on.
    Login,
    /// 200 with something that is almost JSON.
    InvalidJson,
    /// The answer ends in the middle of its JSON, as if that were all.
    Truncated,
    /// Every status in the answer is an unknown word.
    UnknownEnum,
    /// Fields of the answer are not as promised: this one, or all.
    Fields(Damage, Option<String>),
    /// 302 to another host.
    Redirect,
    /// The connection is reset, and the request is not carried out, if the connection was used before.
    Stale,
    /// The connection is reset, and new ones are refused for this long.
    Down(Duration),
    /// The answer comes byte by byte, with this pause between.
    Drip(Duration),
    /// The answer comes later; the request is carried out at once if `after`, else as late.
    Delay { time: Duration, after: bool },
}

impl HttpEffect {
    /// Another status, without options.
    pub(super) fn status(code: u16) -> Self {
        Self::Status {
            code,
            retry_after: None,
            html: false,
            after: false,
            word: None,
        }
    }
}

/// What is wrong with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// Its value is of another type.
    WrongType,
    /// It is not there.
    Missing,
    /// It is `null`.
    Null,
}

/// How `Retry-After` is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAfter {
    Seconds(u64),
    Date(u32),
    Epoch(u32),
}

/// Which of the occasions a fault strikes at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct When {
    first: u32,
    last: u32,
}

impl When {
    pub(super) const ALWAYS: Self = Self {
        first: 1,
        last: u32::MAX,
    };
    pub(super) const ONCE: Self = Self { first: 1, last: 1 };

    fn includes(self, n: u32) -> bool {
        (self.first..=self.last).contains(&n)
    }
}

/// What a fault is limited to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Everything,
    App(String),
    /// The Nth target of a promotion, from 1.
    Index(usize),
    Requests(Matcher),
}
