//! The archive to an upload host: S3's pre-signed PUT. It wants a Content-Length (no chunks), no Content-Type and no
//! Authorization (heroku.md §2).

use std::{
    fs::File,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use reqwest::{Body, Response, StatusCode, header};
use tokio_util::io::ReaderStream;

use super::{
    Error, Kind, Outside, Pacing, Phase, SecretUrl,
    answer::{error_message, read_bounded},
    named::watched,
    retry,
};
use crate::journal::{Journal, event::Event};

/// How much is read from the file at a time.
const CHUNK: usize = 64 << 10;
/// How long the upload host may take to say why it refuses.
const STALL: Duration = Duration::from_mins(1);
/// How many times a broken upload is tried, however long each try takes.
const TRIES: u32 = 3;

/// Uploads an archive of so many bytes; `open` opens it at its beginning. Sending the same bytes to the same place again
/// changes nothing, so it is repeated from the start where a connection breaks.
pub async fn put(
    outside: &Outside,
    pacing: Pacing,
    journal: &Journal,
    url: &SecretUrl,
    bytes: u64,
    open: impl Fn() -> io::Result<File>,
) -> Result<(), Error> {
    let began = Instant::now();
    let budget = pacing.budget_before();
    let mut pauses = pacing.pauses();
    let mut tries = 0;
    journal.emit(Event::UploadStarted { bytes });
    loop {
        tries += 1;
        let error = match once(outside, pacing, journal, url, bytes, &open).await {
            Ok(()) => break,
            Err(error) => error.during(Phase::Upload),
        };
        let left = if tries < TRIES {
            budget
        } else {
            budget.saturating_sub(began.elapsed())
        };
        let pause = pauses
            .next()
            .and_then(|planned| retry::pause(planned, None, left));
        match pause {
            Some(pause) if retry::may_repeat(&error) => {
                journal.emit(Event::Retrying {
                    request: error.request.clone(),
                    why: error.reason(),
                    pause,
                    left: Some(left),
                });
                tokio::time::sleep(pause).await;
            }
            _ => return Err(error),
        }
    }
    journal.emit(Event::Uploaded {
        bytes,
        took: began.elapsed(),
    });
    Ok(())
}

async fn once(
    outside: &Outside,
    pacing: Pacing,
    journal: &Journal,
    url: &SecretUrl,
    bytes: u64,
    open: impl Fn() -> io::Result<File>,
) -> Result<(), Error> {
    let name = format!("PUT {url}");
    let stall = pacing.timeout(STALL);
    let file = open().map_err(|e| {
        Error::new(
            Kind::Local,
            name.clone(),
            format!("cannot read the archive: {e}"),
        )
    })?;
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let chunks =
        ReaderStream::with_capacity(tokio::fs::File::from_std(file), CHUNK).inspect(move |chunk| {
            if let Ok(chunk) = chunk {
                counter.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            }
        });
    // An empty archive does not exist, so the length is never 0; without this header the body would go in chunks.
    let request = outside
        .for_upload(&name, url.expose())?
        .put(url.expose().clone())
        .header(header::CONTENT_LENGTH, bytes)
        .body(Body::wrap_stream(chunks));
    let told = |sent| journal.emit(Event::UploadProgress { sent, bytes });
    let response = watched(request, &name, &sent, pacing, told).await?;
    accepted(response, name, stall).await
}

/// Puts nothing where an archive was put: what is there is gone then. One try.
pub async fn empty(outside: &Outside, pacing: Pacing, url: &SecretUrl) -> Result<(), Error> {
    let name = format!("PUT {url}");
    let request = outside
        .for_upload(&name, url.expose())?
        .put(url.expose().clone())
        .header(header::CONTENT_LENGTH, 0);
    let response = request.send().await;
    let response = response.map_err(|e| Error::from_reqwest(name.clone(), &e))?;
    accepted(response, name, pacing.timeout(STALL)).await
}

/// Whether the upload host took what it was sent.
async fn accepted(response: Response, name: String, stall: Duration) -> Result<(), Error> {
    let status = response.status();
    let headers = response.headers().clone();
    if status.is_success() {
        return Ok(());
    }
    let body = tokio::time::timeout(stall, read_bounded(response, 8 << 10)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    let (code, message) = said(&body, &headers, status);
    let kind = refusal(status.as_u16(), code.as_deref());
    let mut error = Error::new(kind, name, message);
    error.status = Some(status.as_u16());
    Err(error)
}

/// What a host of files says of a refusal: S3's code, and a message of one line.
pub(super) fn said(
    body: &[u8],
    headers: &header::HeaderMap,
    status: StatusCode,
) -> (Option<String>, String) {
    let text = String::from_utf8_lossy(body);
    let code = element(&text, "Code");
    let message = match (&code, element(&text, "Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.clone(),
        _ => error_message(None, body, headers, status),
    };
    (code, message)
}

/// What a status of the upload host means. It is not the API: its 401 and 403 speak of the address, not of the token. What
/// S3 asks for again it says by a code (<https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>). A refusal
/// without a code is not the host's own.
fn refusal(status: u16, code: Option<&str>) -> Kind {
    const AGAIN: [&str; 5] = [
        "RequestTimeout",
        "IncompleteBody",
        "SlowDown",
        "OperationAborted",
        "TemporaryRedirect",
    ];
    match retry::classify(status, "") {
        Some(kind @ (Kind::Busy { .. } | Kind::RateLimited | Kind::ProxyDenied)) => kind,
        _ if matches!(status, 307 | 409) || code.is_some_and(|code| AGAIN.contains(&code)) => {
            Kind::Busy { status }
        }
        _ if code.is_none() => Kind::Foreign { status },
        _ => Kind::Rejected {
            status,
            id: String::new(),
        },
    }
}

/// The text of an element of S3's XML.
fn element(body: &str, name: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upload_hosts_reason_is_found() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has\nexpired</Message></Error>";
        assert_eq!(element(xml, "Code").unwrap(), "AccessDenied");
        assert_eq!(element(xml, "Message").unwrap(), "Request has expired");
        assert_eq!(element("nonsense <Code>", "Code"), None);
    }

    #[test]
    fn what_is_over_in_a_moment_is_another_put() {
        for (status, code, again) in [
            (400, Some("RequestTimeout"), true),
            (400, Some("IncompleteBody"), true),
            (400, Some("EntityTooLarge"), false),
            (403, Some("AccessDenied"), false),
            (403, Some("SignatureDoesNotMatch"), false),
            (307, Some("TemporaryRedirect"), true),
            (409, Some("OperationAborted"), true),
            (503, Some("SlowDown"), true),
            (500, None, true),
            (429, None, true),
            // A login page, a firewall.
            (302, None, true),
            (403, None, true),
            (407, None, false),
        ] {
            let error = Error::new(refusal(status, code), "PUT", "");
            assert_eq!(error.is_transient(), again, "{status} {code:?}");
        }
    }
}
