//! Showing the output of something under way. The output decides nothing: losing it costs only the log.

use std::{
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
/// How long the rest of the output is waited for once the verdict is there, counted from the last byte.
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

impl<P: Platform> Run<'_, P> {
    /// Shows the output until `over`, and then what is left of it. Gives its last lines.
    pub(super) async fn follow(
        &self,
        origin: Origin,
        mut urls: watch::Receiver<Option<SecretUrl>>,
        stream_ended: &Notify,
        over: &CancellationToken,
    ) -> Vec<String> {
        let mut shown = Shown::new(self, origin);
        tokio::select! {
            _ = urls.wait_for(Option::is_some) => {}
            () = over.cancelled() => {}
        }
        let Some(url) = urls.borrow().clone() else {
            return shown.finish();
        };
        let mut output = self.platform.output(url);
        let mut failures = 0_u32;
        let mut over_since: Option<Instant> = None;
        loop {
            if over.is_cancelled() {
                let since = *over_since.get_or_insert_with(Instant::now);
                if since.elapsed() > DRAIN_LIMIT {
                    break;
                }
            }
            let piece = tokio::select! {
                biased;
                piece = output.next() => Some(piece),
                () = until_silent(over) => None,
            };
            let pause = match piece {
                // The verdict is there and nothing more comes.
                None => break,
                Some(Ok(Piece::Bytes(bytes))) => {
                    if !bytes.is_empty() {
                        failures = 0;
                        shown.push(&bytes);
                    }
                    continue;
                }
                Some(Ok(Piece::NotYet)) => Duration::from_secs(1),
                Some(Ok(Piece::End)) => {
                    stream_ended.notify_one();
                    if over.is_cancelled() {
                        break;
                    }
                    failures += 1;
                    Duration::from_secs(1)
                }
                Some(Err(error)) => {
                    failures += 1;
                    if failures == 1 {
                        stream_ended.notify_one();
                    }
                    if !error.is_transient() {
                        self.events
                            .warn(format!("the output can't be shown: {error}"));
                        break;
                    }
                    Duration::from_secs(1)
                }
            };
            if over.is_cancelled() {
                // One more try was made after the verdict; there is no more to come.
                break;
            }
            let pause = self.tempo().of(pause * failures.clamp(1, 10));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = over.cancelled() => {}
            }
        }
        shown.finish()
    }
}

/// Comes when the verdict is there and then a while has passed.
async fn until_silent(over: &CancellationToken) {
    over.cancelled().await;
    tokio::time::sleep(DRAIN_SILENCE).await;
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
