//! Checks in words.

use super::{Label, Step, text};
use crate::{
    journal::event::Event,
    units::{count, duration},
};

/// An event of a check; `None` if it is another.
pub(super) fn step(event: &Event) -> Option<Step> {
    Some(match event {
        Event::CheckStarted { app, check, .. } => {
            Step::new(Label::Verify, app, format!("{}: started", text(check))).detail()
        }
        Event::CheckTried {
            app,
            check,
            attempt,
            seen,
            ..
        } => {
            let words = format!("{}: try {attempt}: {}", text(check), text(seen));
            Step::new(Label::Verify, app, words).detail()
        }
        Event::CheckFinished {
            app,
            check,
            ok,
            attempts,
            seen,
            took,
            ..
        } => {
            let tries = count(u64::from(*attempts), "try", "tries");
            let took = match took.as_secs() {
                0 => String::new(),
                _ => format!(" in {}", duration(*took)),
            };
            let (check, seen) = (text(check), text(seen));
            if *ok {
                Step::new(
                    Label::Verify,
                    app,
                    format!("{check}: {seen} after {tries}{took}"),
                )
                .good()
            } else {
                Step::new(
                    Label::Verify,
                    app,
                    // What was seen says how often it was tried.
                    format!("{check}: failed{took}: {seen}"),
                )
                .bad()
            }
        }
        _ => return None,
    })
}
