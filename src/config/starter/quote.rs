//! A foreign text as one word of YAML.

use std::fmt::Write as _;

/// The text as a scalar of YAML on one line, in which no variable is filled in: plain if it can be nothing else, else in
/// double quotes with everything escaped that has a meaning, in a comment, too. For text of any origin.
pub fn quoted(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    let mut out = String::from('"');
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match c {
            // `${` would be a variable.
            '$' if rest.starts_with("${") => out.push_str("$$"),
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) <= 0xff => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) <= 0xffff => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => _ = write!(out, "\\U{:08x}", u32::from(c)),
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
    }
    out.push('"');
    out
}

/// Whether a text is the same without quotes: no number, no word of YAML's, and nothing that ends or begins something.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let is_part =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '_');
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(is_part)
        && !WORDS.contains(&text)
}
