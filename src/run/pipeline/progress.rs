//! How far the changes of a pipeline are, and which app has no place in the meantime.

use std::cell::{Cell, RefCell};

use super::difference::Declared;
use crate::{failure::Failure, http::Error, platform::pipelines::Member};

/// How far the changes are.
#[derive(Debug, Default)]
pub struct Progress {
    /// How many were made.
    pub done: Cell<usize>,
    /// The app that was taken out of its place and is not known to have another one.
    taken_out: RefCell<Option<TakenOut>>,
}

#[derive(Debug)]
struct TakenOut {
    app: String,
    pipeline: String,
    stage: String,
    /// Whether it certainly has no place now.
    certain: bool,
}

impl Progress {
    /// An app was taken out of its place, and is to get another one.
    pub(super) fn taken_out(&self, app: &Declared, from: &Member) {
        self.taken_out.replace(Some(TakenOut {
            app: app.name.clone(),
            pipeline: from.pipeline_called().to_owned(),
            stage: from.stage.clone(),
            certain: false,
        }));
    }

    /// What became of its other place.
    pub(super) fn coupled<T>(&self, made: &Result<T, Error>) {
        let mut taken_out = self.taken_out.borrow_mut();
        match (made, taken_out.as_mut()) {
            (Ok(_), _) => *taken_out = None,
            (Err(error), Some(out)) => out.certain = error.certainly_not_accepted(),
            (Err(_), None) => {}
        }
    }

    /// The end of the changes, with what it means for an app that was taken out of its place.
    pub fn told(&self, failure: Failure) -> Failure {
        let Some(TakenOut {
            app,
            pipeline,
            stage,
            certain,
        }) = self.taken_out.take()
        else {
            return failure;
        };
        let verb = if certain { "is" } else { "may be" };
        let state = failure.state.as_deref().unwrap_or_default();
        let next = failure.next.as_deref().unwrap_or_default();
        let state = format!(
            "{app} {verb} in no pipeline now: it was taken out of {pipeline}, where it was in {stage}; {state}"
        );
        let next = format!(
            "{next}; or, to bring {app} back: `launchway pipeline apply --yes` with `pipeline: {pipeline}` in deploy.yaml and {app} \
             in its stage {stage}"
        );
        failure.state(state).next(next)
    }
}
