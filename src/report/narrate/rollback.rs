//! The rollback of an app, in words.

use super::{Label, Narrator, Step, text};
use crate::journal::{event::Event, record::RollbackOutcome};

/// An event of a rollback; `None` if it is another.
pub(super) fn step(narrator: &mut Narrator, event: &Event) -> Option<Step> {
    Some(match event {
        Event::RollbackStarted { app, from, to, .. } => {
            narrator.going_back.insert(app.clone(), to.version);
            Step::new(Label::Rollback, app, format!("{from} → {to}"))
        }
        Event::RollbackFinished {
            app, outcome, why, ..
        } => {
            let to = narrator.going_back.remove(app);
            let back = to.map_or_else(|| "back".to_owned(), |to| format!("back on v{to}"));
            let words = match outcome {
                RollbackOutcome::Succeeded => {
                    let words = format!("{back}, verified");
                    return Some(Step::new(Label::Rollback, app, words).good());
                }
                RollbackOutcome::Unverified => format!("{back}, not verified"),
                RollbackOutcome::LeftAlone => "left alone".to_owned(),
                RollbackOutcome::Impossible => "not possible".to_owned(),
                RollbackOutcome::Failed | RollbackOutcome::NotStarted => "failed".to_owned(),
                RollbackOutcome::InProgress | RollbackOutcome::Unknown => {
                    "outcome unknown".to_owned()
                }
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
