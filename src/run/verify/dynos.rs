//! Checks of an app's dynos: each that its formation has is up with the release, and none has crashed.

use super::{
    Ended, Subject, Turn,
    board::Step,
    polling::{TRY_TIMEOUT, Try},
};
use crate::{
    config::Cadence,
    platform::dynos::{Dyno, DynoState, Scaled},
    run::Run,
    units::list,
};

/// Process types whose dynos come and go by themselves, unless the formation has them.
const ONE_OFF: [&str; 3] = ["run", "release", "scheduler"];
/// How many dynos are named after a bad try.
const MOST_TOLD: usize = 3;

impl Run<'_> {
    /// Looks at the dynos of one app until they are as they should be, or the check's time is over.
    pub(super) async fn dynos_check(
        &self,
        name: &str,
        cadence: &Cadence,
        subject: Subject<'_>,
        turn: Turn<'_>,
    ) -> Ended {
        turn.set(Step::Trying);
        let app = subject.place.app;
        let version = subject.release.at.version;
        // It seldom changes, so it is read for the first try and again after each bad one.
        let mut formation: Option<Vec<Scaled>> = None;
        let look = async |left: std::time::Duration| {
            let budget = self
                .pacing()
                .budget_under_way()
                .min(left.max(self.pacing().timeout(TRY_TIMEOUT)));
            let doing = || format!("looking at the dynos of {}", app.name);
            let cannot = |error| Box::new(self.cannot_read(&doing(), &error));
            let scaled = match formation.take() {
                Some(scaled) => scaled,
                None => self.platform.formation(app, budget).await.map_err(cannot)?,
            };
            let dynos = self.platform.dynos(app, budget).await.map_err(cannot)?;
            let (ok, seen) = judge(&scaled, &dynos, version);
            formation = Some(scaled).filter(|_| ok);
            Ok(Try {
                ok,
                seen,
                evidence: None,
            })
        };
        self.poll_check(name, subject.place, cadence, turn, look)
            .await
    }
}

/// Whether each dyno that is expected is up with this release or a newer one, and what was seen.
fn judge(formation: &[Scaled], dynos: &[Dyno], version: u64) -> (bool, String) {
    let expected = formation
        .iter()
        .filter(|scaled| scaled.kind != "release" && scaled.quantity > 0);
    let mut all = true;
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for Scaled { kind, quantity } in expected {
        let of_type = dynos.iter().filter(|dyno| dyno.kind == *kind);
        let (new, old): (Vec<&Dyno>, Vec<&Dyno>) =
            of_type.partition(|dyno| dyno.release.is_some_and(|release| release >= version));
        let up = new.iter().filter(|dyno| dyno.state == DynoState::Up);
        let up = up.count() as u64;
        let crashed = new.iter().any(|dyno| dyno.state == DynoState::Crashed);
        parts.push(format!("{kind} {} of {quantity}", up.min(*quantity)));
        if up < *quantity || crashed {
            all = false;
            let states = new.iter().filter(|dyno| dyno.state != DynoState::Up);
            wrong.extend(states.map(|dyno| format!("{} {}", dyno.name, dyno.state.words())));
            wrong.extend(old.iter().map(|dyno| match dyno.release {
                Some(release) => format!("{} runs v{release}", dyno.name),
                None => format!("{} does not say which release it runs", dyno.name),
            }));
        }
    }
    // A crashed dyno counts even if its type is no longer in the formation: it was a moment ago.
    let others = dynos.iter().filter(|dyno| {
        dyno.state == DynoState::Crashed
            && dyno.release.is_some_and(|release| release >= version)
            && !ONE_OFF.contains(&dyno.kind.as_str())
            && !formation
                .iter()
                .any(|scaled| scaled.kind == dyno.kind && scaled.quantity > 0)
    });
    for dyno in others {
        all = false;
        wrong.push(format!("{} has crashed", dyno.name));
    }
    let what = if parts.is_empty() {
        "no dyno is expected: every process type is scaled to 0".to_owned()
    } else {
        format!("{} up with v{version}", list(&parts))
    };
    let more = wrong.len().saturating_sub(MOST_TOLD);
    wrong.truncate(MOST_TOLD);
    if more > 0 {
        wrong.push(format!("{more} more"));
    }
    match wrong.as_slice() {
        [] => (all, what),
        wrong => (all, format!("{what}: {}", list(wrong))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaled(all: &[(&str, u64)]) -> Vec<Scaled> {
        all.iter()
            .map(|(kind, quantity)| Scaled {
                kind: (*kind).to_owned(),
                quantity: *quantity,
            })
            .collect()
    }

    /// Dynos by name, with state and release.
    fn dynos(all: &[(&str, &str, u64)]) -> Vec<Dyno> {
        all.iter()
            .map(|(name, state, release)| Dyno {
                name: (*name).to_owned(),
                kind: name.split('.').next().unwrap().to_owned(),
                state: DynoState::read(state),
                release: (*release > 0).then_some(*release),
            })
            .collect()
    }

    #[test]
    fn each_dyno_that_is_expected_must_be_up_with_the_release() {
        const WEB: &[(&str, u64)] = &[("web", 2), ("worker", 0), ("release", 1)];
        for (formation, there, ok, seen) in [
            (
                WEB,
                &[("web.1", "up", 42), ("web.2", "up", 42)][..],
                true,
                "web 2 of 2 up with v42",
            ),
            // A config var made a newer one.
            (
                WEB,
                &[("web.1", "up", 43), ("web.2", "up", 42)],
                true,
                "web 2 of 2 up with v42",
            ),
            (
                WEB,
                &[("web.1", "up", 42), ("web.2", "starting", 42)],
                false,
                "web 1 of 2 up with v42: web.2 is starting",
            ),
            (
                WEB,
                &[("web.1", "up", 42), ("web.2", "up", 41)],
                false,
                "web 1 of 2 up with v42: web.2 runs v41",
            ),
            (WEB, &[("web.1", "up", 42)], false, "web 1 of 2 up with v42"),
            (WEB, &[], false, "web 0 of 2 up with v42"),
            (
                WEB,
                &[("web.1", "up", 42), ("web.2", "up", 0)],
                false,
                "web 1 of 2 up with v42: web.2 does not say which release it runs",
            ),
            // Enough are up, and one more has crashed.
            (
                WEB,
                &[
                    ("web.1", "up", 42),
                    ("web.2", "up", 42),
                    ("web.3", "crashed", 42),
                ],
                false,
                "web 2 of 2 up with v42: web.3 has crashed",
            ),
            // Of the old code, on their way out; and one-off dynos.
            (
                WEB,
                &[
                    ("web.1", "up", 42),
                    ("web.2", "up", 42),
                    ("web.3", "crashed", 41),
                    ("run.1", "crashed", 42),
                    ("scheduler.1", "crashed", 42),
                    ("release.1", "starting", 42),
                ],
                true,
                "web 2 of 2 up with v42",
            ),
            (
                &[("web", 0), ("worker", 0)],
                &[],
                true,
                "no dyno is expected: every process type is scaled to 0",
            ),
            (
                &[("web", 0)],
                &[("web.1", "crashed", 42)],
                false,
                "no dyno is expected: every process type is scaled to 0: web.1 has crashed",
            ),
            (
                &[("web", 1), ("clock", 1)],
                &[("web.1", "up", 42), ("clock.1", "paused", 42)],
                false,
                "web 1 of 1 and clock 0 of 1 up with v42: clock.1 is `paused`",
            ),
            // A process type may have the name of a one-off one.
            (
                &[("scheduler", 1)],
                &[("scheduler.1", "crashed", 42)],
                false,
                "scheduler 0 of 1 up with v42: scheduler.1 has crashed",
            ),
            (
                &[("web", 5)],
                &[
                    ("web.1", "down", 42),
                    ("web.2", "idle", 42),
                    ("web.3", "down", 42),
                    ("web.4", "down", 42),
                    ("web.5", "down", 42),
                ],
                false,
                "web 0 of 5 up with v42: web.1 is down, web.2 is idle, web.3 is down and 2 more",
            ),
        ] {
            let found = judge(&scaled(formation), &dynos(there), 42);
            assert_eq!(found, (ok, seen.to_owned()));
        }
    }
}
