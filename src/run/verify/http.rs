//! Checks that are HTTP requests.

use std::time::Duration;

use super::{
    Ended, Outcome, Subject, Turn,
    answer::{Expectation, Response},
    board::Step,
    evidence,
    overlap::Overlap,
    polling::{TRY_TIMEOUT, Try},
    request::Outgoing,
};
use crate::{
    config::{HttpCheck, HttpTarget},
    http::{Error, answer::read_bounded},
    redact::Redactor,
    run::Run,
};

/// How much of a body is looked at.
const LARGEST_BODY: usize = 1 << 20;

impl Run<'_> {
    /// Asks one app until the answer is what the check wants, or its time is over. The time starts once no `old` code
    /// that could pass the check still answers.
    pub(super) async fn http_check(
        &self,
        name: &str,
        check: &HttpCheck,
        subject: Subject<'_>,
        old: Option<&Overlap>,
        turn: Turn<'_>,
    ) -> Ended {
        let (request, wanted) = match self.asks(check, subject) {
            Ok(ready) => ready,
            Err(seen) => return Ended::Outcome(Outcome::never_tried(seen)),
        };
        self.wait_out_old_code(check, subject, old).await;
        turn.set(Step::Trying);
        let redactor = &self.platform.services().redactor;
        let longest = self.pacing().timeout(TRY_TIMEOUT);
        let look = async |left: Duration| {
            let limit = longest.min(left.max(Duration::from_secs(1)));
            Ok(once(&request, &wanted, limit, redactor).await)
        };
        self.poll_check(name, subject.place, &check.cadence, turn, look)
            .await
    }

    /// The request to an app and the wanted answer, or why they can't be made.
    fn asks(
        &self,
        check: &HttpCheck,
        subject: Subject<'_>,
    ) -> Result<(Outgoing, Expectation), String> {
        let url = match &check.target {
            HttpTarget::Url(url) => url.clone(),
            HttpTarget::Path(path) => {
                let base = subject.place.app.web_url.as_ref();
                let base = base.ok_or("the platform gives no web_url for this app")?;
                // Appended, not joined: the address may have a path of its own.
                format!("{}{path}", base.as_str().trim_end_matches('/'))
                    .parse()
                    .map_err(|e| format!("the address is not valid: {e}"))?
            }
        };
        let value = |placeholder| subject.value(placeholder, self.id);
        let wanted = Expectation::new(check.status.clone(), check.answer.filled(value))?;
        let outside = &self.platform.services().outside;
        let client = match check.target {
            HttpTarget::Url(_) => outside.client_for(&url)?,
            HttpTarget::Path(_) => outside.client_for_app(&url)?,
        };
        let request = Outgoing::new(client, url, &check.request.filled(value))?;
        Ok((request, wanted))
    }
}

async fn once(
    request: &Outgoing,
    wanted: &Expectation,
    limit: Duration,
    redactor: &Redactor,
) -> Try {
    let nothing = |e: &reqwest::Error| Try {
        ok: false,
        seen: Error::from_reqwest("", e).message,
        evidence: None,
    };
    let response = match request.send(limit).await {
        Ok(response) => response,
        Err(e) => return nothing(&e),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = match read_bounded(response, LARGEST_BODY).await {
        Ok(body) => Ok(body),
        Err(e) => Err(Error::from_reqwest("", &e).message),
    };
    let answer = Response {
        url: request.url(),
        status,
        headers: &headers,
        body: body.as_deref().map_err(String::as_str),
    };
    let (ok, seen) = wanted.judge(&answer);
    Try {
        ok,
        seen,
        evidence: (!ok).then(|| evidence::of(&answer, redactor)),
    }
}
