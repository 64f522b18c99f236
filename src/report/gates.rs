//! What stood before each stage, for the pages: its requirements, and who approved it.

use crate::journal::record::{ApprovalRecord, Record, RequirementResult, StageRecord};

/// Something that a stage needed before it was changed. Its texts are foreign.
#[derive(Debug, PartialEq, Eq)]
pub struct Gate<'r> {
    /// The stage.
    pub stage: &'r str,
    /// Its key in `deploy.yaml`: `window`, `approval`.
    pub needs: &'r str,
    /// How it stood.
    pub result: RequirementResult,
    /// What was seen, in a phrase.
    pub seen: String,
    /// What does not hold.
    pub problems: &'r [String],
}

impl Gate<'_> {
    /// How it stood, in a word or two.
    pub fn word(&self) -> &'static str {
        match self.result {
            RequirementResult::Met => "met",
            RequirementResult::Unmet => "not met",
            RequirementResult::Pending => "open",
            RequirementResult::Ignored => "ignored",
        }
    }
}

/// The gates of all stages, in the order in which they were looked at.
pub fn gates(record: &Record) -> impl Iterator<Item = Gate<'_>> {
    record.stages.iter().flat_map(of_stage)
}

/// The gates of a stage.
pub fn of_stage(stage: &StageRecord) -> impl Iterator<Item = Gate<'_>> {
    let requirements = stage.requirements.iter().map(|row| Gate {
        stage: &stage.stage,
        needs: &row.requirement,
        result: row.result,
        seen: row.seen.clone(),
        problems: &row.problems,
    });
    let approval = stage.approval.iter().map(|approval| Gate {
        stage: &stage.stage,
        needs: "approval",
        result: match (approval.approved, &approval.at) {
            (true, _) => RequirementResult::Met,
            (false, Some(_)) => RequirementResult::Unmet,
            (false, None) => RequirementResult::Pending,
        },
        seen: answer(approval),
        problems: &[],
    });
    requirements.chain(approval)
}

/// `approved by ada: tested`, `no answer from ops.example.com, asked at 2026-08-01T11:00:00Z`
fn answer(approval: &ApprovalRecord) -> String {
    if approval.at.is_none() {
        let since = approval.asked_at.as_deref().unwrap_or_default();
        return format!("no answer from {}, asked at {since}", approval.asked);
    }
    let word = if approval.approved {
        "approved"
    } else {
        "rejected"
    };
    let by = approval.by.as_ref();
    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
    let reason = approval.reason.as_ref();
    let reason = reason.map_or_else(String::new, |reason| format!(": {reason}"));
    format!("{word}{by}{reason}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixtures;

    #[test]
    fn requirements_come_before_the_approval() {
        let mut record = fixtures::happy().record;
        fixtures::gate(&mut record.stages[1]);
        let found: Vec<_> = gates(&record)
            .map(|gate| (gate.stage, gate.needs, gate.word(), gate.seen))
            .collect();
        let of = |needs, word, seen: &str| ("production", needs, word, seen.to_owned());
        assert_eq!(
            found,
            [
                of("window", "met", "`Mon-Fri 09:00-16:00 UTC` is open"),
                of("same_stack", "not met", "the stacks differ"),
                of("approval", "met", "approved by ada: tested"),
            ]
        );
        let approval = record.stages[1].approval.as_mut().unwrap();
        (approval.approved, approval.at) = (false, None);
        let found = gates(&record).last().map(|gate| (gate.word(), gate.seen));
        let seen = "no answer from ops.example.com, asked at 2026-08-01T11:00:00Z";
        assert_eq!(found, Some(("open", seen.to_owned())));
    }
}
