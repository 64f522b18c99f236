//! Paths as people see them.

/// The path without anything that could drive a terminal or break a line.
pub(super) fn shown(path: &[u8]) -> String {
    let mut shown = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                shown.extend(character.escape_default());
            } else {
                shown.push(character);
            }
        }
        for byte in chunk.invalid() {
            shown.extend(std::ascii::escape_default(*byte).map(char::from));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn nothing_odd_comes_through() {
        assert_eq!(shown("a/ü b".as_bytes()), "a/ü b");
        assert_eq!(shown(b"a\n\x1b[0m\xff"), "a\\n\\u{1b}[0m\\xff");
    }
}
