//! The archive to an upload host: S3's pre-signed PUT. It wants a Content-Length (no chunks), no Content-Type and no
//! Authorization (heroku.md §2).

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use reqwest::{Body, header};
use tokio_util::io::ReaderStream;

use super::{
    error::{Error, Kind},
    http::{Http, from_reqwest, read_bounded},
    retry,
    types::SecretUrl,
};
use crate::{event::Event, source::Archive};

/// How much is read from the file at a time.
const CHUNK: usize = 64 << 10;
/// How often progress is reported.
const PROGRESS: Duration = Duration::from_millis(200);
/// How long an upload may stand still before it is given up.
const STALL: Duration = Duration::from_mins(1);
/// How long an upload may take: as long as its address is good for (heroku.md §2).
const LONGEST: Duration = Duration::from_hours(1);
/// An upload that breaks is tried so often, however long each try takes.
const TRIES: u32 = 3;

/// Uploads the archive. Sending the same bytes to the same place again changes nothing, so it is repeated from the
/// start where a connection breaks.
pub async fn put(http: &Http, url: &SecretUrl, archive: &Archive) -> Result<(), Error> {
    let began = Instant::now();
    let bytes = archive.archive_bytes;
    let patience = http.tempo().patience_before();
    let mut pauses = http.tempo().pauses();
    let mut tries = 0;
    http.events().emit(Event::UploadStarted { bytes });
    loop {
        tries += 1;
        let error = match once(http, url, archive).await {
            Ok(()) => break,
            Err(error) => error,
        };
        let left = if tries < TRIES {
            patience
        } else {
            patience.saturating_sub(began.elapsed())
        };
        let pause = pauses
            .next()
            .and_then(|planned| retry::pause(planned, None, left));
        match pause {
            Some(pause) if error.is_transient() => {
                http.events().emit(Event::Retrying {
                    request: error.request.clone(),
                    why: error.to_string(),
                    pause,
                });
                tokio::time::sleep(pause).await;
            }
            _ => return Err(error),
        }
    }
    http.events().emit(Event::Uploaded {
        bytes,
        took: began.elapsed(),
    });
    Ok(())
}

async fn once(http: &Http, url: &SecretUrl, archive: &Archive) -> Result<(), Error> {
    let name = format!("PUT {url}");
    let stall = http.tempo().timeout(STALL);
    let bytes = archive.archive_bytes;
    let file = archive.reader().map_err(|e| {
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
    let request = http
        .uploads()
        .put(url.expose().clone())
        .header(header::CONTENT_LENGTH, bytes)
        .body(Body::wrap_stream(chunks))
        .send();
    tokio::pin!(request);
    let began = Instant::now();
    let mut last = (0, began);
    let response = loop {
        tokio::select! {
            response = &mut request => break response.map_err(|e| from_reqwest(name.clone(), &e))?,
            () = tokio::time::sleep(PROGRESS) => {
                let now = sent.load(Ordering::Relaxed);
                if began.elapsed() > LONGEST {
                    return Err(Error::new(Kind::Lost, name, "not done after an hour"));
                }
                if now != last.0 {
                    last = (now, Instant::now());
                    http.events().emit(Event::UploadProgress { sent: now, bytes });
                } else if last.1.elapsed() > stall {
                    return Err(Error::new(Kind::Lost, name, format!("no progress for {} s", STALL.as_secs())));
                }
            }
        }
    };
    let status = response.status();
    if status.is_success() {
        return Ok(());
    }
    let body = tokio::time::timeout(stall, read_bounded(response, 8 << 10)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    let message = s3_message(&String::from_utf8_lossy(&body));
    // The upload host is not the API: its 401 and 403 speak of the address, not of the token.
    let kind = match retry::classify(status.as_u16(), "") {
        Some(Kind::Busy { status }) => Kind::Busy { status },
        Some(Kind::RateLimited) => Kind::RateLimited,
        _ => Kind::Rejected {
            status: status.as_u16(),
            id: String::new(),
        },
    };
    Err(Error::new(kind, name, message))
}

/// What S3 says in its XML: `SignatureDoesNotMatch: The request signature we calculated …`.
fn s3_message(body: &str) -> String {
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        let (text, _) = rest.split_once(&format!("</{name}>"))?;
        Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    match (element("Code"), element("Message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code,
        _ => "the upload host gave no reason".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_upload_hosts_reason_is_found() {
        let xml = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has\nexpired</Message></Error>";
        assert_eq!(s3_message(xml), "AccessDenied: Request has expired");
        assert_eq!(s3_message("<Error><Code>X</Code>"), "X");
        assert_eq!(
            s3_message("nonsense <Code>"),
            "the upload host gave no reason"
        );
    }
}
