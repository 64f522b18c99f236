//! The state of a stage's checks, and what follows from it: which may begin, and which are cancelled. Pure.
//!
//! Requests run side by side, across apps and within each. A command begins once the checks before it hold (their soaks
//! go on meanwhile), and the checks after it begin once it has passed: they may need what it made.
//!
//! Once a check of an app fails, the app has failed: its other checks are cancelled. The other apps of the stage still
//! get a verdict if one is near: a check that does not hold yet goes on until it does or fails. What could take long is
//! cancelled at once: a soak, a command, a check that has not begun.

/// How a check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It has not begun.
    Waiting,
    /// It does not hold yet; a command runs.
    Trying,
    /// It holds, and must go on doing so.
    Holds,
    /// It passed.
    Passed,
    /// It failed.
    Failed,
}

/// All checks of a stage.
#[derive(Debug)]
pub(super) struct Board {
    /// Which of them are commands.
    commands: Vec<bool>,
    /// How each stands, by app.
    apps: Vec<Vec<Step>>,
}

impl Board {
    /// These checks for so many apps; none has begun.
    pub(super) fn new(commands: Vec<bool>, apps: usize) -> Self {
        let steps = vec![Step::Waiting; commands.len()];
        Self {
            commands,
            apps: vec![steps; apps],
        }
    }

    /// How a check of an app stands now.
    pub(super) fn set(&mut self, app: usize, check: usize, step: Step) {
        if let Some(now) = self.apps.get_mut(app).and_then(|of| of.get_mut(check)) {
            *now = step;
        }
    }

    /// How a check of an app stands.
    pub(super) fn step(&self, app: usize, check: usize) -> Step {
        let step = self.of(app).get(check);
        step.copied().unwrap_or(Step::Waiting)
    }

    /// Whether a check of an app may begin.
    pub(super) fn may_begin(&self, app: usize, check: usize) -> bool {
        let before = self.commands.iter().zip(self.of(app)).take(check);
        let is_command = self.is_command(check);
        let mut before = before.filter(|(command, _)| is_command || **command);
        before.all(|(_, step)| matches!(step, Step::Holds | Step::Passed))
    }

    /// Whether a check of an app is cancelled because another one failed.
    pub(super) fn must_end(&self, app: usize, check: usize) -> bool {
        let failed = |steps: &[Step]| steps.contains(&Step::Failed);
        let near = self.step(app, check) == Step::Trying && !self.is_command(check);
        failed(self.of(app)) || (!near && self.apps.iter().any(|steps| failed(steps)))
    }

    fn of(&self, app: usize) -> &[Step] {
        self.apps.get(app).map_or(&[], Vec::as_slice)
    }

    fn is_command(&self, check: usize) -> bool {
        self.commands.get(check).is_some_and(|command| *command)
    }
}

#[cfg(test)]
mod tests {
    use super::{Step::*, *};

    /// Two apps with a request, a request, a command and a request.
    fn board(apps: [[Step; 4]; 2]) -> Board {
        Board {
            commands: vec![false, false, true, false],
            apps: apps.map(Vec::from).to_vec(),
        }
    }

    #[test]
    fn a_command_waits_for_what_is_before_it_and_holds_up_what_is_behind_it() {
        const OTHER: [Step; 4] = [Waiting; 4];
        for (steps, may) in [
            ([Waiting; 4], [true, true, false, false]),
            (
                [Trying, Passed, Waiting, Waiting],
                [true, true, false, false],
            ),
            ([Holds, Passed, Waiting, Waiting], [true, true, true, false]),
            ([Holds, Passed, Trying, Waiting], [true, true, true, false]),
            ([Holds, Passed, Passed, Waiting], [true, true, true, true]),
        ] {
            let board = board([steps, OTHER]);
            let found = [0, 1, 2, 3].map(|check| board.may_begin(0, check));
            assert_eq!(found, may, "{steps:?}");
        }
    }

    #[test]
    fn what_failed_ends_its_apps_checks_and_what_is_far_from_a_verdict() {
        const GOOD: [Step; 4] = [Passed, Holds, Trying, Waiting];
        const BAD: [Step; 4] = [Failed, Trying, Waiting, Waiting];
        for (first, second, app, ends) in [
            (GOOD, [Trying; 4], 0, [false; 4]),
            // Its own app.
            (BAD, GOOD, 0, [true; 4]),
            // Of another app: all but what is asked and does not hold yet.
            (GOOD, BAD, 0, [true; 4]),
            ([Trying; 4], BAD, 0, [false, false, true, false]),
        ] {
            let board = board([first, second]);
            let found = [0, 1, 2, 3].map(|check| board.must_end(app, check));
            assert_eq!(found, ends, "{first:?} {second:?}");
        }
    }
}
