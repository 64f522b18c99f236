//! Who must approve a stage before it is changed: the keys of `approval`, and what they mean.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{
    findings::Findings,
    notify::secrets_of,
    placeholder::{Placeholder, fill},
    read::{Spanned, keys},
    values::{HookUrl, Period},
};
use crate::http::is_loopback;

/// How long an approval is waited for, and the pause between two questions, unless `deploy.yaml` says.
const WITHIN: Duration = Duration::from_hours(1);
const EVERY: Duration = Duration::from_secs(10);

/// Who must approve a stage.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Who is asked. Placeholders in it are the run's own.
    url: SecretString,
    /// How long it may take.
    pub within: Duration,
    /// The pause between two questions.
    pub every: Duration,
}

impl Approval {
    /// Who is asked, with the placeholders filled in, as they stand in an address; `None` if that is no address.
    pub fn address(&self, value: impl Fn(Placeholder) -> String) -> Option<Url> {
        let text = fill(self.url.expose_secret(), value);
        Url::parse(&text).ok()
    }

    /// What of its address, filled in, is secret.
    pub fn secrets(url: &Url) -> Vec<String> {
        secrets_of(url.as_str())
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

keys! {
    /// Who must approve a stage, after its requirements and before anything in it is changed.
    struct ApprovalTable, "in `approval`" {
        /// An address that is asked with GET until it answers JSON, `{"state": "approved"}` or `{"state": "rejected"}`, with
        /// `by` and `reason` if it likes; anything else is asked again. The platform's token is not sent, and a redirect is not
        /// followed. It is `https://`, or on loopback. `${run}`, `${version}` and `${commit}` in it are the run's own. It may be a secret, and is not shown.
        needed http: HookUrl,
        /// How long it may take; exit 16 after that. Default: 1h.
        optional within: Period,
        /// The pause between two questions. Default: 10s.
        optional every: Period,
    }
}

/// The approval that a stage needs; `None` if it needs none, or something in it is wrong, which is then in `out`.
pub(super) fn approval(
    raw: Option<&Spanned<ApprovalTable>>,
    out: &mut Findings<'_>,
) -> Option<Approval> {
    let table = raw?.get()?;
    let Some(url) = table.http.get()?.0.clone() else {
        out.add(&table.http.span, "`http` is empty: nobody could approve")
            .help("leave `approval` out if nobody needs to");
        return None;
    };
    let parsed = Url::parse(url.expose_secret());
    if !parsed.is_ok_and(|url| url.scheme() == "https" || is_loopback(&url)) {
        out.add(&table.http.span, "`http` does not begin with `https://`")
            .help("without TLS whoever stands in between could approve; `http://` is for loopback");
    }
    let period = |given: &Option<Spanned<Period>>| {
        given.as_ref().and_then(Spanned::get).map(|period| period.0)
    };
    Some(Approval {
        url,
        within: period(&table.within).unwrap_or(WITHIN),
        every: period(&table.every).unwrap_or(EVERY),
    })
}
