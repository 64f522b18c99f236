//! Digests as registries write them.

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256};

use crate::units;

const ALGORITHM: &str = "sha256:";
const DIGITS: usize = 64;

/// `sha256:` and 64 hex digits in lower case. Registries know other algorithms, and builders use none of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_hash(Sha256::new_with_prefix(bytes))
    }

    /// The digest of what a hash has taken in.
    pub fn of_hash(hash: Sha256) -> Self {
        Self::of_hex(&units::hex(&hash.finalize()))
    }

    fn of_hex(hex: &str) -> Self {
        Self(format!("{ALGORITHM}{hex}"))
    }

    /// The digits alone.
    pub fn hex(&self) -> &str {
        &self.0[ALGORITHM.len()..]
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Enough of the digits to tell images apart.
    pub fn short(&self) -> &str {
        &self.hex()[..12]
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Digest {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(hex) = text.strip_prefix(ALGORITHM) else {
            return Err("a digest is `sha256:` and 64 digits".to_owned());
        };
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if hex.len() == DIGITS && hex.bytes().all(is_hex) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "behind `sha256:` stand {DIGITS} hex digits in lower case"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_sha256_in_lower_case() {
        let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(Digest::of(b"").as_str(), empty);
        assert_eq!(empty.parse(), Ok(Digest::of(b"")));
        assert_eq!(Digest::of(b"").short(), "e3b0c44298fc");
        for wrong in [
            "",
            "e3b0",
            "sha512:e3",
            "sha256:",
            &empty[..70],
            &empty.to_uppercase(),
            &empty.replace('e', "E"),
            &format!("{empty}0"),
            &empty.replace('e', "/"),
        ] {
            assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
        }
    }
}
