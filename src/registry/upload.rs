//! Sending a blob: an upload is begun, its bytes follow, and it is finished with its digest. Where a connection breaks, the
//! registry is asked how far it is, and the upload goes on from there. None of it makes anything twice: a blob is its digest.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use reqwest::{Method, header};

use super::{Registry, Stop, body::BlobBody, refusal};
use crate::{
    http::{
        Error, Kind, Phase, Request, SecretUrl,
        answer::Answer,
        named::{NamedRequest, Streamed},
        retry,
    },
    image::Blob,
    journal::event::Event,
};

/// How often a blob is tried without getting any further, however long each try takes.
const TRIES: u32 = 3;
/// How long a blob may take.
const LONGEST: Duration = Duration::from_hours(1);

pub(super) type Failed = (Error, Option<Duration>);

impl Registry {
    /// Sends a blob that is not there; `offered` is an upload that the registry has begun for it.
    pub(super) async fn send(
        &self,
        repository: &str,
        blob: &Blob,
        offered: Option<Upload>,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Error> {
        let sending = self.send_until(repository, blob, offered, told);
        match tokio::time::timeout(LONGEST, sending).await {
            Ok(sent) => sent,
            Err(_) => {
                let name = format!("sending {}", blob.digest);
                Err(Error::new(Kind::Lost, name, "not done after an hour").during(Phase::Upload))
            }
        }
    }

    async fn send_until(
        &self,
        repository: &str,
        blob: &Blob,
        offered: Option<Upload>,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Error> {
        let budget = self.pacing.budget_before();
        let (mut began, mut tries, mut pauses) = (Instant::now(), 0, self.pacing.pauses());
        let (mut upload, mut reached) = (offered, 0);
        loop {
            tries += 1;
            let (error, asked) = match self.once(repository, blob, &mut upload, told).await {
                Ok(()) => return Ok(()),
                Err(failed) => failed,
            };
            let got = upload.as_ref().map_or(0, |upload: &Upload| upload.reached);
            if got > reached {
                // It gets on: what comes now is another failure.
                (reached, tries) = (got, 1);
                (began, pauses) = (Instant::now(), self.pacing.pauses());
            }
            if !may_go_on(&error, upload.is_some(), tries) {
                return Err(error);
            }
            if forgets(&error) {
                upload = None;
            }
            let left = if tries < TRIES {
                budget
            } else {
                budget.saturating_sub(began.elapsed())
            };
            let planned = pauses.next().unwrap_or(left);
            let asked = asked.map(|asked| self.pacing.of(asked.min(retry::LONGEST_RETRY_AFTER)));
            let Some(pause) = retry::pause(planned, asked, left) else {
                return Err(error);
            };
            self.journal.emit(Event::Retrying {
                request: error.request.clone(),
                why: error.reason(),
                pause,
                left: Some(left),
            });
            tokio::time::sleep(pause).await;
            // An answer that was lost may have been the last one.
            if self.is_there(repository, &blob.digest, budget).await? {
                return Ok(());
            }
        }
    }

    /// One try, from where the upload is.
    async fn once(
        &self,
        repository: &str,
        blob: &Blob,
        upload: &mut Option<Upload>,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<(), Failed> {
        let mut at = match upload.take() {
            Some(new) if new.is_new => new,
            Some(broken) => {
                // If it can't be asked now, it still is where it is.
                *upload = Some(broken.clone());
                self.progress(broken, blob.place.size).await?
            }
            None => self.begin(repository).await?,
        };
        at.is_new = false;
        *upload = Some(at.clone());
        if at.offset < blob.place.size {
            at = self.append(&at, blob, told).await?;
            *upload = Some(at.clone());
        }
        self.finish(&at, blob).await
    }

    async fn begin(&self, repository: &str) -> Result<Upload, Failed> {
        let budget = self.pacing.budget_before();
        let path = format!("{repository}/blobs/uploads/");
        // One that nobody goes on with is forgotten.
        let request = Request::post(path, None, budget)
            .repeatable()
            .doubting_denials();
        let answer = self.api.send_until(request, Ok).await;
        let answer = answer.map_err(|error| (error, None))?;
        self.begun(&answer)
    }

    /// The upload that was begun.
    pub(super) fn begun(&self, answer: &Answer) -> Result<Upload, Failed> {
        let upload = self.upload(answer, self.api.base(), 0)?;
        Ok(Upload {
            is_new: true,
            ..upload
        })
    }

    /// How far an upload is.
    async fn progress(&self, broken: Upload, size: u64) -> Result<Upload, Failed> {
        let request = NamedRequest {
            method: Method::GET,
            at: &broken.at,
            headers: Vec::new(),
            body: None,
        };
        let answer = self.api.send_to(&self.outside, request).await?;
        let there = answer.header("range").and_then(bytes_there);
        let offset = there.filter(|there| *there <= size);
        let Some(offset) = offset else {
            let message = "it does not say how much of the upload is there";
            let error = Error::new(
                Kind::Rejected {
                    status: 416,
                    id: String::new(),
                },
                answer.request.clone(),
                message,
            );
            return Err((error.during(Phase::Upload), None));
        };
        match answer.header("location") {
            Some(_) => self.upload(&answer, broken.at.expose(), offset),
            None => Ok(Upload {
                offset,
                reached: offset,
                ..broken
            }),
        }
    }

    /// Sends what is missing.
    async fn append(
        &self,
        upload: &Upload,
        blob: &Blob,
        told: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Upload, Failed> {
        let (from, size) = (upload.offset, blob.place.size);
        let local = |why: String| {
            let name = format!("PATCH {}", upload.at);
            (
                Error::new(Kind::Local, name, why).during(Phase::Upload),
                None,
            )
        };
        let stop = Stop::default();
        let (flag, of) = (Arc::clone(&stop.0), blob.clone());
        let part = tokio::task::spawn_blocking(move || {
            BlobBody::of(&of, from, &|| flag.load(Ordering::Relaxed))
        });
        let part = part
            .await
            .map_err(|e| local(e.to_string()))?
            .map_err(local)?;
        let request = NamedRequest {
            method: Method::PATCH,
            at: &upload.at,
            headers: vec![
                (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
                (header::CONTENT_RANGE, format!("{from}-{}", size - 1)),
            ],
            body: Some(Streamed {
                body: part.body,
                bytes: size - from,
                sent: Arc::clone(&part.sent),
                told,
            }),
        };
        let answer = self.api.send_to(&self.outside, request).await;
        let wrong = part
            .wrong
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(why) = wrong {
            return Err(local(why));
        }
        let answer = answer?;
        let there = answer.header("range").and_then(bytes_there).unwrap_or(size);
        if there != size {
            let message = format!("it has {there} bytes, and {size} were sent");
            let error = Error::new(Kind::Unreadable, answer.request.clone(), message);
            return Err((error.during(Phase::Upload), None));
        }
        self.upload(&answer, upload.at.expose(), size)
    }

    /// Says that it is whole, and what it is.
    async fn finish(&self, upload: &Upload, blob: &Blob) -> Result<(), Failed> {
        let mut url = upload.at.expose().clone();
        url.query_pairs_mut()
            .append_pair("digest", blob.digest.as_str());
        let at = SecretUrl::new(url);
        let request = NamedRequest {
            method: Method::PUT,
            at: &at,
            headers: Vec::new(),
            body: None,
        };
        let answer = self.api.send_to(&self.outside, request).await?;
        match refusal::no_page(answer) {
            Ok(_) => Ok(()),
            Err(error) => Err((error.during(Phase::Upload), None)),
        }
    }

    /// The upload that an answer names: its address is relative to the one that was asked.
    fn upload(&self, answer: &Answer, asked: &url::Url, offset: u64) -> Result<Upload, Failed> {
        let found = answer.header("location").and_then(|to| asked.join(to).ok());
        // A user in it would be sent as one, beside the token or in its place.
        let found = found.filter(|url| url.username().is_empty() && url.password().is_none());
        let Some(url) = found else {
            let message = "it names no address that an upload could go to";
            let error = Error::new(Kind::Unreadable, answer.request.clone(), message);
            return Err((error.during(Phase::Upload), None));
        };
        let at = SecretUrl::new(url);
        for secret in at.secrets() {
            self.redactor.announce(&secret);
        }
        Ok(Upload {
            at,
            offset,
            reached: offset,
            is_new: false,
        })
    }
}

/// An upload under way.
#[derive(Clone, Debug)]
pub(super) struct Upload {
    at: SecretUrl,
    /// How many bytes are there.
    offset: u64,
    /// How many the registry said were there when it was last asked.
    reached: u64,
    /// Whether it was begun just now: nothing is there.
    is_new: bool,
}

/// How many bytes are there, by a `Range` such as `0-1023`. `0-0` is what registries say of an upload without any.
fn bytes_there(range: &str) -> Option<u64> {
    let range = range.trim();
    let (first, last) = range
        .strip_prefix("bytes=")
        .unwrap_or(range)
        .split_once('-')?;
    let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
    match (first, last) {
        (0, 0) => Some(0),
        (0, last) => last.checked_add(1),
        _ => None,
    }
}

/// Whether a blob is tried again after a failure; `begun` says that an upload of it is under way.
fn may_go_on(error: &Error, begun: bool, tries: u32) -> bool {
    retry::may_repeat(error) || (begun && forgets(error) && tries < TRIES)
}

/// Whether the registry knows nothing of an upload any more, or has something else of it: then another one is begun.
fn forgets(error: &Error) -> bool {
    match &error.kind {
        Kind::NotFound | Kind::Rejected { status: 416, .. } => true,
        Kind::Rejected { id, .. } => [
            "DIGEST_INVALID",
            "BLOB_UPLOAD_UNKNOWN",
            "BLOB_UPLOAD_INVALID",
        ]
        .contains(&id.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_says_how_much_is_there() {
        for (range, expected) in [
            ("0-1023", Some(1024)),
            ("bytes=0-4", Some(5)),
            ("0-0", Some(0)),
            ("5-9", None),
            ("0-18446744073709551615", None),
            ("0--1", None),
            ("", None),
            ("many", None),
        ] {
            assert_eq!(bytes_there(range), expected, "{range}");
        }
    }

    #[test]
    fn another_upload_is_begun_where_the_first_is_lost() {
        let error = |kind| Error::new(kind, "PATCH", "").during(Phase::Upload);
        let rejected = |status, id: &str| {
            error(Kind::Rejected {
                status,
                id: id.to_owned(),
            })
        };
        for (error, begun, again) in [
            (error(Kind::Lost), true, true),
            (error(Kind::RateLimited), true, true),
            (error(Kind::Busy { status: 503 }), false, true),
            (error(Kind::NotFound), true, true),
            (error(Kind::NotFound), false, false),
            (rejected(416, ""), true, true),
            (rejected(400, "DIGEST_INVALID"), true, true),
            (rejected(413, "SIZE_INVALID"), true, false),
            (rejected(403, ""), true, false),
            (error(Kind::Local), true, false),
            (
                error(Kind::Denied {
                    status: 401,
                    id: String::new(),
                }),
                true,
                false,
            ),
        ] {
            assert_eq!(may_go_on(&error, begun, 1), again, "{error}");
        }
        assert!(!may_go_on(&rejected(416, ""), true, TRIES));
    }
}
