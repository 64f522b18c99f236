//! What stands before a stage, in words.

use super::{Step, text};
use crate::journal::{event::Event, record::RequirementResult};

/// A requirement and how it stands.
pub(super) fn requirement(event: &Event) -> Option<Step> {
    let Event::RequirementChecked {
        stage,
        requirement,
        result,
        seen,
        ..
    } = event
    else {
        return None;
    };
    let (key, seen) = (text(requirement), text(seen));
    Some(match result {
        RequirementResult::Met => Step::new("require", stage, format!("{key}: {seen}")).good(),
        RequirementResult::Pending => Step::new("require", stage, format!("{key}: open: {seen}")),
        RequirementResult::Unmet => {
            Step::new("require", stage, format!("{key}: does not hold: {seen}")).bad()
        }
        RequirementResult::Ignored => Step::new(
            "require",
            stage,
            format!("{key}: {seen}; ignored (--ignore-window)"),
        )
        .warn(),
    })
}
