//! Symbolic links: whether one leaves the workspace.

/// Whether a link at `path` (relative to the workspace) that points to `target` leads out of the workspace.
pub(super) fn leaves(path: &[u8], target: &[u8]) -> bool {
    if is_absolute(target) {
        return true;
    }
    let mut depth = path.split(|&byte| byte == b'/').count() - 1;
    for component in target.split(|&byte| byte == b'/' || (cfg!(windows) && byte == b'\\')) {
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
    use super::leaves;

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
