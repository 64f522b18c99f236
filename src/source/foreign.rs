//! The directories in which version control systems other than git keep their data.

use std::path::Path;

/// Names that nothing else has, in any case.
const NAMES: [&str; 5] = [".hg", ".svn", ".bzr", "_darcs", ".jj"];

/// Whether a directory of this name belongs to another version control system. `CVS` may be anything: that it is CVS's own
/// is seen by what is in it.
pub(super) fn is_foreign(directory: &Path, name: &[u8]) -> bool {
    NAMES
        .iter()
        .any(|own| own.as_bytes().eq_ignore_ascii_case(name))
        || (name == b"CVS" && directory.join("Root").is_file())
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn only_what_is_theirs_is_theirs() {
        let dir = tempfile::tempdir().unwrap();
        for (name, expected) in [
            (".hg", true),
            (".SVN", true),
            (".jj", true),
            ("_darcs", true),
            ("darcs", false),
            (".hgignore", false),
            (".git", false),
            ("CVS", false),
        ] {
            let found = is_foreign(&dir.path().join(name), name.as_bytes());
            assert_eq!(found, expected, "{name}");
        }
        std::fs::write(dir.path().join("Root"), ":pserver:x\n").unwrap();
        assert!(is_foreign(dir.path(), b"CVS"));
        assert!(!is_foreign(dir.path(), b"cvs"));
    }
}
