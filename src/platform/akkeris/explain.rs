//! What the platform's errors mean. They are plain text, pages of HTML, or JavaScript's messages about its own bugs; the
//! text is kept, and advice is appended to it.

use reqwest::{StatusCode, header};

use crate::http::{Error, Kind, Phase};

/// Whether a refusal is the platform's own. The API sends its text as JSON, which it is not. The front door sends the name
/// of the status, or its framework's page; where there is no such call there is nothing at all.
pub(super) fn is_own_refusal(status: u16, headers: &header::HeaderMap, body: &[u8]) -> bool {
    if (300..400).contains(&status) {
        return false;
    }
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(body);
    match kind.split(';').next().unwrap_or_default().trim() {
        "application/json" => !text.trim_start().starts_with('<'),
        "text/html" => text.contains("<title>Error</title>") && text.contains("<pre>"),
        _ => {
            let name = StatusCode::from_u16(status).ok();
            let name = name.and_then(|status| status.canonical_reason());
            text.is_empty() || name == Some(text.trim())
        }
    }
}

/// The same error, with an explanation where there is one.
pub(super) fn explain(mut error: Error) -> Error {
    let status = match &error.kind {
        Kind::Busy { status } | Kind::Denied { status, .. } | Kind::Rejected { status, .. } => {
            *status
        }
        Kind::NotFound => 404,
        _ => return error,
    };
    if let Some(meaning) = meaning(error.phase, status, &error.message) {
        error.message = format!("{} ({meaning})", error.message);
    }
    error
}

fn meaning(phase: Phase, status: u16, said: &str) -> Option<&'static str> {
    // Of what is created, only a promotion is refused in these words.
    let promotes = phase == Phase::Create;
    Some(match status {
        // A route that does not exist has an empty body.
        404 if said == "Not Found" => {
            "there is no such call: is this the address of an Akkeris API?"
        }
        409 if promotes && said.contains("requires the status") => {
            "a status check that the pipeline requires is not green on the release: report it, then run `launchway promote`; \
             with `require: {status_checks: [...]}` the run waits for it"
        }
        422 if promotes && said.contains("Safe promotion was specified") => {
            "config vars or add-ons of source and target differ: make them the same, or allow it with \
             `require: {same_config_keys: false}`"
        }
        422 if promotes && said.contains("Some of the specified targets") => {
            "a promotion goes to apps of the next stage of the same pipeline only"
        }
        422 if promotes && said.contains("reading 'stage'") => "the source app is in no pipeline",
        422 if said.contains("reading 'length'") => "a required value is missing",
        413 => {
            "the request is larger than the platform takes: host the archive with `source.upload` or `source.url`"
        }
        403 if said.contains("Arbitrary builds") => {
            "the app's space is under compliance rules: only administrators may build there"
        }
        _ if said.contains("Cannot read properties of") || said.contains("is not a function") => {
            "a bug in the platform hides what was wrong: its operator finds more in its log"
        }
        500 if said == "Internal Server Error" => {
            "the platform says no more: its operator finds the reason in its log"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn explained(status: u16, phase: Phase, said: &str) -> String {
        let kind = crate::http::retry::classify(status, "").unwrap();
        explain(Error::new(kind, "X /x", said).during(phase)).to_string()
    }

    #[test]
    fn the_platforms_own_refusals_are_told_from_those_of_others() {
        let page = "<!DOCTYPE html>\n<title>Error</title>\n<pre>PayloadTooLargeError</pre>";
        for (status, kind, body, expected) in [
            (
                422,
                "application/json",
                "The specified uuid was invalid.",
                true,
            ),
            (401, "text/plain; charset=utf-8", "Unauthorized", true),
            (403, "text/plain; charset=utf-8", "Forbidden", true),
            (404, "application/octet-stream", "", true),
            (413, "text/html; charset=utf-8", page, true),
            (403, "text/html", "<title>Access blocked</title>", false),
            (403, "application/json", "<html>", false),
            (403, "text/plain", "blocked by policy 7", false),
            (404, "text/html", "", false),
            (302, "text/plain", "Found", false),
        ] {
            let mut headers = header::HeaderMap::new();
            headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
            assert_eq!(
                is_own_refusal(status, &headers, body.as_bytes()),
                expected,
                "{status} {kind} {body}"
            );
        }
    }

    #[test]
    fn the_four_refusals_of_a_promotion_are_told_apart() {
        for (status, said, expected) in [
            (
                409,
                "This promotion was stopped as it was deemed unsafe: The app web-stg at stage staging requires the status \
                 \"tests/smoke\" to pass in order to promote.",
                "not green on the release",
            ),
            (
                422,
                "Safe promotion was specified and this promotion has been deemed unsafe. Reasons: The source app contains \
                 config var(s) (ONLY_DEV) that are not present in the destination app (web-stg).",
                "same_config_keys: false",
            ),
            (
                422,
                "Some of the specified targets are either not in the pipeline or cannot be promoted from the specified \
                 source app.",
                "next stage",
            ),
            (
                422,
                "Cannot read properties of undefined (reading 'stage')",
                "in no pipeline",
            ),
        ] {
            let text = explained(status, Phase::Create, said);
            assert!(text.contains(said) && text.contains(expected), "{text}");
        }
    }

    #[test]
    fn what_explains_itself_is_left_alone() {
        let said = "The specified pipeline was not found.";
        assert_eq!(
            explained(404, Phase::Read, said),
            format!("X /x answered 404: {said}")
        );
        assert!(explained(422, Phase::Read, "Cannot read properties of null").contains("bug"));
    }
}
