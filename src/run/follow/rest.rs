//! The output after the verdict: how long to keep fetching the rest. Pure; `follow` does the waiting.

use std::time::Duration;

use crate::journal::event::OutputSource;

/// How long the rest is fetched in all, once the verdict is there.
pub(super) const LIMIT: Duration = Duration::from_secs(30);
/// How long an open stream may be silent then; heartbeats are no output. It may have died unnoticed.
pub(super) const SILENCE: Duration = Duration::from_secs(2);
/// The pause before the first retry; each further pause is longer by this much.
const PAUSE: Duration = Duration::from_secs(1);
/// After this many ends without anything new the output counts as complete.
const ENDS: u32 = 3;

/// What a try for the rest gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Try {
    /// Something new.
    News,
    /// The server says that there is nothing more, and will not be.
    Complete,
    /// A clean end: servers also end streams for their own reasons.
    End,
    /// There is no output at this place.
    Nothing,
    /// It can't be read, or it is silent.
    Failed,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DrainStep {
    /// Read on.
    Read,
    /// Reopen it after this pause.
    Again(Duration),
    /// All of it was shown.
    Whole,
    /// It is given up: its end was not seen.
    GiveUp,
}

/// The tries since the verdict.
#[derive(Debug)]
pub(super) struct Drain {
    source: OutputSource,
    ends: u32,
    tries: u32,
    waited: Duration,
}

impl Drain {
    /// Of an output of this kind.
    pub(super) fn new(source: OutputSource) -> Self {
        Self {
            source,
            ends: 0,
            tries: 0,
            waited: Duration::ZERO,
        }
    }

    /// What a try means. `shown` says whether there was any output so far: a build always says something, a release
    /// phase may have nothing to say.
    pub(super) fn after(&mut self, tried: Try, shown: bool) -> DrainStep {
        let may_be_all = shown || self.source == OutputSource::Release;
        match tried {
            Try::News => {
                self.ends = 0;
                self.tries = 0;
                return DrainStep::Read;
            }
            Try::Complete => return DrainStep::Whole,
            Try::End => self.ends += u32::from(may_be_all),
            Try::Nothing => self.ends += u32::from(self.source == OutputSource::Release),
            Try::Failed => {}
        }
        if self.ends >= ENDS {
            return DrainStep::Whole;
        }
        self.tries += 1;
        let pause = PAUSE * self.tries;
        self.waited += pause;
        if self.waited > LIMIT {
            DrainStep::GiveUp
        } else {
            DrainStep::Again(pause)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Try::{Complete, End, Failed, News, Nothing};

    /// What the last of these tries leads to, and how many were made before that.
    fn last(source: OutputSource, shown: bool, tries: &[Try]) -> DrainStep {
        let mut rest = Drain::new(source);
        let mut next = DrainStep::Read;
        for tried in tries {
            next = rest.after(*tried, shown);
        }
        next
    }

    #[test]
    fn the_rest_is_fetched_until_its_end_is_seen() {
        use OutputSource::{Build, Release};
        let again = |seconds| DrainStep::Again(Duration::from_secs(seconds));
        for (source, shown, tries, expected) in [
            (Build, true, &[Complete][..], DrainStep::Whole),
            (Build, true, &[End], again(1)),
            (Build, true, &[End, End], again(2)),
            (Build, true, &[End, End, End], DrainStep::Whole),
            (Build, true, &[End, End, News], DrainStep::Read),
            (Build, true, &[End, End, News, End], again(1)),
            // Cut before the first byte, each time.
            (Build, false, &[End, End, End], again(3)),
            (Build, false, &[Failed, Failed, Failed], again(3)),
            (Build, false, &[Failed; 7], again(7)),
            (Build, false, &[Failed; 8], DrainStep::GiveUp),
            (Build, false, &[Nothing, Nothing, Nothing], again(3)),
            // A release phase that had nothing to say.
            (Release, false, &[Nothing, End, Nothing], DrainStep::Whole),
            (Release, false, &[Failed, Failed, Failed], again(3)),
        ] {
            assert_eq!(last(source, shown, tries), expected, "{source:?} {tries:?}");
        }
    }
}
