//! Names in archives and layouts. They are hostile: none leads out of where it stands.

/// The longest name that a message shows.
const LONGEST_SHOWN: usize = 120;

/// A name for a message: one line of text, not too long.
pub(super) fn shown(name: &str) -> String {
    let mut shown = String::new();
    for (at, character) in name.chars().enumerate() {
        if at == LONGEST_SHOWN {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// A name without what changes nothing in it; `None` if it is absolute or leads out.
pub(super) fn normal(name: &str) -> Option<String> {
    from("", name)
}

/// Where a link leads that stands at `at`; `None` if that is out of the archive.
pub(super) fn linked(at: &str, target: &str) -> Option<String> {
    let directory = at.rsplit_once('/').map_or("", |(directory, _)| directory);
    from(directory, target)
}

fn from(directory: &str, name: &str) -> Option<String> {
    if name.starts_with('/') || name.contains('\0') {
        return None;
    }
    let mut parts: Vec<&str> = directory
        .split('/')
        .filter(|part| !part.is_empty())
        .collect();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out() {
        for (name, expected) in [
            ("manifest.json", Some("manifest.json")),
            ("./a//b/./c", Some("a/b/c")),
            ("a/../b", Some("b")),
            ("../a", None),
            ("a/../../b", None),
            ("/etc/passwd", None),
            ("a\0b", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(normal(name).as_deref(), expected, "{name:?}");
        }
        assert_eq!(
            linked("a/layer.tar", "../b/layer.tar").as_deref(),
            Some("b/layer.tar")
        );
        assert_eq!(linked("a/layer.tar", "b.tar").as_deref(), Some("a/b.tar"));
        assert_eq!(linked("layer.tar", "../b"), None);
        assert_eq!(linked("a/b", "/etc/passwd"), None);
    }

    #[test]
    fn a_name_is_shown_as_text() {
        assert_eq!(shown("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 121);
    }
}
