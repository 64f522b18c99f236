//! Who must approve a stage before it is changed: the keys of `approval`, and what they mean.

use std::{borrow::Cow, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    findings::Findings,
    node::{Kind, Node},
    placeholder::{Placeholder, fill},
    read::{Read, Spanned, keys, wrong_type},
    values::{HookUrl, Period, Prompt},
};
use crate::http::is_loopback;

/// How long an approval is waited for, and the pause between two polls, unless `deploy.yaml` says.
const WITHIN: Duration = Duration::from_hours(1);
const EVERY: Duration = Duration::from_secs(10);

/// Who must approve a stage.
#[derive(Clone, Debug)]
pub enum Approval {
    /// Whoever is behind an address.
    Http(Polled),
    /// The person at the terminal that the run was started from.
    Prompt {
        /// How long the answer may take.
        within: Duration,
    },
}

/// Who is asked by `prompt`.
pub const THE_PERSON: &str = "the person at the terminal";

impl Approval {
    /// How long it may take.
    pub fn within(&self) -> Duration {
        match self {
            Self::Http(polled) => polled.within,
            Self::Prompt { within } => *within,
        }
    }

    /// Who is asked, as `plan` shows it.
    pub fn asked(&self) -> String {
        match self {
            Self::Http(polled) => polled.host(),
            Self::Prompt { .. } => THE_PERSON.to_owned(),
        }
    }

    /// Its address, if it has one.
    pub fn http(&self) -> Option<&Polled> {
        match self {
            Self::Http(polled) => Some(polled),
            Self::Prompt { .. } => None,
        }
    }
}

/// An address that is polled until it approves.
#[derive(Clone, Debug)]
pub struct Polled {
    /// The address. Placeholders in it are the run's own.
    url: SecretString,
    /// How long it may take.
    pub within: Duration,
    /// The pause between two polls.
    pub every: Duration,
}

impl Polled {
    /// The address with the placeholders filled in, as they stand in an address; `None` if that is no address.
    pub fn address(&self, value: impl Fn(Placeholder) -> String) -> Option<Url> {
        let text = fill(self.url.expose_secret(), value);
        Url::parse(&text).ok()
    }

    /// The host that is asked.
    pub fn host(&self) -> String {
        let url = Url::parse(self.url.expose_secret()).ok();
        url.and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Its address as it is written.
    pub fn written(&self) -> &SecretString {
        &self.url
    }
}

/// Who must approve: the word `prompt`, or a table.
#[derive(Clone, Debug)]
pub(super) enum ApprovalKey {
    Prompt,
    Table(Box<ApprovalTable>),
}

impl Read for ApprovalKey {
    fn read(node: &Node, what: &str, out: &mut Findings<'_>) -> Option<Self> {
        match &node.kind {
            Kind::Map(_) => {
                ApprovalTable::read(node, what, out).map(|table| Self::Table(Box::new(table)))
            }
            Kind::Scalar(_) => Prompt::read(node, what, out).map(|Prompt| Self::Prompt),
            Kind::List(_) | Kind::Unknown => {
                wrong_type(node, what, "`prompt` or a map of keys", out);
                None
            }
        }
    }
}

impl JsonSchema for ApprovalKey {
    fn schema_name() -> Cow<'static, str> {
        "Approval".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let prompt = generator.subschema_for::<Prompt>();
        let table = generator.subschema_for::<ApprovalTable>();
        json_schema!({ "anyOf": [prompt, table] })
    }
}

keys! {
    /// Who must approve a stage, after its requirements and before anything in it is changed.
    struct ApprovalTable, "in `approval`" {
        /// An address that is polled with GET until it answers JSON, `{"state": "approved"}` or `{"state": "rejected"}`,
        /// optionally with `by` and `reason`; any other answer means that it is asked again. The platform's token is not sent,
        /// and a redirect is not followed. It is `https://`, or on loopback. `${run}`, `${version}` and `${commit}` in it are
        /// the run's own. It may be a secret, and is not shown.
        optional http: HookUrl,
        /// `true`: the person at the terminal that the run was started from says yes or no. `prompt` in the place of these keys is
        /// short for it.
        optional prompt: bool,
        /// How long it may take; exit 16 after that. Default: 1h.
        optional within: Period,
        /// The pause between two polls of `http`. Default: 10s.
        optional every: Period,
    }
    rules { "oneOf": [{ "required": ["http"] }, { "required": ["prompt"] }] }
}

/// The approval that a stage needs; `None` if it needs none, or something in it is wrong, which is then in `out`.
pub(super) fn approval(
    raw: Option<&Spanned<ApprovalKey>>,
    out: &mut Findings<'_>,
) -> Option<Approval> {
    let raw = raw?;
    let table = match raw.get()? {
        ApprovalKey::Prompt => return Some(Approval::Prompt { within: WITHIN }),
        ApprovalKey::Table(table) => table,
    };
    let period = |given: &Option<Spanned<Period>>| {
        given.as_ref().and_then(Spanned::get).map(|period| period.0)
    };
    let within = period(&table.within).unwrap_or(WITHIN);
    let given = match (&table.http, &table.prompt) {
        (Some(http), None) => http,
        (None, Some(prompt)) => {
            if prompt.get() == Some(&false) {
                out.add(&prompt.span, "`prompt` is `true`, or left out");
            }
            if let Some(every) = &table.every {
                out.add(&every.span, "`every` is for `http`: a person is asked once");
            }
            return Some(Approval::Prompt { within });
        }
        (Some(_), Some(prompt)) => {
            out.add(
                &prompt.span,
                "`http` and `prompt` can't stand together: one of the two approves",
            );
            return None;
        }
        (None, None) => {
            out.add(&raw.span, "`approval` needs `http` or `prompt`");
            return None;
        }
    };
    let Some(url) = given.get()?.0.clone() else {
        out.add(&given.span, "`http` is empty: nobody could approve")
            .help("leave `approval` out if nobody needs to");
        return None;
    };
    let parsed = Url::parse(url.expose_secret());
    if !parsed.is_ok_and(|url| url.scheme() == "https" || is_loopback(&url)) {
        out.add(&given.span, "`http` does not begin with `https://`")
            .help("without TLS whoever stands in between could approve; `http://` is for loopback");
    }
    Some(Approval::Http(Polled {
        url,
        within,
        every: period(&table.every).unwrap_or(EVERY),
    }))
}
