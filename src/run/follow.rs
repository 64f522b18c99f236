//! Showing the output of something under way. The output decides nothing: losing it costs only the log.

mod reopen;
mod rest;

use std::{collections::VecDeque, time::Instant};

use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::Run;
use crate::{
    http::{Error, SecretUrl, lines::Lines},
    journal::event::{Event, OutputSource},
    platform::output::{Output, Piece},
};
use reopen::{ReadHistory, ReadResult};
use rest::{Drain, DrainStep, LIMIT, SILENCE, Try};

/// How many of the last lines are kept, to be shown again after a failure.
const TAIL: usize = 30;
/// Where output comes from.
#[derive(Clone)]
pub(super) struct Origin {
    pub(super) source: OutputSource,
    pub(super) stage: String,
    pub(super) app: String,
    pub(super) several: bool,
}

/// What was shown of an output.
pub(super) struct Followed {
    /// Its last lines.
    pub(super) tail: Vec<String>,
    /// Whether its end was seen, or there was none.
    pub(super) whole: bool,
}

/// Tells the followers of an output that its end is near.
#[derive(Default)]
pub(super) struct OutputEnd {
    reached: CancellationToken,
    abandoned: CancellationToken,
}

impl OutputEnd {
    /// The verdict is known: the rest of the output is still shown.
    pub(super) fn decided(&self) {
        self.reached.cancel();
    }

    /// Unless the verdict is known already, none will come: nothing more is shown.
    pub(super) fn abandoned(&self) {
        if !self.reached.is_cancelled() {
            self.abandoned.cancel();
            self.reached.cancel();
        }
    }

    /// Resolves when either has happened.
    pub(super) async fn reached(&self) {
        self.reached.cancelled().await;
    }
}

impl Run<'_> {
    /// Shows the output until `over`, and then what is left of it, until its end is seen. `renew` asks where the output is
    /// now: an address may be too old, or good for one use only.
    pub(super) async fn follow(
        &self,
        origin: Origin,
        mut urls: watch::Receiver<Option<SecretUrl>>,
        stream_ended: &Notify,
        over: &OutputEnd,
        renew: impl AsyncFn() -> Option<SecretUrl>,
    ) -> Followed {
        tokio::select! {
            _ = urls.wait_for(Option::is_some) => {}
            () = over.reached() => {}
        }
        let mut shown = OutputLines::new(self, origin);
        let Some(url) = urls.borrow_and_update().clone() else {
            return Followed {
                tail: shown.finish(),
                whole: true,
            };
        };
        let mut whole = false;
        let mut output = self.platform.output(url.clone());
        self.follow_under_way(&mut *output, url, &mut urls, &mut shown, stream_ended, over)
            .await;
        if over.reached.is_cancelled() {
            tokio::select! {
                () = over.abandoned.cancelled() => {}
                seen = self.follow_rest(&mut *output, &mut shown, renew) => whole = seen,
            }
        }
        Followed {
            tail: shown.finish(),
            whole,
        }
    }

    /// Shows the output until `over`.
    async fn follow_under_way(
        &self,
        output: &mut dyn Output,
        mut url: SecretUrl,
        urls: &mut watch::Receiver<Option<SecretUrl>>,
        shown: &mut OutputLines<'_>,
        stream_ended: &Notify,
        over: &OutputEnd,
    ) {
        let mut looks = ReadHistory::default();
        loop {
            let piece = tokio::select! {
                biased;
                piece = output.next() => piece,
                () = over.reached() => return,
            };
            let seen = match &piece {
                Ok(Piece::Bytes(bytes)) if bytes.is_empty() => ReadResult::Heartbeat,
                Ok(Piece::Bytes(bytes)) => {
                    shown.push(bytes);
                    ReadResult::Output
                }
                Ok(Piece::NotYet) => ReadResult::NotYet,
                Ok(Piece::End | Piece::Complete) => ReadResult::End,
                Err(error) if error.is_transient() => ReadResult::Failed,
                Err(_) => ReadResult::Denied,
            };
            let Some(next) = looks.after(seen) else {
                continue;
            };
            if next.look {
                stream_ended.notify_one();
            }
            if let (true, Err(error)) = (next.warn, &piece) {
                self.journal.warn(format!(
                    "the output can't be shown for now: {error}; the verdict does not depend on it"
                ));
            }
            let again = async {
                if let Some(limit) = next.moved_within {
                    let moved = other_url(urls, &url);
                    let _ = tokio::time::timeout(self.pacing().of(limit), moved).await;
                }
                tokio::time::sleep(self.pacing().of(next.pause)).await;
            };
            tokio::select! {
                () = again => {}
                () = over.reached() => return,
            }
            if let Some(newest) = urls.borrow_and_update().clone() {
                url = newest.clone();
                output.moved(newest);
            }
        }
    }

    /// Shows the rest of the output once the verdict is known. Gives whether its end was seen.
    async fn follow_rest(
        &self,
        output: &mut dyn Output,
        shown: &mut OutputLines<'_>,
        renew: impl AsyncFn() -> Option<SecretUrl>,
    ) -> bool {
        let began = Instant::now();
        let silence = self.pacing().timeout(SILENCE);
        let mut rest = Drain::new(shown.origin.source);
        let mut why = "it is silent".to_owned();
        let mut went_on = false;
        while began.elapsed() < LIMIT {
            let left = LIMIT.saturating_sub(began.elapsed());
            let piece = tokio::time::timeout(silence.min(left), self.news(output)).await;
            let tried = match piece {
                Ok(Ok(Piece::Bytes(bytes))) => {
                    shown.push(&bytes);
                    Try::News
                }
                Ok(Ok(Piece::Complete)) => Try::Complete,
                Ok(Ok(Piece::End)) => Try::End,
                Ok(Ok(Piece::NotYet)) => Try::Nothing,
                Ok(Err(error)) => {
                    why = error.to_string();
                    Try::Failed
                }
                Err(_) => Try::Failed,
            };
            went_on = tried == Try::News;
            match rest.after(tried, shown.any) {
                DrainStep::Read => {}
                DrainStep::Whole => return true,
                DrainStep::GiveUp => break,
                DrainStep::Again(pause) => {
                    tokio::time::sleep(self.pacing().of(pause)).await;
                    if let Ok(Some(url)) = tokio::time::timeout(silence, renew()).await {
                        output.moved(url);
                    }
                }
            }
        }
        let limit = crate::units::whole(LIMIT);
        let why = if went_on {
            format!("it still went on {limit} after the verdict")
        } else {
            format!("its end was not seen ({why})")
        };
        let Origin { source, app, .. } = &shown.origin;
        let place = match source {
            OutputSource::Build => self.about().build_output,
            OutputSource::Release | OutputSource::Check | OutputSource::Notify => {
                self.about().release_output
            }
        };
        let place = place.replace("APP", app);
        self.journal.warn(format!(
            "the output of {app} is not shown in full: {why}; see all of it with {place}"
        ));
        false
    }

    /// The next piece that is no heartbeat.
    async fn news(&self, output: &mut dyn Output) -> Result<Piece, Error> {
        loop {
            match output.next().await {
                Ok(Piece::Bytes(bytes)) if bytes.is_empty() => {}
                piece => return piece,
            }
        }
    }
}

/// Resolves when the output has moved to another address.
async fn other_url(urls: &mut watch::Receiver<Option<SecretUrl>>, known: &SecretUrl) {
    let other = |url: &Option<SecretUrl>| url.as_ref().is_some_and(|url| url != known);
    if urls.wait_for(other).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// What was shown so far.
struct OutputLines<'a> {
    run: &'a Run<'a>,
    origin: Origin,
    lines: Lines,
    tail: VecDeque<String>,
    /// Whether there was any output.
    any: bool,
}

impl<'a> OutputLines<'a> {
    fn new(run: &'a Run<'a>, origin: Origin) -> Self {
        Self {
            run,
            origin,
            lines: Lines::default(),
            tail: VecDeque::new(),
            any: false,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        self.any |= !bytes.is_empty();
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
        self.run.journal.emit(Event::Output {
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
