//! Checks that are HTTP requests.

use std::time::{Duration, Instant};

use super::{
    Outcome, Subject, Turn,
    answer::{Seen, Wanted},
    board::Step,
    evidence,
    overlap::Old,
    request::Outgoing,
    tries::{Next, Tries},
};
use crate::{
    config::{HttpCheck, HttpTarget},
    http::{Error, answer::read_bounded},
    journal::{Evidence, event::Event},
    platform::Platform,
    redact::Redactor,
    run::{Run, wait::Shown},
};

/// How long one try may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a body is looked at.
const LARGEST_BODY: usize = 1 << 20;

/// One try: whether it held, and what was seen.
struct Try {
    ok: bool,
    seen: String,
    /// The answer, if there was one that was not as wanted.
    evidence: Option<Evidence>,
}

impl<P: Platform> Run<'_, P> {
    /// Asks one app until the answer is what the check wants, or its time is over. That begins when no `old` code answers any
    /// more that could pass the check.
    pub(super) async fn http_check(
        &self,
        name: &str,
        check: &HttpCheck,
        subject: Subject<'_>,
        old: Option<&Old>,
        turn: Turn<'_>,
    ) -> Outcome {
        let place = subject.place;
        let (request, wanted) = match self.asks(check, subject) {
            Ok(ready) => ready,
            Err(seen) => return Outcome::never_tried(seen),
        };
        self.outlast(check, subject, old).await;
        turn.set(Step::Trying);
        let began = Instant::now();
        let what = format!("{name} on {}", place.app.name);
        let cadence = &check.cadence;
        let mut shown = Shown::begin_then(self.journal, &what, cadence.within, "it has failed");
        let mut tries = Tries::default();
        // Of the last bad try before it holds; then of the first one of its soak.
        let mut evidence: Option<Option<Evidence>> = None;
        let redactor = &self.platform.services().redactor;
        let (ok, seen) = loop {
            let left = if tries.is_soaking() {
                TRY_TIMEOUT
            } else {
                cadence.within.saturating_sub(began.elapsed())
            };
            let try_timeout = self.pacing().timeout(TRY_TIMEOUT);
            let limit = try_timeout.min(left.max(Duration::from_secs(1)));
            let Try {
                ok,
                seen,
                evidence: found,
            } = once(&request, &wanted, limit, redactor).await;
            if !ok && (evidence.is_none() || !tries.is_soaking()) {
                evidence = Some(found);
            }
            let elapsed = began.elapsed();
            let pause = match tries.after(ok, &seen, elapsed, cadence) {
                Next::Held => {
                    if !tries.is_soaking() {
                        evidence = None;
                    }
                    break (true, tries.held(seen, cadence));
                }
                Next::Failed => break (false, tries.failed(ok, &seen, elapsed, cadence)),
                Next::Soak(pause) => {
                    evidence = None;
                    turn.set(Step::Holds);
                    drop(shown);
                    let what = format!("{what} to go on holding");
                    shown = Shown::begin_then(self.journal, &what, cadence.soak, "it has passed");
                    pause
                }
                Next::Again(pause) => {
                    self.journal.emit(Event::CheckTried {
                        stage: place.stage.to_owned(),
                        app: place.app.name.clone(),
                        check: name.to_owned(),
                        attempt: tries.count,
                        seen,
                    });
                    pause
                }
            };
            tokio::time::sleep(pause).await;
        };
        drop(shown);
        Outcome {
            ok,
            attempts: tries.count,
            seen,
            took: began.elapsed(),
            evidence: evidence.flatten(),
        }
    }

    /// What is sent to an app, and what is wanted then, or why that can't be.
    fn asks(&self, check: &HttpCheck, subject: Subject<'_>) -> Result<(Outgoing, Wanted), String> {
        let url = match &check.target {
            HttpTarget::Url(url) => url.clone(),
            HttpTarget::Path(path) => {
                let base = subject.place.app.web_url.as_ref();
                let base = base.ok_or("the platform gives no web_url for this app")?;
                // Below the address, not in its place: it may have a path of its own.
                format!("{}{path}", base.as_str().trim_end_matches('/'))
                    .parse()
                    .map_err(|e| format!("the address is not valid: {e}"))?
            }
        };
        let value = |placeholder| subject.value(placeholder, self.id);
        let wanted = Wanted::new(check.status.clone(), check.answer.filled(value))?;
        let outside = &self.platform.services().outside;
        let client = match check.target {
            HttpTarget::Url(_) => outside.client_for(&url)?,
            HttpTarget::Path(_) => outside.client_for_app(&url)?,
        };
        let request = Outgoing::new(client, url, &check.request.filled(value))?;
        Ok((request, wanted))
    }
}

async fn once(request: &Outgoing, wanted: &Wanted, limit: Duration, redactor: &Redactor) -> Try {
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
    let answer = Seen {
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
