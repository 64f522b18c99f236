//! The token out of an `Authorization` header.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// The token that a header presents: `Bearer TOKEN`, or `Basic` with the token as the password.
pub(in crate::sandbox) fn token(header: &str) -> Option<String> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(decode(rest)?).ok()?;
        return text.split_once(':').map(|(_, token)| token.to_owned());
    }
    None
}

/// As the real servers decode it: in either alphabet, with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes base64.
pub(in crate::sandbox) fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT
        .decode(text.replace('-', "+").replace('_', "/"))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_schemes_give_the_token() {
        for header in [
            "Bearer secret",
            "bearer secret",
            "Basic OnNlY3JldA==",
            "Basic bWVAZXhhbXBsZS5jb206c2VjcmV0",
        ] {
            assert_eq!(token(header).as_deref(), Some("secret"), "{header}");
        }
    }

    #[test]
    fn nothing_else_does() {
        for header in ["", "secret", "Digest x", "Basic c2VjcmV0", "Basic ???"] {
            assert_eq!(token(header), None, "{header}");
        }
    }
}
