//! Warnings about rules that do nothing: why one can never match, and what is wrong with a file's encoding.

/// How many rules of a file are named that can never match.
pub(super) const MOST: usize = 5;

/// Why no path is like the body of a rule.
pub(super) fn impossible(body: &[u8]) -> Option<&'static str> {
    if body.is_empty() {
        return Some("it names nothing");
    }
    // In a class a separator separates nothing.
    if body.contains(&b'[') {
        return None;
    }
    let body = body.strip_prefix(b"/").unwrap_or(body);
    body.split(|&byte| byte == b'/')
        .find_map(|part| match part {
            b"" => Some("no path has two `/` in a row"),
            b"." | b".." => Some("no path has a part `.` or `..`: leave `./` away"),
            _ => None,
        })
}

/// What is wrong with the form of a file of rules: git takes bytes as they are, and ends a line at a line feed only.
pub(super) fn form(file: &str, content: &[u8]) -> Option<String> {
    if content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff") {
        return Some(format!(
            "{file}:1: the file is in UTF-16, and git finds none of its rules: save it as UTF-8"
        ));
    }
    let mut lines = content.split(|&byte| byte == b'\n').enumerate();
    let (at, _) = lines.find(|(_, line)| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.contains(&b'\r')
    })?;
    Some(format!(
        "{file}:{}: the line has carriage returns in it, which end no line for git: it is one rule, or one comment, as a whole",
        at + 1
    ))
}

#[cfg(test)]
mod tests {
    use crate::gitignore::{Patterns, check};

    #[test]
    fn what_can_never_match_says_why() {
        for (text, expected) in [
            ("docs/", Ok(())),
            ("a{b", Ok(())),
            ("{a,b}", Ok(())),
            ("!kept", Ok(())),
            ("\\#x", Ok(())),
            ("..x", Ok(())),
            (".*", Ok(())),
            ("a/.b/**", Ok(())),
            ("[a/./b]", Ok(())),
            ("#x", Err("it is a comment")),
            ("", Err("it is blank")),
            ("  ", Err("it is blank")),
            ("/", Err("it names nothing")),
            ("!", Err("it names nothing")),
            ("[abc", Err("there is no `]` to its `[`")),
            ("a/[!b", Err("there is no `]` to its `[`")),
            ("[[:word:]]", Err("there is no class of that name")),
            ("a\\", Err("it ends with a backslash")),
            ("a//b", Err("no path has two `/` in a row")),
            ("a//", Err("no path has two `/` in a row")),
            (
                "./docs",
                Err("no path has a part `.` or `..`: leave `./` away"),
            ),
            ("..", Err("no path has a part `.` or `..`: leave `./` away")),
        ] {
            assert_eq!(check(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_form_of_a_file_and_its_vain_rules_are_told() {
        let told = |content: &[u8]| Patterns::parse("f", content).complaints();
        let utf16: Vec<u8> = "\u{feff}*.log\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert!(told(&utf16)[0].starts_with("f:1: the file is in UTF-16"));
        assert!(told(b"a\n# b\rc\rd\n")[0].starts_with("f:2: the line has carriage"));
        assert!(told(b"\xef\xbb\xbfa\r\n\r\nb\r\n# c\n!d").is_empty());
        let why = "no path has a part `.` or `..`: leave `./` away";
        let expected = format!("`./b` (f:3) can never match: {why}");
        assert_eq!(told(b"a\n\n./b\n"), [expected]);
        let many = told("[\n".repeat(9).as_bytes());
        assert_eq!(many.len(), 5);
        assert!(many[4].ends_with("; so it is with 4 more of its file"));
    }
}
