//! Which answers are the registry's own, and which come from something that answers in its place.

use reqwest::header::{CONTENT_TYPE, HeaderMap};

use crate::http::{Error, Kind, answer::Answer};

/// How a registry says that a blob is there and where it is stored: the one redirect that is its own
/// (<https://github.com/distribution/distribution/blob/main/registry/storage/blobserver.go>).
pub(super) const STORED_ELSEWHERE: u16 = 307;

/// Whether a refusal is the registry's own: its errors are JSON or a status alone. Any other redirect, and a page, are of a
/// proxy, a firewall or a login.
pub(super) fn is_own(status: u16, headers: &HeaderMap, body: &[u8]) -> bool {
    if (300..400).contains(&status) {
        return status == STORED_ELSEWHERE;
    }
    !is_page(headers) && !body.trim_ascii_start().starts_with(b"<")
}

fn is_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// An answer that is no page: no success of a registry is one, so one says nothing of a blob.
pub(super) fn no_page(answer: Answer) -> Result<Answer, Error> {
    if !is_page(&answer.headers) {
        return Ok(answer);
    }
    let message = format!("{} with a page", answer.status);
    Err(Error::new(Kind::Unreadable, answer.request, message))
}

/// The same of an error: only the question whether a blob is there may be answered so.
pub(super) fn of_others(mut error: Error) -> Error {
    if let Kind::Rejected {
        status: STORED_ELSEWHERE,
        ..
    } = error.kind
    {
        error.kind = Kind::Foreign {
            status: STORED_ELSEWHERE,
        };
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_and_a_redirect_are_not_the_registrys() {
        for (status, kind, body, own) in [
            (401, "application/json", r#"{"errors": []}"#, true),
            (404, "", "", true),
            (403, "text/plain", "denied", true),
            (307, "text/html", "<a href>", true),
            (302, "", "", false),
            (301, "application/json", "{}", false),
            (403, "text/html; charset=utf-8", "", false),
            (404, "", " <html>", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, kind.parse().unwrap());
            assert_eq!(
                is_own(status, &headers, body.as_bytes()),
                own,
                "{status} {kind}"
            );
        }
    }
}
