//! The keep-alive of logs without a live area: lines when a wait is long and nothing else was printed. CI systems end
//! jobs that are silent for too long, and people believe that they hang.

use std::time::Duration;

use jiff::Timestamp;

use super::waits::Waiting;
use crate::units;

/// The most waits that get a line each; the others are counted.
const TOLD: usize = 5;

/// What is being waited for, and when something was last printed, since the run began.
#[derive(Debug)]
pub struct KeepAlive {
    /// How long it may be silent during a wait.
    every: Duration,
    waits: Vec<Waiting>,
    upload: Option<Upload>,
    last: Duration,
}

#[derive(Debug)]
struct Upload {
    since: Timestamp,
    sent: u64,
    bytes: u64,
}

impl KeepAlive {
    /// Nothing is waited for yet.
    pub fn new(every: Duration) -> Self {
        Self {
            every,
            waits: Vec::new(),
            upload: None,
            last: Duration::ZERO,
        }
    }

    /// A wait began, or more is known of it.
    pub fn wait(&mut self, waiting: Waiting) {
        match self.waits.iter_mut().find(|w| w.what == waiting.what) {
            Some(known) => known.update(waiting),
            None => self.waits.push(waiting),
        }
    }

    /// A wait is over.
    pub fn over(&mut self, what: &str) {
        self.waits.retain(|w| w.what != what);
    }

    /// The upload began or went on.
    pub fn upload(&mut self, sent: u64, bytes: u64, now: Timestamp) {
        let since = self.upload.as_ref().map_or(now, |u| u.since);
        self.upload = Some(Upload { since, sent, bytes });
    }

    /// The upload is over.
    pub fn uploaded(&mut self) {
        self.upload = None;
    }

    /// Everything is over.
    pub fn stop(&mut self) {
        self.waits.clear();
        self.upload = None;
    }

    /// Something was printed.
    pub fn printed(&mut self, elapsed: Duration) {
        self.last = elapsed;
    }

    /// What to say now, if it is time to say something.
    pub fn due(&mut self, now: Timestamp, elapsed: Duration) -> Vec<String> {
        if elapsed.saturating_sub(self.last) < self.every {
            return Vec::new();
        }
        let mut lines = Vec::new();
        if let Some(Upload { since, sent, bytes }) = &self.upload {
            let so_far = Duration::try_from(now.duration_since(*since)).unwrap_or_default();
            lines.push(format!(
                "still uploading since {} ({}): {} of {} sent; if nothing gets through any more, it is tried again",
                units::clock(*since),
                units::whole(so_far),
                units::bytes(*sent),
                units::bytes(*bytes),
            ));
        }
        lines.extend(
            self.waits
                .iter()
                .take(TOLD)
                .map(|one| one.progress_line(now)),
        );
        if let more @ 1.. = self.waits.len().saturating_sub(TOLD) {
            lines.push(format!("still for {more} more"));
        }
        if !lines.is_empty() {
            self.last = elapsed;
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::waits::tests::waiting;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn at(elapsed: Duration) -> Timestamp {
        let began: Timestamp = "2026-08-01T12:00:00Z".parse().unwrap();
        began + elapsed
    }

    fn due(keep_alive: &mut KeepAlive, elapsed: u64) -> Vec<String> {
        keep_alive.due(at(s(elapsed)), s(elapsed))
    }

    #[test]
    fn it_speaks_after_a_silent_minute_and_only_while_something_is_waited_for() {
        let mut keep_alive = KeepAlive::new(s(60));
        assert!(due(&mut keep_alive, 90).is_empty(), "nothing is waited for");
        keep_alive.wait(waiting("the build of acme", None, at(s(100)), s(1800)));
        keep_alive.printed(s(110));
        assert!(
            due(&mut keep_alive, 169).is_empty(),
            "not silent for long enough"
        );
        let build = |so_far: &str| {
            format!(
                "still for the build of acme since 12:01:40 ({so_far}), until 12:31:40 (30m in all); then it ends"
            )
        };
        assert_eq!(due(&mut keep_alive, 230), [build("2m10s")]);
        assert!(due(&mut keep_alive, 231).is_empty(), "just said");
        // More is known of the same wait: it did not start again.
        keep_alive.wait(waiting("a release", None, at(s(231)), s(600)));
        keep_alive.wait(waiting("a release", Some("queued"), at(s(280)), s(600)));
        let release = "still for a release (queued) since 12:03:51 (1m), until 12:13:51 (10m in all); then it ends";
        assert_eq!(
            due(&mut keep_alive, 291),
            [build("3m11s"), release.to_owned()]
        );
        keep_alive.over("the build of acme");
        keep_alive.over("a release");
        assert!(due(&mut keep_alive, 600).is_empty());
    }

    #[test]
    fn many_waits_are_counted() {
        let mut keep_alive = KeepAlive::new(s(60));
        for n in 1..=60 {
            keep_alive.wait(waiting(&format!("release {n}"), None, at(s(0)), s(600)));
        }
        let said = due(&mut keep_alive, 60);
        assert_eq!(said.len(), TOLD + 1);
        assert_eq!(said[TOLD], "still for 55 more");
    }

    #[test]
    fn a_slow_upload_is_alive_too() {
        let mut keep_alive = KeepAlive::new(s(60));
        keep_alive.upload(0, 412_000_000, at(s(5)));
        keep_alive.upload(120_000_000, 412_000_000, at(s(60)));
        assert_eq!(
            due(&mut keep_alive, 65),
            [
                "still uploading since 12:00:05 (1m): 120 MB of 412 MB sent; if nothing gets through any more, it is tried again"
            ]
        );
        keep_alive.uploaded();
        assert!(due(&mut keep_alive, 600).is_empty());
    }
}
