//! The keep-alive of logs without a live area: a line when a wait is long and nothing else was printed. CI systems end
//! jobs that are silent for too long, and people believe that they hang.

use std::time::Duration;

use super::sanitize::text;
use crate::units;

/// What is being waited for, and when something was last printed. Times are since the run began.
#[derive(Debug)]
pub struct KeepAlive {
    /// How long it may be silent during a wait.
    every: Duration,
    waits: Vec<Wait>,
    upload: Option<Upload>,
    last: Duration,
}

#[derive(Debug)]
struct Wait {
    what: String,
    since: Duration,
    deadline: Duration,
    /// What happens at the deadline.
    then: Option<String>,
}

#[derive(Debug)]
struct Upload {
    since: Duration,
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

    /// A wait began, or goes on.
    pub fn wait(&mut self, what: &str, deadline: Duration, then: Option<&str>, now: Duration) {
        let then = then.map(str::to_owned);
        match self.waits.iter_mut().find(|w| w.what == what) {
            Some(wait) => (wait.deadline, wait.then) = (deadline, then),
            None => self.waits.push(Wait {
                what: what.to_owned(),
                since: now,
                deadline,
                then,
            }),
        }
    }

    /// A wait is over.
    pub fn over(&mut self, what: &str) {
        self.waits.retain(|w| w.what != what);
    }

    /// The upload began or went on.
    pub fn upload(&mut self, sent: u64, bytes: u64, now: Duration) {
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
    pub fn spoke(&mut self, now: Duration) {
        self.last = now;
    }

    /// What to say now, if it is time to say something.
    pub fn due(&mut self, now: Duration) -> Option<String> {
        if now.saturating_sub(self.last) < self.every {
            return None;
        }
        let mut parts: Vec<String> = Vec::new();
        if let Some(u) = &self.upload {
            parts.push(format!(
                "still uploading: {} of {} sent ({})",
                units::bytes(u.sent),
                units::bytes(u.bytes),
                units::whole(now.saturating_sub(u.since)),
            ));
        }
        for (i, wait) in self.waits.iter().enumerate() {
            let then = wait.then.as_deref().map(text);
            parts.push(format!(
                "{}{} ({} of {}{})",
                if i == 0 { "still waiting for " } else { "" },
                text(&wait.what),
                units::whole(now.saturating_sub(wait.since)),
                units::whole(wait.deadline),
                then.map_or(String::new(), |then| format!(", then {then}")),
            ));
        }
        if parts.is_empty() {
            return None;
        }
        self.last = now;
        Some(parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn it_speaks_after_a_silent_minute_and_only_while_something_is_waited_for() {
        let mut keep_alive = KeepAlive::new(s(60));
        assert_eq!(keep_alive.due(s(90)), None, "nothing is waited for");
        keep_alive.wait("the build of acme", s(1800), None, s(100));
        keep_alive.spoke(s(110));
        assert_eq!(keep_alive.due(s(169)), None, "not silent for long enough");
        assert_eq!(
            keep_alive.due(s(230)).as_deref(),
            Some("still waiting for the build of acme (2m10s of 30m)")
        );
        assert_eq!(keep_alive.due(s(231)), None, "just said");
        keep_alive.wait("the release of acme-eu", s(600), Some("it is lost"), s(231));
        assert_eq!(
            keep_alive.due(s(291)).as_deref(),
            Some(
                "still waiting for the build of acme (3m11s of 30m), the release of acme-eu (1m of 10m, then it is lost)"
            )
        );
        keep_alive.over("the build of acme");
        keep_alive.over("the release of acme-eu");
        assert_eq!(keep_alive.due(s(600)), None);
    }

    #[test]
    fn a_slow_upload_is_alive_too() {
        let mut keep_alive = KeepAlive::new(s(60));
        keep_alive.upload(0, 412_000_000, s(5));
        keep_alive.upload(120_000_000, 412_000_000, s(60));
        assert_eq!(
            keep_alive.due(s(65)).as_deref(),
            Some("still uploading: 120 MB of 412 MB sent (1m)")
        );
        keep_alive.uploaded();
        assert_eq!(keep_alive.due(s(600)), None);
    }
}
