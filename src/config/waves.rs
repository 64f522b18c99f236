//! Waves: how many apps of a stage get the release before those are verified and more get it.

use std::num::NonZeroUsize;

/// How far a wave goes, of all the stage's apps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wave {
    /// This number of apps.
    Apps(u32),
    /// This percentage of the apps, rounded up.
    Percent(u32),
}

impl Wave {
    /// How many of so many apps that is: at least one, at most all.
    fn of(self, apps: usize) -> usize {
        let count = match self {
            Self::Apps(count) => count as usize,
            Self::Percent(percent) => apps.saturating_mul(percent as usize).div_ceil(100),
        };
        count.clamp(1, apps.max(1))
    }
}

/// How many apps have the release after each wave. The last one has all of them; a wave that brings it to no further app is
/// none, and one that brings it to more than `max_parallel` further apps is cut into several. Empty if all apps get it at once.
pub fn ends(waves: &[Wave], max_parallel: Option<NonZeroUsize>, apps: usize) -> Vec<usize> {
    let mut ends: Vec<usize> = waves.iter().map(|wave| wave.of(apps)).collect();
    ends.push(apps);
    ends.sort_unstable();
    ends.dedup();
    if let Some(most) = max_parallel {
        ends = cut(&ends, most);
    }
    if ends.len() > 1 { ends } else { Vec::new() }
}

/// The same waves, each with at most so many further apps.
fn cut(ends: &[usize], most: NonZeroUsize) -> Vec<usize> {
    let starts = [0].into_iter().chain(ends.iter().copied());
    let waves = starts.zip(ends);
    waves
        .flat_map(|(start, &end)| {
            let between = (start..end).step_by(most.get()).skip(1);
            between.chain([end])
        })
        .collect()
}

/// The first wave that is smaller than the one before it, by its place in the list.
pub(super) fn shrinks(waves: &[Wave], apps: usize) -> Option<usize> {
    let sizes: Vec<usize> = waves.iter().map(|wave| wave.of(apps)).collect();
    let pair = sizes.windows(2).position(|pair| pair[1] < pair[0]);
    pair.map(|at| at + 1)
}

#[cfg(test)]
mod tests {
    use super::{Wave::*, *};

    #[test]
    fn waves_end_where_they_say_and_the_last_one_with_all() {
        for (waves, apps, expected) in [
            (
                &[Apps(1), Percent(10), Percent(100)][..],
                200,
                &[1, 20, 200][..],
            ),
            (&[Apps(1), Percent(10), Percent(100)], 5, &[1, 5]),
            (&[Apps(1)], 3, &[1, 3]),
            (&[Percent(34)], 3, &[2, 3]),
            (&[Apps(50)], 3, &[]),
            (&[Percent(1)], 1, &[]),
            (&[], 3, &[]),
        ] {
            assert_eq!(ends(waves, None, apps), expected, "{waves:?} of {apps}");
        }
    }

    #[test]
    fn no_wave_has_more_apps_than_may_be_at_work_at_the_same_time() {
        for (waves, most, apps, expected) in [
            (&[][..], 2, 5, &[2, 4, 5][..]),
            (&[], 1, 3, &[1, 2, 3]),
            (&[], 3, 3, &[]),
            (&[], 1000, 3, &[]),
            (&[Apps(1), Percent(50)], 3, 10, &[1, 4, 5, 8, 10]),
            (&[Apps(1), Percent(50)], 4, 10, &[1, 5, 9, 10]),
            (&[Apps(5)], 5, 10, &[5, 10]),
            (&[Apps(1)], 1, 1, &[]),
        ] {
            let found = ends(waves, NonZeroUsize::new(most), apps);
            assert_eq!(found, expected, "{waves:?}, {most} of {apps}");
        }
    }

    #[test]
    fn waves_grow() {
        assert_eq!(shrinks(&[Apps(1), Percent(10), Percent(10)], 5), None);
        assert_eq!(shrinks(&[Apps(5), Percent(10)], 20), Some(1));
    }
}
