//! Whether a text shows a secret to a reader who tries: who takes out what does not show, and decodes what is encoded. Said
//! from the reader's side, so that it shares nothing with what hides secrets.

use std::collections::BTreeSet;

/// The shortest text that is taken for an encoded secret.
const SHORTEST: usize = 10;

/// How the text shows the secret, if it does.
pub(crate) fn shown(text: &str, secret: &str) -> Option<&'static str> {
    let has = |text: &str| text.contains(secret);
    if has(text) {
        return Some("as it is");
    }
    let visible = without_colours(text);
    let visible: String = visible.chars().filter(|c| !is_invisible(*c)).collect();
    if has(&visible) {
        return Some("with something in the middle");
    }
    let mut seen = BTreeSet::new();
    let mut decoded = visible;
    while seen.insert(decoded.clone()) && seen.len() < 4 {
        decoded = without_escapes(&decoded);
        if has(&decoded) {
            return Some("escaped");
        }
    }
    let words = |is: fn(char) -> bool| {
        let words: Vec<String> = decoded
            .split(|c| !is(c))
            .filter(|word| word.len() >= SHORTEST)
            .map(str::to_owned)
            .collect();
        words
    };
    let holds = |bytes: Vec<u8>| {
        bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes())
    };
    if words(|c| c.is_ascii_hexdigit())
        .iter()
        .any(|word| (0..2).any(|skip| holds(hexadecimal(&word[skip..]))))
    {
        return Some("in hexadecimal");
    }
    let digit = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    if words(digit)
        .iter()
        .any(|word| (0..4).any(|skip| holds(base64(&word[skip.min(word.len())..]))))
    {
        return Some("in base64");
    }
    None
}

fn without_colours(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        out.push_str(rest.strip_prefix('m').unwrap_or(rest));
    }
    out
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || ('\u{200b}'..='\u{200f}').contains(&c)
        || c == '\u{feff}'
        || c == '\u{ad}'
}

/// `%2f`, `\u002f`, `\x2f`, `\/`.
fn without_escapes(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let code = |from: usize, to: usize| {
            let digits = rest.get(from..to)?;
            u32::from_str_radix(digits, 16)
                .ok()
                .and_then(char::from_u32)
        };
        let (length, meant) = match (c, rest.as_bytes().get(1)) {
            ('%', _) if code(1, 3).is_some() => (3, code(1, 3)),
            ('\\', Some(b'u')) if code(2, 6).is_some() => (6, code(2, 6)),
            ('\\', Some(b'x')) if code(2, 4).is_some() => (4, code(2, 4)),
            ('\\', Some(b'/' | b'\\' | b'"')) => (2, rest.chars().nth(1)),
            _ => (c.len_utf8(), Some(c)),
        };
        bytes.extend(meant.into_iter().map(String::from));
        rest = &rest[length..];
    }
    bytes.concat()
}

fn hexadecimal(word: &str) -> Vec<u8> {
    let pairs = word.as_bytes().chunks_exact(2);
    pairs
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

fn base64(word: &str) -> Vec<u8> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values: Vec<usize> = word
        .replace('-', "+")
        .replace('_', "/")
        .chars()
        .filter_map(|c| DIGITS.find(c))
        .collect();
    let mut bytes = Vec::new();
    for group in values.chunks(4) {
        let sum = (0..4).fold(0, |sum, at| sum * 64 + group.get(at).unwrap_or(&0));
        let three = [sum >> 16, sum >> 8, sum].map(|value| u8::try_from(value & 255).unwrap_or(0));
        bytes.extend_from_slice(&three[..group.len().saturating_sub(1)]);
    }
    bytes
}

#[test]
fn the_reader_finds_what_is_hidden() {
    const SECRET: &str = "HRKU-0123/4567+89ab";
    for (text, how) in [
        ("a HRKU-0123/4567+89ab b", Some("as it is")),
        (
            "HRKU-\u{1b}[31m0123/\n4567+\u{200b}89ab",
            Some("with something in the middle"),
        ),
        ("HRKU-0123%2f4567%2B89ab", Some("escaped")),
        ("HRKU-0123%252f4567+89ab", Some("escaped")),
        (r"HRKU-0123\/4567\u002b89ab", Some("escaped")),
        (
            "x 48524b552d303132332f343536372b38396162",
            Some("in hexadecimal"),
        ),
        (
            "48524B552D303132332F343536372B38396162",
            Some("in hexadecimal"),
        ),
        ("Basic bWU6SFJLVS0wMTIzLzQ1NjcrODlhYg==", Some("in base64")),
        ("OkhSS1UtMDEyMy80NTY3Kzg5YWI=", Some("in base64")),
        ("bWU6SFJLVS0wMTIz\nLzQ1NjcrODlhYg==", Some("in base64")),
        ("HRKU-0123/4567+89a and b", None),
        ("nothing at all", None),
    ] {
        assert_eq!(shown(text, SECRET), how, "{text}");
    }
}
