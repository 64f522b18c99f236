//! The way of an app back to an earlier release, in words.

use super::{Label, Step, text};
use crate::journal::{event::Event, record::RollbackOutcome};

/// An event of it; `None` if it is another.
pub(super) fn step(event: &Event) -> Option<Step> {
    Some(match event {
        Event::RollbackStarted { app, from, to, .. } => {
            Step::new(Label::Rollback, app, format!("{from} → {to}"))
        }
        Event::RollbackFinished {
            app, outcome, why, ..
        } => {
            let words = match outcome {
                RollbackOutcome::Succeeded => {
                    return Some(Step::new(Label::Rollback, app, "back, verified").good());
                }
                RollbackOutcome::Unverified => "back, not verified",
                RollbackOutcome::LeftAlone => "left alone",
                RollbackOutcome::Impossible => "not possible",
                RollbackOutcome::Failed | RollbackOutcome::NotStarted => "failed",
                RollbackOutcome::InProgress | RollbackOutcome::Unknown => "outcome unknown",
            };
            let why = why.as_deref().map(|why| format!(": {}", text(why)));
            Step::new(
                Label::Rollback,
                app,
                format!("{words}{}", why.unwrap_or_default()),
            )
            .bad()
        }
        _ => return None,
    })
}
