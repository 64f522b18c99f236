//! The token out of an `Authorization` header.

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

/// Decodes base64.
pub(in crate::sandbox) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
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
