//! A file from a host that holds it: from a pre-signed address, into what is given, with its digest. The address and the token
//! are nobody's business there.

use std::{fmt::Write as _, io::Write};

use futures_util::StreamExt as _;
use reqwest::header;
use sha2::{Digest as _, Sha256};

use super::{Error, Kind, Outside, SecretUrl, answer::read_bounded, retry, upload::said};

/// How much of an answer is looked at for the reason of a refusal.
const LARGEST_REFUSAL: usize = 8 << 10;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, lower-case hex.
    pub sha256: String,
}

/// Reads a file once, and writes it to `into` as it comes. A server that is silent for too long is a lost connection; an
/// answer that ends before the length that it named is one, too.
pub async fn get(
    outside: &Outside,
    url: &SecretUrl,
    into: &mut impl Write,
) -> Result<Downloaded, Error> {
    let name = format!("GET {url}");
    let lost = |error: &reqwest::Error| Error::from_reqwest(name.clone(), error);
    let request = outside
        .for_stream(&name, url.expose())?
        .get(url.expose().clone())
        // Nothing is to be unpacked on the way.
        .header(header::ACCEPT_ENCODING, "identity");
    let response = request.send().await.map_err(|error| lost(&error))?;
    let status = response.status();
    if !status.is_success() {
        let headers = response.headers().clone();
        let body = read_bounded(response, LARGEST_REFUSAL).await;
        let (_, message) = said(&body.unwrap_or_default(), &headers, status);
        let mut error = Error::new(refusal(status.as_u16()), name, message);
        error.status = Some(status.as_u16());
        return Err(error);
    }
    let mut chunks = response.bytes_stream();
    let (mut digest, mut bytes) = (Sha256::new(), 0_u64);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| lost(&error))?;
        into.write_all(&chunk).map_err(|error| {
            Error::new(
                Kind::Local,
                name.clone(),
                format!("cannot write the file: {error}"),
            )
        })?;
        digest.update(&chunk);
        bytes += chunk.len() as u64;
    }
    let mut sha256 = String::new();
    for byte in digest.finalize() {
        let _ = write!(sha256, "{byte:02x}");
    }
    Ok(Downloaded { bytes, sha256 })
}

/// What a status of the host means. It is not the API: what it refuses, it refuses to the address. One that has just been given
/// out is good, so somebody else answers in its place, or the host does not work as it should: neither is for this run to mend.
fn refusal(status: u16) -> Kind {
    match retry::classify(status, "") {
        Some(
            kind @ (Kind::NotFound | Kind::Busy { .. } | Kind::RateLimited | Kind::ProxyDenied),
        ) => kind,
        _ => Kind::Foreign { status },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_of_the_address_and_of_nobody() {
        for (status, kind) in [
            (300, Kind::Foreign { status: 300 }),
            (302, Kind::Foreign { status: 302 }),
            (400, Kind::Foreign { status: 400 }),
            (401, Kind::Foreign { status: 401 }),
            (403, Kind::Foreign { status: 403 }),
            (422, Kind::Foreign { status: 422 }),
            (404, Kind::NotFound),
            (410, Kind::NotFound),
            (407, Kind::ProxyDenied),
            (429, Kind::RateLimited),
            (503, Kind::Busy { status: 503 }),
        ] {
            assert_eq!(refusal(status), kind, "{status}");
        }
    }
}
