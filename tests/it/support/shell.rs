//! The commands of checks, for the shell of each system.

/// Fails where one of these, an app and its release such as `shop-us-v3`, is checked.
pub(crate) fn fails_for(released: &[&str]) -> String {
    if cfg!(windows) {
        let tests = released
            .iter()
            .map(|one| format!("if \"%LAUNCHWAY_APP%-%LAUNCHWAY_RELEASE%\"==\"{one}\" (exit 1)"));
        return tests.collect::<Vec<_>>().join(" else ");
    }
    format!(
        "case $LAUNCHWAY_APP-$LAUNCHWAY_RELEASE in {}) false ;; esac",
        released.join(" | ")
    )
}

/// Fails where there is such a file.
pub(crate) fn unless(file: &str) -> String {
    if cfg!(windows) {
        return format!("if exist {} (exit 1)", file.replace('/', "\\"));
    }
    format!("test ! -f {file}")
}
