//! Every fault: one row per effect. Its syntax, its line in the grammar and its parsed form are defined only here; its
//! behaviour is in the part of the sandbox that it affects.

use std::time::Duration;

use super::reader::Reader;
use super::{Damage, Effect as E, HttpEffect as H, Occasion as At, When};
use crate::sandbox::log::Origin;

/// What goes wrong.
pub(super) struct Subject {
    /// Its name before the `=`.
    pub(super) name: &'static str,
    /// What can happen to it.
    pub(super) rows: &'static [Row],
    /// Whether its requests are subject to the effects of `http`, too: their method and host.
    pub(super) requests: Option<(Option<&'static str>, Origin)>,
    /// What a fault may be limited to.
    pub(super) scope: Limit,
    /// What the grammar says below.
    pub(super) notes: &'static [&'static str],
}

/// What a fault may be limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Nothing,
    App,
    AppOrTarget,
    /// It must say which requests.
    Requests,
}

/// Reads what stands behind the word of an effect.
type Read = fn(&mut Reader<'_>) -> Result<E, String>;

/// One effect.
pub(super) struct Row {
    /// As the grammar shows it: a word with its argument, or capitals for what stands for any word.
    pub(super) form: &'static str,
    /// What the grammar says after it.
    pub(super) note: &'static str,
    /// When it can strike.
    pub(super) on: At,
    /// Which of the occasions it strikes at, unless the fault says so.
    pub(super) when: When,
    /// Reads what stands behind the word.
    pub(super) read: Read,
}

impl Row {
    const fn once(self) -> Self {
        Self {
            when: When::ONCE,
            ..self
        }
    }

    const fn note(self, note: &'static str) -> Self {
        Self { note, ..self }
    }

    /// Whether a word is this effect's.
    pub(super) fn is_called(&self, word: &str) -> bool {
        self.form.split([':', '[']).next() == Some(word)
    }

    /// Whether any word may be this effect's: the form is in capitals.
    pub(super) fn takes_any(&self) -> bool {
        self.form.bytes().all(|byte| byte.is_ascii_uppercase())
    }
}

/// An effect that always strikes.
const fn on(on: At, form: &'static str, read: Read) -> Row {
    Row {
        form,
        note: "",
        on,
        when: When::ALWAYS,
        read,
    }
}

/// An effect on a request.
const fn http(form: &'static str, read: Read) -> Row {
    on(At::Request, form, read).once()
}

/// All subjects, in the order of the grammar. A subject may stand twice, if its effects are told apart there.
pub(super) const SUBJECTS: [Subject; 18] = [
    Subject {
        name: "build",
        rows: &[
            on(At::Build, "fail", |_| Ok(E::BuildFail)),
            on(At::Build, "slow:DURATION", |r| {
                r.duration().map(E::BuildSlow)
            }),
            on(At::Build, "never", |_| Ok(E::BuildNever)),
            on(At::Build, "release-late:N", |r| {
                r.number().map(E::BuildReleaseLate)
            }),
        ],
        notes: &["scope: an app"],
        ..OF_APPS
    },
    Subject {
        name: "build",
        rows: &[on(At::Service, "refused", |_| Ok(E::BuildRefused))],
        notes: &["scope: an app; Akkeris: its build service takes none"],
        ..OF_APPS
    },
    Subject {
        name: "build",
        rows: &[on(At::Build, "notice", |_| Ok(E::BuildNotice)).once()],
        notes: &[
            "scope: an app; Heroku: a failure on purpose, the first",
            "build unless @WHEN says more",
        ],
        ..OF_APPS
    },
    Subject {
        name: "release-phase",
        rows: &[
            on(At::Phase, "fail", |_| Ok(E::PhaseFail)),
            on(At::Phase, "slow:DURATION", |r| {
                r.duration().map(E::PhaseSlow)
            }),
            on(At::Phase, "never", |_| Ok(E::PhaseNever)),
        ],
        notes: &["scope: an app; adds a release phase if there is none"],
        ..OF_APPS
    },
    Subject {
        name: "release",
        rows: &[on(At::Release, "expire", |_| Ok(E::ReleaseExpire))],
        notes: &["scope: an app"],
        ..OF_APPS
    },
    Subject {
        name: "images",
        rows: &[on(At::Images, "unnamed", |_| Ok(E::ImagesUnnamed))],
        notes: &["scope: an app; their release does not say which they are"],
        ..OF_APPS
    },
    Subject {
        name: "blob",
        rows: &[
            on(At::Blob, "cut[:P%]", |r| r.percent().map(E::BlobCut)).once(),
            on(At::Blob, "corrupt", |_| Ok(E::BlobCorrupt)).once(),
            on(At::Blob, "forgotten", |_| Ok(E::BlobForgotten)).once(),
            on(At::StoredBlob, "elsewhere", |_| Ok(E::BlobElsewhere)),
        ],
        notes: &[
            "scope: an app; the first part pushed of a blob, or for",
            "elsewhere any that is there: the answer is a redirect (307)",
        ],
        ..OF_APPS
    },
    Subject {
        name: "target",
        rows: &[
            on(At::Target, "fail", |_| Ok(E::TargetFail)),
            on(At::Target, "never", |_| Ok(E::TargetNever)),
            on(At::Target, "second-factor", |_| Ok(E::TargetSecondFactor)),
        ],
        scope: Limit::AppOrTarget,
        notes: &["scope: an app, or the Nth target of a promotion"],
        ..OF_APPS
    },
    Subject {
        name: "dynos",
        rows: &[
            on(At::Dynos, "crash", |_| Ok(E::DynosCrash)),
            on(At::Dynos, "late:N", |r| {
                r.first_times(0).map(|()| E::DynosLate)
            }),
            on(At::Dynos, "old", |_| Ok(E::DynosOld)),
            on(At::Dynos, "one-off", |_| Ok(E::DynosOneOff)),
        ],
        notes: &[
            "scope: an app; WHEN counts the looks; late: starting at first",
            "old: of the release before; one-off: beside the formation's",
        ],
        ..OF_APPS
    },
    Subject {
        name: "app",
        rows: &[
            on(At::Feature, "preboot", |_| Ok(E::AppPreboot)),
            on(At::App, "stack", |_| Ok(E::AppStack)),
            on(At::Buildpacks, "buildpacks", |_| Ok(E::AppBuildpacks)),
            on(At::ConfigVars, "config-vars", |_| Ok(E::AppConfigVars)),
            on(At::Addons, "add-ons", |_| Ok(E::AppAddons)),
        ],
        notes: &[
            "scope: an app; Heroku; WHEN counts the looks at each",
            "preboot: it is on, and old code answers; stack: an old one",
            "buildpacks, config-vars, add-ons: one more than there is",
        ],
        ..OF_APPS
    },
    Subject {
        name: "log",
        rows: &[
            on(At::Log, "hostile", |_| Ok(E::LogHostile)),
            on(At::Log, "flood:LINES", |r| r.number().map(E::LogFlood)),
            on(At::Log, "split", |_| Ok(E::LogSplit)),
        ],
        notes: &["scope: an app"],
        ..OF_APPS
    },
    Subject {
        name: "stream",
        rows: &[
            on(At::Stream, "cut[:P%]", |r| r.percent().map(E::StreamCut)).once(),
            on(At::Stream, "reset[:P%]", |r| {
                r.percent().map(E::StreamReset)
            })
            .once(),
            on(At::Stream, "silent", |_| Ok(E::StreamSilent)).once(),
            on(At::Channel, "late:N", |r| {
                r.first_times(0).map(|()| E::StreamLate)
            }),
            on(At::Stream, "text", |_| Ok(E::StreamText)),
            on(At::Stream, "replay", |_| Ok(E::StreamReplay)),
            on(At::Url(Origin::Stream), "refused", |_| Ok(E::Refused)),
            on(At::Url(Origin::Stream), "unresolved", |_| Ok(E::Unresolved)),
        ],
        notes: &[
            "scope: an app; the first reader unless @WHEN says more",
            "text: never as events; replay: always from the start",
        ],
        ..OF_APPS
    },
    Subject {
        name: "upload",
        rows: &[
            on(At::Request, "STATUS", status),
            on(At::Upload, "lost", |_| Ok(E::UploadLost)),
            on(At::Upload, "corrupt", |_| Ok(E::UploadCorrupt)),
            on(At::Url(Origin::Upload), "refused", |_| Ok(E::Refused)),
            on(At::Url(Origin::Upload), "unresolved", |_| Ok(E::Unresolved)),
        ],
        requests: Some((Some("PUT"), Origin::Upload)),
        scope: Limit::Nothing,
        notes: &[],
    },
    Subject {
        name: "web",
        rows: &[
            on(At::Request, "STATUS", status),
            on(At::Request, "down-until:N", |r| {
                r.first_times(1).map(|()| E::Http(H::status(503)))
            }),
            on(At::Request, "login", |_| is(H::Login)).note("(200 with the page of a sign-on)"),
            on(At::Url(Origin::Web), "refused", |_| Ok(E::Refused)),
            on(At::Url(Origin::Web), "unresolved", |_| Ok(E::Unresolved)),
        ],
        requests: Some((None, Origin::Web)),
        notes: &["scope: an app"],
        ..OF_APPS
    },
    Subject {
        name: "pipeline",
        rows: &[on(At::Pipeline, "ambiguous", |_| Ok(E::PipelineAmbiguous))],
        scope: Limit::Nothing,
        notes: &["two pipelines have the name"],
        ..OF_APPS
    },
    Subject {
        name: "coupling",
        rows: &[on(At::Coupling, "listed", |_| Ok(E::CouplingListed))],
        scope: Limit::Nothing,
        notes: &["Heroku: an app's coupling comes in a list"],
        ..OF_APPS
    },
    Subject {
        name: "page",
        rows: &[on(At::Page, "N", page)],
        scope: Limit::Nothing,
        notes: &["lists come N at a time"],
        ..OF_APPS
    },
    Subject {
        name: "http",
        rows: &HTTP,
        scope: Limit::Requests,
        notes: &[
            "scope: [METHOD ]KIND",
            "the first request unless @WHEN says more",
        ],
        ..OF_APPS
    },
];

/// What happens to a request. Those of other subjects take these effects, too, and always unless the fault says when.
pub(super) const HTTP: [Row; 20] = [
    http("STATUS", status),
    http("reset", |_| is(H::Reset { after: false })),
    http("reset-in-head", |_| is(H::ResetInHead)),
    http("reset-in-body", |_| is(H::ResetInBody)),
    http("reset-after", |_| is(H::Reset { after: true })),
    http("hang", |_| is(H::Hang)),
    http("silent", |_| is(H::Hang)),
    http("html", |_| is(H::Html)),
    http("invalid-json", |_| is(H::InvalidJson)),
    http("truncated", |_| is(H::Truncated)),
    http("unknown-enum", |_| is(H::UnknownEnum)),
    http("wrong-types", |_| is(H::Fields(Damage::WrongType, None))),
    http("missing", |_| is(H::Fields(Damage::Missing, None))),
    http("null", |_| is(H::Fields(Damage::Null, None))),
    http("redirect", |_| is(H::Redirect)),
    http("drip:DURATION", |r| timed(r, H::Drip)),
    http("delay:DURATION", |r| {
        timed(r, |time| H::Delay { time, after: false })
    }),
    http("delay-after:DURATION", |r| {
        timed(r, |time| H::Delay { time, after: true })
    })
    .note("(the request is carried out at once)"),
    http("stale", |_| is(H::Stale))
        .note("(reset, not carried out, if the connection\nwas used before)"),
    http("down:DURATION", |r| timed(r, H::Down)).note("(reset, and refused for that long)"),
];

const OF_APPS: Subject = Subject {
    name: "",
    rows: &[],
    requests: None,
    scope: Limit::App,
    notes: &[],
};

#[expect(clippy::unnecessary_wraps, reason = "every row reads to a result")]
fn is(effect: H) -> Result<E, String> {
    Ok(E::Http(effect))
}

fn timed(reader: &mut Reader<'_>, effect: fn(Duration) -> H) -> Result<E, String> {
    reader.duration().map(|time| E::Http(effect(time)))
}

fn status(reader: &mut Reader<'_>) -> Result<E, String> {
    let word = reader.word;
    let code = word.parse().ok().filter(|code| (200..=599).contains(code));
    let code =
        code.ok_or_else(|| format!("`{word}` is neither a status nor an effect on requests"))?;
    is(H::status(code))
}

fn page(reader: &mut Reader<'_>) -> Result<E, String> {
    let size = reader.word.parse().ok().filter(|size| *size > 0);
    size.map(E::Page)
        .ok_or_else(|| "`page` needs a number above 0".to_owned())
}
