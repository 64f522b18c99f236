//! Waits until somebody approves a stage: polls an address until it says so. The request carries no credentials.

use std::time::{Duration, Instant};

use reqwest::{StatusCode, header};
use serde::Deserialize;

use super::Run;
use crate::{
    config::{approval::Polled, placeholder::Placeholder},
    exit::Exit,
    failure::Failure,
    http::{answer::read_bounded, path_segment},
    journal::{WaitGuard, event::Event},
    units,
};

/// How long one question may take.
const QUESTION: Duration = Duration::from_secs(30);
/// The largest answer that is read.
const LARGEST_ANSWER: usize = 64 << 10;
/// How much of what the answer says is kept.
const LONGEST_WORDS: usize = 200;

/// The words for no answer so far, and for an answer without a decision.
const NO_ANSWER: &str = "there is no answer";
const STILL_PENDING: &str = "it is still pending";

/// What was answered.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Decided {
        approved: bool,
        by: Option<String>,
        reason: Option<String>,
    },
    Pending,
    /// It could not be understood, for this reason.
    Other(String),
}

#[derive(Deserialize)]
struct AnswerJson {
    state: String,
    by: Option<String>,
    reason: Option<String>,
}

/// Reads an answer.
fn read(status: StatusCode, body: &[u8]) -> Answer {
    if !status.is_success() {
        return Answer::Other(format!("the answer is {}", status.as_u16()));
    }
    let Ok(json) = serde_json::from_slice::<AnswerJson>(body) else {
        return Answer::Other(format!(
            "the answer is {} without a JSON `state`",
            status.as_u16()
        ));
    };
    let short = |text: Option<String>| {
        let mut text = text?.trim().to_owned();
        if let Some((end, _)) = text.char_indices().nth(LONGEST_WORDS) {
            text.truncate(end);
            text.push('…');
        }
        (!text.is_empty()).then_some(text)
    };
    let approved = match json.state.as_str() {
        "approved" => true,
        "rejected" => false,
        "pending" => return Answer::Pending,
        _ => {
            let why = "the answer's `state` is neither `approved`, `rejected` nor `pending`";
            return Answer::Other(why.to_owned());
        }
    };
    Answer::Decided {
        approved,
        by: short(json.by),
        reason: short(json.reason),
    }
}

impl Run<'_> {
    /// Waits until a stage is approved. The failure says why it was not.
    pub(super) async fn approved(&self, stage: &str, approval: &Polled) -> Result<(), Failure> {
        let refused = |what: String| Failure::new(Exit::Refused, what);
        let record = self.journal.source();
        let value = |one: Placeholder| match one {
            Placeholder::Version => record
                .as_ref()
                .map(|source| source.version.clone())
                .unwrap_or_default(),
            Placeholder::Commit => record
                .as_ref()
                .and_then(|source| source.commit.clone())
                .unwrap_or_default(),
            Placeholder::Run => self.id.to_owned(),
            Placeholder::Release => String::new(),
        };
        let host = approval.host();
        let services = self.platform.services();
        let Some(url) = approval.address(|one| path_segment(&value(one))) else {
            return Err(refused(format!(
                "the address at {host} that approves is not valid"
            )));
        };
        let client = services.outside.client_for(&url);
        let client = client
            .map_err(|why| refused(format!("nobody at {host} can be asked to approve: {why}")))?;
        let began = Instant::now();
        let what = format!("the approval of {stage} at {host}");
        self.journal.emit(Event::ApprovalAsked {
            stage: stage.to_owned(),
            who: host.clone(),
        });
        let then = format!("nothing is changed in {stage}");
        let _waiting = WaitGuard::announce(self.journal, &what, None, approval.within, &then);
        // What was heard last.
        let mut standing: Option<String> = None;
        loop {
            let left = approval.within.saturating_sub(began.elapsed());
            if left.is_zero() {
                let within = units::whole(approval.within);
                let why = standing.as_deref().unwrap_or(NO_ANSWER);
                return Err(refused(format!(
                    "it was not approved at {host} within {within}: {why}"
                )));
            }
            let asked = client
                .get(url.clone())
                .header(header::ACCEPT, "application/json")
                .timeout(self.pacing().timeout(QUESTION).min(left))
                .send();
            let answer = match asked.await {
                // The deadline cut the request off: the answer before it still holds.
                Err(error) if error.is_timeout() && began.elapsed() >= approval.within => continue,
                // Its text may have the address in it.
                Err(_) => Answer::Other(NO_ANSWER.to_owned()),
                Ok(response) => {
                    let status = response.status();
                    match read_bounded(response, LARGEST_ANSWER).await {
                        Ok(body) => read(status, &body),
                        Err(_) if began.elapsed() >= approval.within => continue,
                        Err(_) => Answer::Other("the answer broke off".to_owned()),
                    }
                }
            };
            match answer {
                Answer::Decided {
                    approved,
                    by,
                    reason,
                } => {
                    self.journal.emit(Event::ApprovalDecided {
                        stage: stage.to_owned(),
                        approved,
                        by: by.clone(),
                        reason: reason.clone(),
                    });
                    if approved {
                        return Ok(());
                    }
                    let by = by.map_or_else(String::new, |by| format!(" by {by}"));
                    let why = reason.map_or_else(String::new, |why| format!(": {why}"));
                    return Err(refused(format!("it was rejected at {host}{by}{why}")));
                }
                Answer::Pending => standing = Some(STILL_PENDING.to_owned()),
                Answer::Other(why) if standing.as_ref() != Some(&why) => {
                    self.journal
                        .note(format!("{what}: {why}; it is asked again"));
                    standing = Some(why);
                }
                Answer::Other(_) => {}
            }
            let left = approval.within.saturating_sub(began.elapsed());
            tokio::time::sleep(approval.every.min(left)).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_word_decides() {
        let decided = |approved, by: Option<&str>, reason: Option<&str>| Answer::Decided {
            approved,
            by: by.map(str::to_owned),
            reason: reason.map(str::to_owned),
        };
        for (status, body, expected) in [
            (
                200,
                r#"{"state": "approved"}"#,
                Some(decided(true, None, None)),
            ),
            (
                201,
                r#"{"state": "rejected", "by": "ada", "reason": " a freeze ", "more": 1}"#,
                Some(decided(false, Some("ada"), Some("a freeze"))),
            ),
            (200, r#"{"state": "pending"}"#, Some(Answer::Pending)),
            (
                200,
                r#"{"state": "approved", "by": null, "reason": ""}"#,
                Some(decided(true, None, None)),
            ),
            (302, r#"{"state": "approved"}"#, None),
            (500, r#"{"state": "approved"}"#, None),
            (200, r#"{"state": "Approved"}"#, None),
            (200, r#"{"state": true}"#, None),
            (200, r#"{"state": "approved""#, None),
            (200, r#"{"approved": true}"#, None),
            (200, "<html>approved</html>", None),
            (200, "", None),
        ] {
            let answer = read(StatusCode::from_u16(status).unwrap(), body.as_bytes());
            match expected {
                Some(expected) => assert_eq!(answer, expected, "{body}"),
                None => assert!(
                    matches!(answer, Answer::Other(_)),
                    "{status} {body}: {answer:?}"
                ),
            }
        }
    }
}
