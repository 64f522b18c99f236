//! The forms in which a secret turns up: as it is, in base64 whatever stands before it, in hexadecimal. What escapes make
//! of it the view of the text undoes.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use super::{MIN_SECRET, view::is_noise};

/// A form of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub(super) bytes: Vec<u8>,
    /// Whether it is base64: then the characters next to it hold the rest of the secret.
    pub(super) base64: bool,
    /// Whether a piece of it is no secret.
    pub(super) whole: bool,
}

/// All forms of a secret; none if it is too short. Of a `whole` one no piece counts.
pub(super) fn of(secret: &str, whole: bool) -> Vec<Form> {
    let secret: String = secret.chars().filter(|c| !is_noise(*c)).collect();
    let secret = secret.as_bytes();
    if secret.len() < MIN_SECRET {
        return Vec::new();
    }
    let mut forms = vec![Form {
        bytes: secret.to_vec(),
        base64: false,
        whole,
    }];
    for shift in 0..3 {
        // `user:token` has any length: what is before the token moves it by 0, 1 or 2 bytes.
        let shifted = [&[0; 3][..shift], secret].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&shifted);
            // Only the characters that hold nothing but the secret.
            let (first, last) = ((8 * shift).div_ceil(6), 8 * shifted.len() / 6);
            forms.push(Form {
                bytes: encoded.as_bytes()[first..last].to_vec(),
                base64: true,
                whole,
            });
        }
    }
    for upper in [false, true] {
        let digits = secret.iter().flat_map(|byte| {
            [byte >> 4, byte & 15].map(|digit| {
                let digit = char::from_digit(digit.into(), 16).unwrap_or('0');
                let digit = if upper {
                    digit.to_ascii_uppercase()
                } else {
                    digit
                };
                digit as u8
            })
        });
        forms.push(Form {
            bytes: digits.collect(),
            base64: false,
            whole,
        });
    }
    forms.retain(|form| form.bytes.len() >= MIN_SECRET);
    forms.sort_by(|a, b| a.bytes.cmp(&b.bytes));
    forms.dedup_by(|a, b| a.bytes == b.bytes);
    forms
}
