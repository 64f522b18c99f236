//! A build's or a release's output: a stream at a pre-signed address.
//!
//! The stream is kept from its start, so a broken one is opened anew and what was delivered before is skipped. Its end
//! means nothing: the server also ends it cleanly on its own time-outs. Heartbeats are NUL bytes, which are no output
//! and do not count (heroku.md §3).

use reqwest::{StatusCode, header};

use crate::platform::{
    answer::from_reqwest,
    error::{Error, Kind},
    http::Http,
    output::{Output, Piece},
    types::SecretUrl,
};

/// The most redirects that are followed on the way to the output.
const MOST_REDIRECTS: usize = 5;

/// A place in a stream.
pub(super) struct Stream<'a> {
    http: &'a Http,
    url: SecretUrl,
    /// Bytes delivered so far, heartbeats not counted.
    delivered: u64,
    /// Bytes of the open stream that were delivered before.
    skip: u64,
    response: Option<reqwest::Response>,
}

impl<'a> Stream<'a> {
    /// The output at this address, from its start.
    pub(super) fn new(http: &'a Http, url: SecretUrl) -> Self {
        Self {
            http,
            url,
            delivered: 0,
            skip: 0,
            response: None,
        }
    }

    /// Opens the stream; `None` if there is nothing (yet, or any more).
    async fn open(&mut self) -> Result<Option<reqwest::Response>, Error> {
        let name = format!("GET {}", self.url);
        let mut url = self.url.expose().clone();
        for _ in 0..=MOST_REDIRECTS {
            let response = self
                .http
                .bare()
                .get(url.clone())
                .header(header::ACCEPT, "text/plain")
                .send()
                .await
                .map_err(|e| from_reqwest(name.clone(), &e))?;
            let status = response.status();
            if status.is_redirection() {
                let target = response
                    .headers()
                    .get(header::LOCATION)
                    .and_then(|to| to.to_str().ok())
                    .and_then(|to| url.join(to).ok());
                if let Some(target) = target {
                    url = target;
                    continue;
                }
            }
            return match status {
                // 404 until the dyno starts; 204 and 416 at the end of a finished stream.
                StatusCode::NOT_FOUND
                | StatusCode::NO_CONTENT
                | StatusCode::RANGE_NOT_SATISFIABLE => Ok(None),
                _ if status.is_success() => {
                    self.skip = self.delivered;
                    Ok(Some(response))
                }
                _ => {
                    let kind = match status.as_u16() {
                        code @ 500..=599 => Kind::Busy { status: code },
                        code => Kind::Rejected {
                            status: code,
                            id: String::new(),
                        },
                    };
                    Err(Error::new(kind, name, "the output can't be read"))
                }
            };
        }
        let kind = Kind::Rejected {
            status: 310,
            id: String::new(),
        };
        Err(Error::new(kind, name, "too many redirects"))
    }
}

impl Output for Stream<'_> {
    async fn next(&mut self) -> Result<Piece, Error> {
        let mut response = match self.response.take() {
            Some(response) => response,
            None => match self.open().await? {
                Some(response) => response,
                None => return Ok(Piece::NotYet),
            },
        };
        let chunk = response
            .chunk()
            .await
            .map_err(|e| from_reqwest(format!("GET {}", self.url), &e))?;
        let Some(chunk) = chunk else {
            return Ok(Piece::End);
        };
        self.response = Some(response);
        let mut bytes: Vec<u8> = chunk.iter().copied().filter(|&byte| byte != 0).collect();
        let known = usize::try_from(self.skip)
            .unwrap_or(usize::MAX)
            .min(bytes.len());
        bytes.drain(..known);
        self.skip -= known as u64;
        self.delivered += bytes.len() as u64;
        Ok(Piece::Bytes(bytes))
    }
}
