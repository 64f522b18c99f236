//! Waits for the platform's verdict: polls quickly at first and more slowly later, one request at a time, up to a
//! deadline. Meanwhile the output is shown; it decides nothing.

use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::{
    Run,
    follow::{Origin, OutputEnd},
};
use crate::{
    http::{Error, SecretUrl},
    journal::WaitGuard,
};

/// What a wait for a release or a promotion ends with at its deadline.
pub(super) const NOT_KNOWN: &str = "the run ends, and how it went is not known";

/// The word for what is under way.
const PENDING: &str = "pending";

/// What one poll showed.
pub(super) enum Poll<T> {
    /// It has not ended.
    Pending {
        /// The platform's word.
        word: String,
        /// Where its output is, if it has any.
        output: Option<SecretUrl>,
    },
    /// It finished.
    Done(T),
}

/// Why a wait ended without a verdict.
pub(super) enum NoVerdict {
    /// The deadline passed; the status was this.
    Deadline(String),
    /// The platform could no longer be asked.
    Lost(Error),
}

/// What a wait gave: the verdict, and the last lines of the output.
pub(super) struct WaitOutcome<T> {
    pub(super) verdict: Result<T, NoVerdict>,
    pub(super) tail: Vec<String>,
}

impl Run<'_> {
    /// Waits by calling `look` until it is done. Where there is output, it is followed meanwhile; `renew` asks where it is now.
    pub(super) async fn wait<T>(
        &self,
        waiting: WaitGuard<'_>,
        output: Option<SecretUrl>,
        origin: Origin,
        look: impl AsyncFnMut(Duration) -> Result<Poll<T>, Error>,
        renew: impl AsyncFn() -> Option<SecretUrl>,
    ) -> WaitOutcome<T> {
        let (url, urls) = watch::channel(output);
        let stream_ended = Notify::new();
        let over = OutputEnd::default();
        let polling = async {
            let verdict = self.poll(waiting, &url, &stream_ended, look).await;
            match verdict {
                Ok(_) => over.decided(),
                Err(_) => over.abandoned(),
            }
            verdict
        };
        let following = self.follow(origin, urls, &stream_ended, &over, renew);
        let (verdict, followed) = tokio::join!(polling, following);
        WaitOutcome {
            verdict,
            tail: followed.tail,
        }
    }

    /// Calls `look` until it is done, for as long as the wait may take; at once where `stream_ended`, else after a pause. Where
    /// the output is goes to `url`.
    pub(super) async fn poll<T>(
        &self,
        waiting: WaitGuard<'_>,
        url: &watch::Sender<Option<SecretUrl>>,
        stream_ended: &Notify,
        mut look: impl AsyncFnMut(Duration) -> Result<Poll<T>, Error>,
    ) -> Result<T, NoVerdict> {
        let limit = waiting.limit();
        let began = Instant::now();
        // The pauses grow with the time since something last happened.
        let mut quick_since = began;
        let mut word = waiting.standing().unwrap_or(PENDING).to_owned();
        loop {
            let left = limit.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Err(NoVerdict::Deadline(word));
            }
            let api = &self.platform.services().api;
            let pause = api.poll_pause(quick_since.elapsed(), chance()).min(left);
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = stream_ended.notified() => quick_since = Instant::now(),
            }
            let budget = self.pacing().budget_under_way().min(left);
            match look(budget).await.map_err(NoVerdict::Lost)? {
                Poll::Done(verdict) => return Ok(verdict),
                Poll::Pending { word: now, output } => {
                    if now != word {
                        // That it is pending says less than what it waits for.
                        waiting.stands(Some(now.as_str()).filter(|now| *now != PENDING));
                        word = now;
                    }
                    if output.is_some() {
                        url.send_if_modified(|known| {
                            let new = *known != output;
                            *known = output;
                            new
                        });
                    }
                }
            }
        }
    }
}

/// A number in 0..1 for jitter. It need not be very random, only differ between jobs.
fn chance() -> f64 {
    let nanos = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| since.subsec_nanos());
    f64::from(nanos % 1000) / 1000.0
}
