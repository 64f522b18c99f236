//! Checks that are HTTP requests.

use std::time::{Duration, Instant};

use super::{
    Outcome, Subject,
    answer::{Seen, Wanted},
    overlap::Old,
    request::Outgoing,
    tries::{Next, Tries},
};
use crate::{
    config::{HttpCheck, HttpTarget},
    http::{Error, answer::read_bounded},
    journal::event::Event,
    platform::Platform,
    run::{Run, wait::Shown},
};

/// How long one try may take.
const TRY_TIMEOUT: Duration = Duration::from_secs(15);
/// How much of a body is looked at.
const LARGEST_BODY: usize = 1 << 20;

impl<P: Platform> Run<'_, P> {
    /// Asks one app until the answer is what the check wants, or its time is over. That begins when no `old` code answers any
    /// more that could pass the check.
    pub(super) async fn http_check(
        &self,
        name: &str,
        check: &HttpCheck,
        subject: Subject<'_>,
        old: Option<Old>,
    ) -> Outcome {
        let place = subject.place;
        let gone = |seen: String| Outcome {
            ok: false,
            attempts: 0,
            seen,
            took: Duration::ZERO,
        };
        let url = match &check.target {
            HttpTarget::Url(url) => url.clone(),
            HttpTarget::Path(path) => match &place.app.web_url {
                // Below the address, not in its place: it may have a path of its own.
                Some(base) => {
                    match format!("{}{path}", base.as_str().trim_end_matches('/')).parse() {
                        Ok(url) => url,
                        Err(e) => return gone(format!("the address is not valid: {e}")),
                    }
                }
                None => return gone("the platform gives no web_url for this app".to_owned()),
            },
        };
        let value = |placeholder| subject.value(placeholder, self.id);
        let wanted = match Wanted::new(check.status.clone(), check.answer.filled(value)) {
            Ok(wanted) => wanted,
            Err(why) => return gone(why),
        };
        let outside = &self.platform.services().outside;
        let client = match check.target {
            HttpTarget::Url(_) => outside.client_for(&url),
            HttpTarget::Path(_) => outside.client_for_app(&url),
        };
        let request =
            client.and_then(|client| Outgoing::new(client, url, &check.request.filled(value)));
        let request = match request {
            Ok(request) => request,
            Err(why) => return gone(why),
        };
        self.outlast(name, check, subject, old).await;
        let began = Instant::now();
        let what = format!("{name} on {}", place.app.name);
        let cadence = &check.cadence;
        let mut shown = Shown::begin(self.journal, &what, cadence.within);
        let mut tries = Tries::default();
        let (ok, seen) = loop {
            let left = if tries.is_soaking() {
                TRY_TIMEOUT
            } else {
                cadence.within.saturating_sub(began.elapsed())
            };
            let try_timeout = self.pacing().timeout(TRY_TIMEOUT);
            let limit = try_timeout.min(left.max(Duration::from_secs(1)));
            let (ok, seen) = once(&request, &wanted, limit).await;
            let elapsed = began.elapsed();
            let pause = match tries.after(ok, &seen, elapsed, cadence) {
                Next::Held => break (true, tries.held(seen, cadence)),
                Next::Failed => break (false, tries.failed(ok, &seen, elapsed, cadence)),
                Next::Soak(pause) => {
                    drop(shown);
                    shown = Shown::begin(
                        self.journal,
                        &format!("{what} to go on holding"),
                        cadence.soak,
                    );
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
        let attempts = tries.count;
        Outcome {
            ok,
            attempts,
            seen,
            took: began.elapsed(),
        }
    }
}

/// One try: whether it held, and what was seen.
async fn once(request: &Outgoing, wanted: &Wanted, limit: Duration) -> (bool, String) {
    let response = match request.send(limit).await {
        Ok(response) => response,
        Err(e) => return (false, Error::from_reqwest("", &e).message),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = match read_bounded(response, LARGEST_BODY).await {
        Ok(body) => Ok(body),
        Err(e) => Err(Error::from_reqwest("", &e).message),
    };
    let seen = Seen {
        url: request.url(),
        status,
        headers: &headers,
        body: body.as_deref().map_err(String::as_str),
    };
    wanted.judge(&seen)
}
