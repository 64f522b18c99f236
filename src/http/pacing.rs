//! How often a run polls, and how long it tolerates an unresponsive platform.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// The shortest time-out that the pacing of a test leads to.
const SHORTEST_TIMEOUT: Duration = Duration::from_millis(400);

/// The most reading requests that are under way at the same time.
pub(super) const AT_A_TIME: u32 = 32;

/// The pauses, time-outs and retry budgets of a run.
#[derive(Clone, Copy, Debug)]
pub struct Pacing {
    /// Multiplies every pause and every retry budget; 1 except in tests.
    scale: f64,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { scale: 1.0 }
    }
}

impl Pacing {
    /// For tests: every pause and every retry budget multiplied by `scale`.
    pub fn scaled(scale: f64) -> Self {
        let scale = if scale.is_finite() { scale } else { 1.0 };
        Self {
            scale: scale.clamp(0.000_1, 10.0),
        }
    }

    /// A duration at this pacing.
    pub fn of(self, duration: Duration) -> Duration {
        duration.mul_f64(self.scale)
    }

    /// A time-out at this pacing. It is never so short that a busy machine looks like a silent one.
    pub fn timeout(self, duration: Duration) -> Duration {
        self.of(duration).max(SHORTEST_TIMEOUT.min(duration))
    }

    /// A retry budget at this pacing: always with room for a time-out and another try.
    fn budget(self, duration: Duration) -> Duration {
        self.of(duration)
            .max(SHORTEST_TIMEOUT.mul_f64(2.5).min(duration))
    }

    /// How long a request is repeated before anything was changed.
    pub fn budget_before(self) -> Duration {
        self.budget(Duration::from_secs(45))
    }

    /// How long a request is repeated while something is under way on the platform: losing sight of it is worse.
    pub fn budget_under_way(self) -> Duration {
        self.budget(Duration::from_mins(5))
            .max(self.budget_before() * 2)
    }

    /// How long a denial is doubted, where it may be the failure of something else.
    pub fn budget_in_doubt(self) -> Duration {
        self.budget(Duration::from_secs(8))
    }

    /// The pauses between tries of a request: half a second at first, doubling to 20 s, with jitter.
    pub fn pauses(self) -> impl Iterator<Item = Duration> {
        ExponentialBuilder::default()
            .with_min_delay(self.of(Duration::from_millis(500)))
            .with_max_delay(self.of(Duration::from_secs(20)))
            .with_factor(2.0)
            .with_jitter()
            .without_max_times()
            .build()
    }

    /// The pause before the next look at something that was begun, or last gave a sign, `elapsed` ago: a tenth of that, at
    /// most ten seconds, with jitter of a fifth. It grows more quickly from a tenth of a second to a quarter: what ends
    /// soon is seen soon, for the price of a few requests. `chance` is a random number in 0..1.
    pub fn poll_pause(self, elapsed: Duration, chance: f64) -> Duration {
        let (first, early, longest) = (
            self.of(Duration::from_millis(100)),
            self.of(Duration::from_millis(250)),
            self.of(Duration::from_secs(10)),
        );
        let pause = (elapsed / 4)
            .clamp(first, early)
            .max(elapsed / 10)
            .min(longest);
        pause.mul_f64(0.8 + 0.4 * chance.clamp(0.0, 1.0))
    }

    /// The least pause between two looks when the account has this many requests left in its hour (Heroku gives back 75 a
    /// minute, and tells in `RateLimit-Remaining`): other jobs of the same account must not be starved by the waiting of this
    /// one.
    pub fn frugal_pause(self, remaining: u32) -> Duration {
        self.of(Duration::from_secs(match remaining {
            500.. => 0,
            100..500 => 5,
            20..100 => 15,
            _ => 45,
        }))
    }

    /// How many of the `AT_A_TIME` places a reading request takes when the account has this many requests left in its hour:
    /// the fewer there are, the fewer are asked for at once, so that a burst does not run past the end.
    pub(super) fn places(remaining: u32) -> u32 {
        match remaining {
            500.. => 1,
            100..500 => AT_A_TIME / 8,
            20..100 => AT_A_TIME / 2,
            _ => AT_A_TIME,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_gets_slower_before_the_limit_is_hit() {
        let pauses = [4500, 500, 499, 100, 99, 20, 19, 0]
            .map(|left| Pacing::default().frugal_pause(left).as_secs());
        assert_eq!(pauses, [0, 0, 5, 5, 15, 15, 45, 45]);
    }

    #[test]
    fn fewer_are_asked_for_at_once_before_the_limit_is_hit() {
        let at_once = [u32::MAX, 4500, 500, 499, 100, 99, 20, 19, 0]
            .map(|left| AT_A_TIME / Pacing::places(left));
        assert_eq!(at_once, [32, 32, 32, 8, 8, 2, 2, 1, 1]);
    }

    #[test]
    fn polling_is_quick_at_first_and_gentle_later() {
        let pacing = Pacing::default();
        for (elapsed, expected) in [
            (0, 100),
            (400, 100),
            (800, 200),
            (1000, 250),
            (2500, 250),
            (30_000, 3000),
            (100_000, 10_000),
            (1_800_000, 10_000),
        ] {
            let elapsed = Duration::from_millis(elapsed);
            let expected = Duration::from_millis(expected);
            assert_eq!(pacing.poll_pause(elapsed, 0.5), expected, "{elapsed:?}");
        }
        assert_eq!(
            pacing.poll_pause(Duration::from_mins(30), 1.0),
            Duration::from_secs(12)
        );
    }

    #[test]
    fn a_minute_of_waiting_takes_some_fifty_looks() {
        let pacing = Pacing::default();
        let (mut elapsed, mut looks) = (Duration::ZERO, 0);
        while elapsed < Duration::from_mins(1) {
            elapsed += pacing.poll_pause(elapsed, 0.5);
            looks += 1;
        }
        assert_eq!(looks, 48);
    }
}
