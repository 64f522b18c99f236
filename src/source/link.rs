//! Symbolic links: whether one leaves the workspace.

use std::path::{Component, Path, PathBuf};

/// Where a link at `path` (relative to the workspace) that points to `target` leads in the workspace, as far as names tell.
/// `None` if it leads out of it.
pub(super) fn resolve(path: &Path, target: &Path) -> Option<PathBuf> {
    if leaves(
        path.as_os_str().as_encoded_bytes(),
        target.as_os_str().as_encoded_bytes(),
    ) {
        return None;
    }
    let mut resolved = path.parent().unwrap_or(Path::new("")).to_path_buf();
    for component in target.components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::Normal(name) => resolved.push(name),
            _ => {}
        }
    }
    Some(resolved)
}

fn leaves(path: &[u8], target: &[u8]) -> bool {
    if is_absolute(target) {
        return true;
    }
    let separators = |&byte: &u8| byte == b'/' || (cfg!(windows) && byte == b'\\');
    let mut depth = path.split(separators).count() - 1;
    for component in target.split(separators) {
        match component {
            b"" | b"." => {}
            b".." => match depth.checked_sub(1) {
                Some(up) => depth = up,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

fn is_absolute(target: &[u8]) -> bool {
    match target {
        [b'/', ..] => true,
        [b'\\', ..] => cfg!(windows),
        [drive, b':', ..] => cfg!(windows) && drive.is_ascii_alphabetic(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{leaves, resolve};

    #[test]
    fn a_target_is_found_from_the_link() {
        let resolved = |path: &str, target: &str| resolve(path.as_ref(), target.as_ref());
        assert_eq!(resolved("a/b/link", "../c/./d"), Some("a/c/d".into()));
        assert_eq!(resolved("link", "c"), Some("c".into()));
        assert_eq!(resolved("link", "../c"), None);
    }

    #[test]
    fn a_link_may_climb_as_far_as_the_workspace() {
        for (path, target, expected) in [
            ("a", "b", false),
            ("a", "../b", true),
            ("d/a", "../b", false),
            ("d/a", "../../b", true),
            ("d/a", "x/../../b", false),
            ("d/a", "x/../../../b", true),
            ("d/e/a", "./..//../b", false),
            ("a", "/etc/passwd", true),
            ("d/a", "..", false),
            ("a", "..", true),
            ("a", ".", false),
        ] {
            assert_eq!(
                leaves(path.as_bytes(), target.as_bytes()),
                expected,
                "{path} -> {target}"
            );
        }
    }
}
