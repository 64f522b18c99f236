//! Identifiers, time stamps and signatures.

use std::fmt::Write as _;
use std::hash::{BuildHasher, Hasher, RandomState};

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Hands out identifiers that look like version 4 UUIDs, the same ones in every run.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Ids {
    last: u64,
}

impl Ids {
    /// The next identifier.
    pub(in crate::sandbox) fn next(&mut self) -> String {
        self.last += 1;
        let n = self.last;
        format!("{:08x}-5a4d-4b0c-8000-{n:012x}", 0x0a00_0000 + n)
    }
}

/// Whether a text has the shape of a UUID.
pub(in crate::sandbox) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// The time now, as the API writes it: in UTC, to the second.
pub(in crate::sandbox) fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds since 1970.
pub(in crate::sandbox) fn epoch() -> i64 {
    Timestamp::now().as_second()
}

/// The SHA-256 of some bytes in lower-case hex.
pub(in crate::sandbox) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// The identifier of something that is known by a text: the same text, the same identifier.
pub(in crate::sandbox) fn stable_id(text: &str) -> String {
    let hex = sha256(text.as_bytes());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

/// An unguessable text: the token and the secret behind the signatures.
pub(in crate::sandbox) fn random_secret() -> String {
    (0..4).fold(String::new(), |mut text, _| {
        let _ = write!(text, "{:016x}", RandomState::new().build_hasher().finish());
        text
    })
}

/// Makes and checks pre-signed URLs, in the shape of S3's.
#[derive(Debug)]
pub(in crate::sandbox) struct Signer {
    secret: String,
}

impl Signer {
    /// A signer with a secret of its own.
    pub(in crate::sandbox) fn new() -> Self {
        Self {
            secret: random_secret(),
        }
    }

    /// The query string that allows `method` on `path` for `seconds` from now.
    pub(in crate::sandbox) fn query(&self, method: &str, path: &str, seconds: i64) -> String {
        let date = epoch();
        let signature = self.signature(method, path, date, seconds);
        format!(
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=SANDBOX%2Fus-east-1%2Fs3%2Faws4_request\
             &X-Amz-Date={date}&X-Amz-Expires={seconds}&X-Amz-SignedHeaders=host&X-Amz-Signature={signature}"
        )
    }

    /// Whether a query string allows `method` on `path` now.
    pub(in crate::sandbox) fn check(&self, method: &str, path: &str, query: &str) -> Signature {
        let value = |name: &str| {
            query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .find_map(|(key, value)| (key == name).then_some(value))
        };
        let number = |name: &str| value(name).and_then(|text| text.parse::<i64>().ok());
        let (Some(date), Some(expires), Some(signature)) = (
            number("X-Amz-Date"),
            number("X-Amz-Expires"),
            value("X-Amz-Signature"),
        ) else {
            return Signature::Wrong;
        };
        if signature != self.signature(method, path, date, expires) {
            return Signature::Wrong;
        }
        if date.saturating_add(expires) < epoch() {
            return Signature::Expired;
        }
        Signature::Good
    }

    fn signature(&self, method: &str, path: &str, date: i64, seconds: i64) -> String {
        sha256(format!("{}\n{method}\n{path}\n{date}\n{seconds}", self.secret).as_bytes())
    }
}

/// What a pre-signed URL is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sandbox) enum Signature {
    /// It allows the request.
    Good,
    /// It did, earlier.
    Expired,
    /// It never did.
    Wrong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_uuids_and_differ() {
        let mut ids = Ids::default();
        let (one, two) = (ids.next(), ids.next());
        assert!(is_uuid(&one) && is_uuid(&two));
        assert!(one < two, "later ids sort later: {one} {two}");
        assert!(!is_uuid("acme-shop"));
    }

    #[test]
    fn a_signature_is_for_one_method_one_path_and_a_while() {
        let signer = Signer::new();
        let query = signer.query("PUT", "/a", 60);
        assert_eq!(signer.check("PUT", "/a", &query), Signature::Good);
        assert_eq!(signer.check("GET", "/a", &query), Signature::Wrong);
        assert_eq!(signer.check("PUT", "/b", &query), Signature::Wrong);
        assert_eq!(signer.check("PUT", "/a", ""), Signature::Wrong);
        assert_eq!(
            signer.check("PUT", "/a", &signer.query("PUT", "/a", -5)),
            Signature::Expired
        );
    }

    #[test]
    fn the_hash_is_lower_case_hex() {
        assert_eq!(
            sha256(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
