//! Paths as people see them.

/// How many entries a warning names.
pub(super) const NAMED: usize = 10;

/// The first entries of a list.
pub(super) fn some(entries: &[String]) -> String {
    let named = entries[..entries.len().min(NAMED)].join(", ");
    match entries.len().saturating_sub(NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

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

/// The path of these bytes.
#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "not every system takes all bytes")]
pub(super) fn path_from(bytes: Vec<u8>) -> std::io::Result<std::path::PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    Ok(std::ffi::OsString::from_vec(bytes).into())
}

/// The path of these bytes.
#[cfg(not(unix))]
pub(super) fn path_from(bytes: Vec<u8>) -> std::io::Result<std::path::PathBuf> {
    let text = String::from_utf8(bytes).map_err(std::io::Error::other)?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::{shown, some};

    #[test]
    fn a_long_list_is_cut() {
        let list: Vec<String> = (0..12).map(|at| at.to_string()).collect();
        assert_eq!(some(&list[..2]), "0, 1");
        assert_eq!(some(&list), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
    }

    #[test]
    fn nothing_odd_comes_through() {
        assert_eq!(shown("a/ü b".as_bytes()), "a/ü b");
        assert_eq!(shown(b"a\n\x1b[0m\xff"), "a\\n\\u{1b}[0m\\xff");
    }
}
