//! Showing the output of something under way. The output decides nothing: losing it costs only the log.

use std::{
    cell::OnceCell,
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Run;
use crate::{
    event::{Event, OutputSource},
    platform::{
        Platform,
        lines::Lines,
        output::{Output as _, Piece},
        types::SecretUrl,
    },
};

/// How many of the last lines are kept, to be shown again after a failure.
const TAIL: usize = 30;
/// The pause before a stream is opened again.
const REOPEN_PAUSE: Duration = Duration::from_secs(1);
/// The pause after an address was refused, unless polling sees another one earlier.
const DENIED_PAUSE: Duration = Duration::from_secs(10);
/// How often the rest of the output is looked for in vain once the verdict is there.
const TRIES_AFTER_VERDICT: u32 = 3;
/// How long the rest of the output is waited for once the verdict is there, counted from the last byte of output:
/// heartbeats are none.
const DRAIN_SILENCE: Duration = Duration::from_secs(2);
/// The same, in all.
const DRAIN_LIMIT: Duration = Duration::from_secs(30);

/// Whose output it is.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) source: OutputSource,
    pub(super) stage: String,
    pub(super) app: String,
    pub(super) several: bool,
}

/// Tells whoever follows an output that its end is near.
#[derive(Default)]
pub(super) struct Over {
    reached: CancellationToken,
    abandoned: CancellationToken,
}

impl Over {
    /// The verdict is there: what is left of the output is still shown.
    pub(super) fn decided(&self) {
        self.reached.cancel();
    }

    /// There will be no verdict, unless it is there: nothing more is shown.
    pub(super) fn abandoned(&self) {
        if !self.reached.is_cancelled() {
            self.abandoned.cancel();
            self.reached.cancel();
        }
    }

    /// Comes when either is the case.
    pub(super) async fn reached(&self) {
        self.reached.cancelled().await;
    }
}

impl<P: Platform> Run<'_, P> {
    /// Shows the output until `over`, and then what is left of it. Gives its last lines.
    pub(super) async fn follow(
        &self,
        origin: Origin,
        mut urls: watch::Receiver<Option<SecretUrl>>,
        stream_ended: &Notify,
        over: &Over,
    ) -> Vec<String> {
        let mut shown = Shown::new(self, origin);
        tokio::select! {
            _ = urls.wait_for(Option::is_some) => {}
            () = over.reached() => {}
        }
        let Some(mut url) = urls.borrow_and_update().clone() else {
            return shown.finish();
        };
        let mut output = self.platform.output(url.clone());
        let (mut failures, mut denials) = (0_u32, 0_u32);
        // How often there was nothing new after the verdict. An end, or a failure, that comes with the verdict says nothing.
        let mut in_vain = 0_u32;
        let rest = Rest::default();
        let mut heard = Instant::now();
        loop {
            let piece = tokio::select! {
                biased;
                () = rest.is_over(over, heard) => {
                    if rest.was_long() {
                        let limit = crate::units::whole(DRAIN_LIMIT);
                        self.events.note(format!(
                            "the output still went on {limit} after the verdict: the rest of it is not shown"
                        ));
                    }
                    break;
                }
                piece = output.next() => piece,
            };
            let decided = over.reached.is_cancelled();
            match piece {
                Ok(Piece::Bytes(bytes)) => {
                    if !bytes.is_empty() {
                        failures = 0;
                        in_vain = 0;
                        heard = Instant::now();
                        shown.push(&bytes);
                    }
                    continue;
                }
                // It may have begun, and ended, too late for the tries so far.
                Ok(Piece::NotYet) => {}
                Ok(Piece::End) => {
                    stream_ended.notify_one();
                    in_vain += u32::from(decided);
                    failures += 1;
                }
                Ok(Piece::Complete) => {
                    stream_ended.notify_one();
                    if decided {
                        break;
                    }
                    failures += 1;
                }
                Err(error) => {
                    failures += 1;
                    if failures == 1 {
                        stream_ended.notify_one();
                    }
                    in_vain += u32::from(decided);
                    // The address may be too old: polling sees a new one.
                    if !error.is_transient() && !decided {
                        denials += 1;
                        if denials == 1 {
                            self.events.warn(format!(
                                "the output can't be shown for now: {error}; the verdict does not depend on it"
                            ));
                        }
                        tokio::select! {
                            () = other_url(&mut urls, &url) => {}
                            () = tokio::time::sleep(self.tempo().of(DENIED_PAUSE)) => {}
                            () = over.reached() => {}
                        }
                    }
                }
            }
            if in_vain >= TRIES_AFTER_VERDICT {
                break;
            }
            let pause = self.tempo().of(REOPEN_PAUSE * failures.clamp(1, 10));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = over.reached(), if !decided => {}
            }
            if let Some(newest) = urls.borrow_and_update().clone() {
                url = newest.clone();
                output.moved(newest);
            }
        }
        shown.finish()
    }
}

/// Comes when the output is at another address.
async fn other_url(urls: &mut watch::Receiver<Option<SecretUrl>>, known: &SecretUrl) {
    let other = |url: &Option<SecretUrl>| url.as_ref().is_some_and(|url| url != known);
    if urls.wait_for(other).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The time after the verdict.
#[derive(Default)]
struct Rest {
    began: OnceCell<Instant>,
}

impl Rest {
    /// Whether there was output for as long as it is waited for.
    fn was_long(&self) -> bool {
        let began = self.began.get();
        began.is_some_and(|began| began.elapsed() >= DRAIN_LIMIT)
    }

    /// Comes when the output is not to be waited for any more; it was last heard of at `heard`.
    async fn is_over(&self, over: &Over, heard: Instant) {
        over.reached().await;
        let began = *self.began.get_or_init(Instant::now);
        let end = (began.max(heard) + DRAIN_SILENCE).min(began + DRAIN_LIMIT);
        tokio::select! {
            () = over.abandoned.cancelled() => {}
            () = tokio::time::sleep_until(end.into()) => {}
        }
    }
}

/// What was shown so far.
struct Shown<'a, P> {
    run: &'a Run<'a, P>,
    origin: Origin,
    lines: Lines,
    tail: VecDeque<String>,
}

impl<'a, P: Platform> Shown<'a, P> {
    fn new(run: &'a Run<'a, P>, origin: Origin) -> Self {
        Self {
            run,
            origin,
            lines: Lines::default(),
            tail: VecDeque::new(),
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        for line in self.lines.push(bytes) {
            self.show(line);
        }
    }

    fn show(&mut self, line: String) {
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line.clone());
        let Origin {
            source,
            stage,
            app,
            several,
        } = self.origin.clone();
        self.run.events.emit(Event::Output {
            source,
            stage,
            app,
            several,
            line,
        });
    }

    fn finish(mut self) -> Vec<String> {
        if let Some(rest) = self.lines.finish() {
            self.show(rest);
        }
        self.tail.into()
    }
}
