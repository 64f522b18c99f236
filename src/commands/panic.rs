//! Bugs in launchway: a panic becomes one line without secrets and without control characters, and the exit
//! code `internal`. What a panic says may hold anything, a pre-signed address or a piece of a build's log.

use std::{
    io::Write as _,
    panic::{self, AssertUnwindSafe},
};

use crate::{exit::Exit, failure::Failure, redact::Redactor, report::sanitize};

/// Longer messages are cut to this length.
const LONGEST: usize = 600;

/// Reports every panic of this process in this way.
pub(super) fn report(redactor: Redactor) {
    panic::set_hook(Box::new(move |defect| {
        let place = defect.location().map(|at| (at.file(), at.line()));
        let said = defect.payload_as_str().unwrap_or("no message");
        let text = told(&redactor, said, place);
        // Not through the console: this thread may hold it. If stderr is gone, no one can read it.
        let _ = std::io::stderr().write_all(text.as_bytes());
    }));
}

/// A panic as a line.
fn told(redactor: &Redactor, said: &str, place: Option<(&str, u32)>) -> String {
    let said = redactor.clean(said);
    let said: String = sanitize::text(&said).chars().take(LONGEST).collect();
    let at = place.map_or(String::new(), |(file, line)| format!(" (at {file}:{line})"));
    format!("internal error: {said}{at}\n")
}

/// Does something; if it panics that is a failure, not the end of the process.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    // What was being changed when it panicked is only read afterwards, and only to report it.
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(
            Failure::new(Exit::Internal, "launchway hit a bug of its own")
                .state("what was under way on the platform may still finish there")
                .next(concat!(
                    "please report it, with the line `internal error` above and the version, ",
                    env!("CARGO_PKG_VERSION")
                )),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_shows_no_secret_and_drives_nobody() {
        let redactor = Redactor::new(["HRKU-0123456789"]);
        for (said, expected) in [
            ("index 3 of 2", "internal error: index 3 of 2 (at a.rs:7)\n"),
            (
                "token HRKU-0123456789",
                "internal error: token *** (at a.rs:7)\n",
            ),
            (
                "https://s3.example.com/x?X-Amz-Signature=0a1b2c",
                "internal error: https://s3.example.com/x?*** (at a.rs:7)\n",
            ),
        ] {
            assert_eq!(told(&redactor, said, Some(("a.rs", 7))), expected);
        }
        let hostile = told(&redactor, "\x1b[2J\n::error::x\r##[error]", None);
        assert_eq!(hostile.lines().count(), 1, "{hostile:?}");
        assert!(!hostile.contains(['\x1b', '\r']), "{hostile:?}");
        assert!(told(&redactor, &"x".repeat(9000), None).len() < 700);
    }

    #[test]
    fn a_panic_is_a_failure_with_its_own_exit_code() {
        let failed = guarded(|| -> Result<(), Failure> { panic!("on purpose") });
        assert_eq!(failed.unwrap_err().exit, Exit::Internal);
        assert_eq!(guarded(|| Ok(7)).unwrap(), 7);
    }
}
