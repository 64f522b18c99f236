//! When the stream of an output is reopened while there is no verdict, and what happens until then. Pure; `follow` does
//! the waiting.

use std::time::Duration;

/// The pause before a stream is opened again; it grows with each failure in a row.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause.
const MOST_STEPS: u32 = 10;
/// How long to wait for a new address after one was refused. Polling usually brings it sooner.
const MOVED_WITHIN: Duration = Duration::from_secs(10);

/// What a look at the output gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadResult {
    /// Output.
    Output,
    /// A sign of life.
    Heartbeat,
    /// There is no output yet.
    NotYet,
    /// The stream ended.
    End,
    /// It can't be read for now.
    Failed,
    /// Its address was refused: it may be too old.
    Denied,
}

/// How the stream is reopened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reopen {
    /// Whether to poll for the verdict at once: a stream ends when its build or release phase does.
    pub(super) look: bool,
    /// Whether to warn that the output can't be shown.
    pub(super) warn: bool,
    /// How long another address is waited for first.
    pub(super) moved_within: Option<Duration>,
    /// The pause after that.
    pub(super) pause: Duration,
}

/// The looks so far.
#[derive(Debug, Default)]
pub(super) struct ReadHistory {
    /// Failures and ends in a row.
    failures: u32,
    denied: bool,
}

impl ReadHistory {
    /// What a look leads to; `None` to read on.
    pub(super) fn after(&mut self, seen: ReadResult) -> Option<Reopen> {
        match seen {
            ReadResult::Output => {
                self.failures = 0;
                return None;
            }
            ReadResult::Heartbeat => return None,
            // The output may begin, and end, after these reads.
            ReadResult::NotYet => {}
            ReadResult::End | ReadResult::Failed | ReadResult::Denied => self.failures += 1,
        }
        let denied = seen == ReadResult::Denied;
        let first = denied && !self.denied;
        self.denied |= denied;
        Some(Reopen {
            look: match seen {
                ReadResult::End => true,
                ReadResult::Failed | ReadResult::Denied => self.failures == 1,
                _ => false,
            },
            warn: first,
            moved_within: denied.then_some(MOVED_WITHIN),
            pause: PAUSE * self.failures.clamp(1, MOST_STEPS),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ReadResult::{Denied, End, Failed, Heartbeat, NotYet, Output};

    /// What the last of these looks leads to.
    fn last(looks: &[ReadResult]) -> Option<Reopen> {
        let mut so_far = ReadHistory::default();
        looks.iter().map(|seen| so_far.after(*seen)).last().unwrap()
    }

    #[test]
    fn a_stream_is_opened_anew_after_a_pause_that_grows() {
        let again = |look, steps: u64| {
            Some(Reopen {
                look,
                warn: false,
                moved_within: None,
                pause: Duration::from_secs(steps),
            })
        };
        for (looks, expected) in [
            (&[Output][..], None),
            (&[Heartbeat], None),
            (&[NotYet], again(false, 1)),
            (&[NotYet, NotYet, NotYet], again(false, 1)),
            (&[End], again(true, 1)),
            (&[End, End], again(true, 2)),
            (&[End, Output, End], again(true, 1)),
            // A sign of life is no output.
            (&[End, Heartbeat, End], again(true, 2)),
            (&[Failed], again(true, 1)),
            (&[Failed, Failed], again(false, 2)),
            (&[Failed, End], again(true, 2)),
            (&[Failed; 30], again(false, 10)),
        ] {
            assert_eq!(last(looks), expected, "{looks:?}");
        }
    }

    #[test]
    fn a_refused_address_is_told_once_and_another_waited_for() {
        for (looks, warn, steps) in [
            (&[Denied][..], true, 1),
            (&[Denied, Denied], false, 2),
            (&[Denied, Output, Denied], false, 1),
            (&[Failed, Denied], true, 2),
        ] {
            let next = last(looks).unwrap();
            assert_eq!(next.moved_within, Some(MOVED_WITHIN));
            assert_eq!((next.warn, next.pause), (warn, PAUSE * steps), "{looks:?}");
        }
    }
}
