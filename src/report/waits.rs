//! A wait in words, the same in every report: what, since when, until when, and what happens then.

use std::time::Duration;

use jiff::Timestamp;

use super::sanitize::text;
use crate::{
    journal::event::{Event, Stamped},
    units,
};

/// Up to here a wait needs no times of day.
const SHORT: Duration = Duration::from_mins(1);

/// A wait.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// What is waited for.
    pub what: String,
    /// How things stand with it.
    standing: Option<String>,
    /// Since when.
    since: Timestamp,
    /// How long it may take in all.
    limit: Duration,
    /// What happens at its end.
    then: String,
}

impl Waiting {
    /// The wait that an event is about, if it begins one or says more of one.
    pub fn of(stamped: &Stamped) -> Option<Self> {
        let Event::Waiting {
            what,
            standing,
            deadline,
            then,
            ..
        } = &stamped.event
        else {
            return None;
        };
        Some(Self {
            what: what.clone(),
            standing: standing.clone(),
            since: stamped.at,
            limit: *deadline,
            then: then.clone(),
        })
    }

    /// Takes over what is new of the same wait.
    pub fn update(&mut self, newer: Self) {
        let since = self.since;
        *self = Self { since, ..newer };
    }

    /// The line of a log that says that it began, behind the label `wait`.
    pub fn begin_line(&self) -> String {
        format!(
            "for {}, {}; then {}",
            self.what(),
            self.until(true),
            text(&self.then)
        )
    }

    /// The line at the bottom of a terminal, beside a clock that says since when. It is short, because it is cut there.
    pub fn live(&self) -> String {
        format!(
            "waiting for {} {}, then {}",
            self.what(),
            self.until(false),
            text(&self.then)
        )
    }

    /// The line of a log that says that it goes on, behind the same label.
    pub fn progress_line(&self, now: Timestamp) -> String {
        let so_far = Duration::try_from(now.duration_since(self.since)).unwrap_or_default();
        let so_far = units::whole(so_far);
        let since = if self.limit > SHORT {
            format!("since {} ({so_far})", units::clock(self.since))
        } else {
            format!("for {so_far}")
        };
        format!(
            "still for {} {since}, {}; then {}",
            self.what(),
            self.until(true),
            text(&self.then)
        )
    }

    fn what(&self) -> String {
        let standing = self
            .standing
            .as_deref()
            .map(|standing| format!(" ({})", text(standing)));
        format!("{}{}", text(&self.what), standing.unwrap_or_default())
    }

    /// `at most 30s`, `until 12:30:00 (30m in all)`; the latter without how long it is if that is not `whole`.
    fn until(&self, whole: bool) -> String {
        let limit = units::whole(self.limit);
        match self.since.checked_add(self.limit) {
            Ok(until) if self.limit > SHORT => {
                let until = format!("until {}", clock(until, self.since));
                if whole {
                    format!("{until} ({limit} in all)")
                } else {
                    until
                }
            }
            _ => format!("at most {limit}"),
        }
    }
}

/// The time of day, with the day if that is another one than `seen_from`.
pub(super) fn clock(at: Timestamp, seen_from: Timestamp) -> String {
    let day = units::day(at);
    if day == units::day(seen_from) {
        units::clock(at)
    } else {
        format!("{} on {day}", units::clock(at))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A wait for a test.
    pub(in crate::report) fn waiting(
        what: &str,
        standing: Option<&str>,
        since: Timestamp,
        limit: Duration,
    ) -> Waiting {
        Waiting {
            what: what.to_owned(),
            standing: standing.map(str::to_owned),
            since,
            limit,
            then: "it ends".to_owned(),
        }
    }

    #[test]
    fn a_wait_says_what_since_when_until_when_and_what_then() {
        let at = |time: &str| time.parse::<Timestamp>().unwrap();
        let since = at("2026-08-01T23:45:00Z");
        let build = Waiting {
            what: "the build of acme".to_owned(),
            standing: None,
            since,
            limit: Duration::from_mins(10),
            then: "it is cancelled".to_owned(),
        };
        let long = Waiting {
            standing: Some("queued".to_owned()),
            limit: Duration::from_mins(30),
            ..build.clone()
        };
        let short = Waiting {
            limit: Duration::from_secs(30),
            ..build.clone()
        };
        let now = at("2026-08-01T23:47:10Z");
        for (words, expected) in [
            (
                build.begin_line(),
                "for the build of acme, until 23:55:00 (10m in all); then it is cancelled",
            ),
            (
                build.progress_line(now),
                "still for the build of acme since 23:45:00 (2m10s), until 23:55:00 (10m in all); then it is cancelled",
            ),
            (
                long.begin_line(),
                "for the build of acme (queued), until 00:15:00 on 2026-08-02 (30m in all); then it is cancelled",
            ),
            (
                short.begin_line(),
                "for the build of acme, at most 30s; then it is cancelled",
            ),
            (
                short.progress_line(at("2026-08-01T23:45:20Z")),
                "still for the build of acme for 20s, at most 30s; then it is cancelled",
            ),
        ] {
            assert_eq!(words, expected);
        }
        assert_eq!(
            build.live(),
            "waiting for the build of acme until 23:55:00, then it is cancelled"
        );
        // A clock that was set back.
        let odd = build.progress_line(at("2026-08-01T23:40:00Z"));
        assert!(odd.contains("since 23:45:00 (0s)"), "{odd}");
    }
}
