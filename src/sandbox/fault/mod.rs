//! What can go wrong in the sandbox, and how to say so.
//!
//! A fault is one line of text:
//!
//! ```text
//! SUBJECT=EFFECT[:ARGUMENT][,OPTION...][@WHEN][:SCOPE]
//! ```
//!
//! [`GRAMMAR`] lists the subjects and effects. `WHEN` counts the occasions that a fault could strike at: builds for
//! `build`, readers for `stream`, requests for `http`. Every fault counts for itself, so a rehearsal is repeatable.

mod book;
mod kind;
mod parse;
mod reader;

use std::fmt;
use std::time::Duration;

pub(super) use book::{Book, Occasion};
pub(super) use kind::{Matcher, Target};
pub use parse::BadFault;

/// The grammar of a fault, as `--fault` and its errors show it.
pub const GRAMMAR: &str = "\
SUBJECT=EFFECT[:ARGUMENT][,OPTION...][@WHEN][:SCOPE]

  build=fail | slow:DURATION | never | release-late:N
                 scope: an app
  build=refused  scope: an app; Akkeris: its build service takes none
  release-phase=fail | slow:DURATION | never
                 scope: an app; adds a release phase if there is none
  release=expire
                 scope: an app
  target=fail | never | second-factor
                 scope: an app, or the Nth target of a promotion
  log=hostile | flood:LINES | split
                 scope: an app
  stream=cut[:P%] | reset[:P%] | silent | late:N | text | replay
       | refused | unresolved
                 scope: an app; the first reader unless @WHEN says more
                 text: never as events; replay: always from the start
  upload=STATUS | lost | corrupt | refused | unresolved
       | any effect of http
  web=STATUS | down-until:N | refused | unresolved | any effect of http
                 scope: an app
  pipeline=ambiguous
                 two pipelines have the name
  page=N         lists come N at a time
  http=STATUS | reset | reset-in-head | reset-in-body | reset-after
       | hang | silent | html | invalid-json | truncated | unknown-enum
       | wrong-types | missing | null | redirect
       | drip:DURATION | delay:DURATION
       | delay-after:DURATION  (the request is carried out at once)
       | stale                 (reset, not carried out, if the connection
                               was used before)
       | down:DURATION         (reset, and nobody listens for so long)
                 scope: [METHOD ]KIND
                 the first request unless @WHEN says more

OPTION    of STATUS: retry-after=SECONDS | retry-after=date+SECONDS
          | retry-after=epoch+SECONDS
          | after (the request is carried out, only its answer is lost)
          | html (as of a proxy, a firewall, a login page)
          | id=WORD (the error's id, or the upload host's code)
          of wrong-types, missing and null: field=NAME, else all fields
WHEN      N | N+ | N-M | * : the Nth time, from then on, up to the Mth,
          always
KIND      any, api, account, apps, config-vars, sources, builds, slugs,
          releases, pipelines, couplings, promotions, targets, filters,
          upload, stream, web, or the beginning of a path, where * stands
          for one segment: /apps/*/builds; with $ behind it the whole path
DURATION  such as 250ms, 30s, 2m, 1h

examples:
  build=fail
  stream=cut:50%
  target=fail:2
  web=503:acme-shop-eu
  http=429,retry-after=2@2:GET builds
  http=reset-after:POST promotions
  http=503,html@1-3:GET targets";

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    text: String,
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
    LogHostile,
    LogFlood(u32),
    LogSplit,
    /// A clean end after this many per cent.
    StreamCut(u8),
    /// A broken connection after this many per cent.
    StreamReset(u8),
    /// Neither text nor heartbeats.
    StreamSilent,
    /// Text, also to those who want events.
    StreamText,
    /// Everything from the start, wherever a reader wants to go on.
    StreamReplay,
    UploadLost,
    UploadCorrupt,
    PipelineAmbiguous,
    Page(usize),
    /// URLs of this host lead to a port where nobody listens.
    Refused(super::log::Origin),
    /// URLs of this host have a name that nobody knows.
    Unresolved(super::log::Origin),
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
        /// Whether the request is carried out all the same.
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
    /// 200 with something that is almost JSON.
    InvalidJson,
    /// The answer ends in the middle of its JSON, as if that were all.
    Truncated,
    /// Every status in the answer is a word that nobody knows.
    UnknownEnum,
    /// Fields of the answer are not as promised: this one, or all.
    Fields(Damage, Option<String>),
    /// 302 to another host.
    Redirect,
    /// The connection is reset, and the request is not carried out, if the connection was used before.
    Stale,
    /// The connection is reset, and for so long nobody listens.
    Down(Duration),
    /// The answer comes byte by byte, with this pause between.
    Drip(Duration),
    /// The answer comes later; the request is carried out at once if `after`, else as late.
    Delay { time: Duration, after: bool },
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
