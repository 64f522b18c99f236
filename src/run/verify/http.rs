//! Checks that are HTTP requests.

use std::time::{Duration, Instant};

use url::Url;

use super::{
    Outcome, Subject,
    answer::{Seen, Wanted},
    overlap::Old,
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
        let wanted = match Wanted::new(check.status, check.answer.filled(value)) {
            Ok(wanted) => wanted,
            Err(why) => return gone(why),
        };
        let outside = &self.platform.services().outside;
        let client = match check.target {
            HttpTarget::Url(_) => outside.client_for(&url),
            HttpTarget::Path(_) => outside.client_for_app(&url),
        };
        let client = match client {
            Ok(client) => client,
            Err(why) => return gone(why),
        };
        self.outlast(name, check, subject, old).await;
        let began = Instant::now();
        let what = format!("{name} on {}", place.app.name);
        let _shown = Shown::begin(self.journal, &what, check.within);
        let (mut attempts, mut in_a_row) = (0, 0);
        let (ok, seen) = loop {
            attempts += 1;
            let left = check.within.saturating_sub(began.elapsed());
            let try_timeout = self.pacing().timeout(TRY_TIMEOUT);
            let limit = try_timeout.min(left.max(Duration::from_secs(1)));
            let (ok, seen) = once(&client, &url, &wanted, limit).await;
            in_a_row = if ok { in_a_row + 1 } else { 0 };
            if in_a_row >= check.successes {
                break (true, seen);
            }
            if began.elapsed() + check.every > check.within {
                let within = crate::units::duration(check.within);
                let seen = if ok {
                    format!(
                        "{seen}, but only {in_a_row} of {} times in a row within {within}",
                        check.successes
                    )
                } else {
                    let tries = if attempts == 1 { "try" } else { "tries" };
                    format!("{seen}, after {attempts} {tries} within {within}")
                };
                break (false, seen);
            }
            self.journal.emit(Event::CheckTried {
                stage: place.stage.to_owned(),
                app: place.app.name.clone(),
                check: name.to_owned(),
                attempt: attempts,
                seen,
            });
            tokio::time::sleep(check.every).await;
        };
        Outcome {
            ok,
            attempts,
            seen,
            took: began.elapsed(),
        }
    }
}

/// One try: whether it held, and what was seen. It has a connection of its own: one that was kept might be closed by the
/// server just then, and would always reach the same of its processes.
async fn once(
    client: &reqwest::Client,
    url: &Url,
    wanted: &Wanted,
    limit: Duration,
) -> (bool, String) {
    let request = client.get(url.clone()).timeout(limit).send();
    let response = match request.await {
        Ok(response) => response,
        Err(e) => return (false, Error::from_reqwest("", &e).message),
    };
    let (status, headers) = (response.status(), response.headers().clone());
    let body = match read_bounded(response, LARGEST_BODY).await {
        Ok(body) => Ok(body),
        Err(e) => Err(Error::from_reqwest("", &e).message),
    };
    let seen = Seen {
        url,
        status,
        headers: &headers,
        body: body.as_deref().map_err(String::as_str),
    };
    wanted.judge(&seen)
}
