//! The tries of a check over time: when it holds, when it has failed, and when it is tried again. Pure; `http` does the
//! waiting.

use std::time::Duration;

use crate::{config::Cadence, units};

/// How much time the last try of a soak has.
const LAST: Duration = Duration::from_secs(15);

/// What a try leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AfterAttempt {
    /// Another try after this pause.
    Again(Duration),
    /// The same, and from now on it must hold for so long.
    Soak(Duration),
    /// The check holds.
    Held,
    /// The check has failed.
    Failed,
}

/// The tries so far.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// How many there were.
    pub(super) count: u32,
    in_a_row: u32,
    /// When it began to hold, since the first try.
    held_since: Option<Duration>,
    /// The bad ones since then, and what the first of them saw.
    bad: u32,
    evidence: Option<String>,
}

impl Attempts {
    /// What the try that just ended, `elapsed` after the first one began, leads to.
    pub(super) fn after(
        &mut self,
        ok: bool,
        seen: &str,
        elapsed: Duration,
        cadence: &Cadence,
    ) -> AfterAttempt {
        self.count += 1;
        let Some(since) = self.held_since else {
            self.in_a_row = if ok { self.in_a_row + 1 } else { 0 };
            return if self.in_a_row < cadence.successes {
                // There is no time for another.
                if elapsed + cadence.every > cadence.within {
                    AfterAttempt::Failed
                } else {
                    AfterAttempt::Again(cadence.every)
                }
            } else if cadence.soak.is_zero() {
                AfterAttempt::Held
            } else {
                self.held_since = Some(elapsed);
                AfterAttempt::Soak(cadence.every.min(cadence.soak))
            };
        };
        if !ok {
            self.bad += 1;
            self.evidence.get_or_insert_with(|| seen.to_owned());
            if self.bad > cadence.failure_limit {
                return AfterAttempt::Failed;
            }
        }
        // The last try is at the end of the soak.
        let left = cadence.soak.saturating_sub(elapsed.saturating_sub(since));
        if left.is_zero() {
            AfterAttempt::Held
        } else {
            AfterAttempt::Again(cadence.every.min(left))
        }
    }

    /// How much time there is for the next try, `elapsed` after the first one began; of a soak its last try has some, too.
    pub(super) fn left(&self, elapsed: Duration, cadence: &Cadence) -> Duration {
        match self.held_since {
            None => cadence.within.saturating_sub(elapsed),
            Some(since) => {
                let soaked = elapsed.saturating_sub(since);
                cadence.soak.saturating_sub(soaked).max(LAST)
            }
        }
    }

    /// Whether it holds, and has to go on doing so.
    pub(super) fn is_soaking(&self) -> bool {
        self.held_since.is_some()
    }

    /// What is said of a check that holds; `seen` is what its last try saw.
    pub(super) fn held(&self, seen: String, cadence: &Cadence) -> String {
        if self.held_since.is_none() {
            return seen;
        }
        let soak = units::whole(cadence.soak);
        match &self.evidence {
            None => format!("{seen}, for {soak}"),
            Some(first) => {
                let bad = units::count(u64::from(self.bad), "bad try", "bad tries");
                format!("{seen}, for {soak} with {bad}, the first: {first}")
            }
        }
    }

    /// What is said of a check that failed `elapsed` after its first try began; `ok` and `seen` are of its last try.
    pub(super) fn failed(
        &self,
        ok: bool,
        seen: &str,
        elapsed: Duration,
        cadence: &Cadence,
    ) -> String {
        let within = units::duration(cadence.within);
        match (self.held_since, &self.evidence) {
            (Some(since), Some(first)) => {
                let into = units::duration(elapsed.saturating_sub(since));
                let soak = units::whole(cadence.soak);
                let more = match cadence.failure_limit {
                    0 => String::new(),
                    limit => format!(
                        ", and {} in all, more than `failure_limit: {limit}`",
                        units::count(u64::from(self.bad), "bad try", "bad tries")
                    ),
                };
                format!("{first}, {into} into the soak of {soak}{more}")
            }
            _ if ok => format!(
                "{seen}, but only {} of {} times in a row within {within}",
                self.in_a_row, cadence.successes
            ),
            _ => {
                let tries = if self.count == 1 { "try" } else { "tries" };
                format!("{seen}, after {} {tries} within {within}", self.count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CADENCE: Cadence = Cadence {
        within: Duration::from_secs(10),
        every: Duration::from_secs(2),
        successes: 1,
        soak: Duration::ZERO,
        failure_limit: 0,
    };

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// What the last of these tries leads to, and what is said of it then. Each is made when the one before said so.
    fn play(cadence: &Cadence, tries: &[bool]) -> (AfterAttempt, String) {
        let mut so_far = Attempts::default();
        let mut now = Duration::ZERO;
        let mut next = AfterAttempt::Held;
        for ok in tries {
            let seen = if *ok { "200" } else { "503" };
            next = so_far.after(*ok, seen, now, cadence);
            let said = match next {
                AfterAttempt::Again(pause) | AfterAttempt::Soak(pause) => {
                    now += pause;
                    continue;
                }
                AfterAttempt::Held => so_far.held(seen.to_owned(), cadence),
                AfterAttempt::Failed => so_far.failed(*ok, seen, now, cadence),
            };
            return (next, said);
        }
        (next, String::new())
    }

    #[test]
    fn a_check_holds_after_so_many_good_tries_in_a_row() {
        let again = AfterAttempt::Again(seconds(2));
        let twice = Cadence {
            successes: 2,
            ..CADENCE
        };
        for (cadence, tries, next, said) in [
            (&CADENCE, &[true][..], AfterAttempt::Held, "200"),
            (&CADENCE, &[false], again, ""),
            (&CADENCE, &[false, true], AfterAttempt::Held, "200"),
            (&CADENCE, &[false; 5], again, ""),
            (
                &CADENCE,
                &[false; 6],
                AfterAttempt::Failed,
                "503, after 6 tries within 10s",
            ),
            (&twice, &[true], again, ""),
            (&twice, &[true, false, true], again, ""),
            (
                &twice,
                &[true, false, true, true],
                AfterAttempt::Held,
                "200",
            ),
            (
                &twice,
                &[false, false, false, false, false, true],
                AfterAttempt::Failed,
                "200, but only 1 of 2 times in a row within 10s",
            ),
        ] {
            assert_eq!(play(cadence, tries), (next, said.to_owned()), "{tries:?}");
        }
    }

    #[test]
    fn a_soak_begins_once_it_holds_and_bears_so_many_bad_tries() {
        let soak = Cadence {
            soak: seconds(5),
            ..CADENCE
        };
        let bears = Cadence {
            failure_limit: 1,
            ..soak.clone()
        };
        for (cadence, tries, next, said) in [
            (&soak, &[true][..], AfterAttempt::Soak(seconds(2)), ""),
            (&soak, &[false, true], AfterAttempt::Soak(seconds(2)), ""),
            (&soak, &[true, true], AfterAttempt::Again(seconds(2)), ""),
            // The last one is at the end.
            (
                &soak,
                &[true, true, true],
                AfterAttempt::Again(seconds(1)),
                "",
            ),
            (
                &soak,
                &[true, true, true, true],
                AfterAttempt::Held,
                "200, for 5s",
            ),
            (
                &soak,
                &[true, false],
                AfterAttempt::Failed,
                "503, 2s into the soak of 5s",
            ),
            (&bears, &[true, false], AfterAttempt::Again(seconds(2)), ""),
            (
                &bears,
                &[true, false, true, true],
                AfterAttempt::Held,
                "200, for 5s with 1 bad try, the first: 503",
            ),
            (
                &bears,
                &[true, false, false],
                AfterAttempt::Failed,
                "503, 4s into the soak of 5s, and 2 bad tries in all, more than `failure_limit: 1`",
            ),
        ] {
            assert_eq!(play(cadence, tries), (next, said.to_owned()), "{tries:?}");
        }
    }
}
