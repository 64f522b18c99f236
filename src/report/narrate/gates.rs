//! What stands before a stage, in words.

use super::{Label, Step, text};
use crate::journal::{event::Event, record::RequirementResult};

/// A requirement and how it stands; an approval.
pub(super) fn requirement(event: &Event) -> Option<Step> {
    if let Event::ApprovalDecided {
        stage,
        approved,
        by,
        reason,
    } = event
    {
        let word = if *approved { "approved" } else { "rejected" };
        let by = by
            .as_deref()
            .map_or_else(String::new, |by| format!(" by {}", text(by)));
        let why = reason
            .as_deref()
            .map_or_else(String::new, |why| format!(": {}", text(why)));
        let step = Step::new(Label::Approval, stage, format!("{word}{by}{why}"));
        return Some(if *approved { step.good() } else { step.bad() });
    }
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
        RequirementResult::Met => {
            Step::new(Label::Require, stage, format!("{key}: holds: {seen}")).good()
        }
        RequirementResult::Pending => {
            Step::new(Label::Require, stage, format!("{key}: open: {seen}"))
        }
        RequirementResult::Unmet => Step::new(
            Label::Require,
            stage,
            format!("{key}: does not hold: {seen}"),
        )
        .bad(),
        RequirementResult::Ignored => Step::new(
            Label::Require,
            stage,
            format!("{key}: {seen}; ignored (--ignore-window)"),
        )
        .warn(),
    })
}
