//! The exit codes: a promise to every workflow file that uses them. They are stable; `launchway explain` prints them.

use serde::{Serialize, Serializer};

/// How a run ended, in the one vocabulary that the process's exit code, the run record and the reports share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Exit {
    /// Done, or nothing to do.
    Ok,
    /// A defect of launchway.
    Internal,
    /// The command line could not be understood.
    Usage,
    /// `plan --detailed-exitcode` found something to do.
    Changes,
    /// The build failed.
    BuildFailed,
    /// A release phase failed.
    ReleaseFailed,
    /// At least one promotion target failed.
    PromotionFailed,
    /// A check failed; what was released stays.
    VerificationFailed,
    /// Failed, and every affected app is verified back on its earlier release.
    RolledBack,
    /// Failed, and so did going back.
    RollbackFailed,
    /// A requirement or a pin did not hold; nothing was changed in that stage.
    Refused,
    /// Lost sight of the platform while something was under way.
    Unknown,
    /// `deploy.yaml` is not valid.
    Config,
    /// The workspace can't be read or packed.
    Workspace,
    /// The platform could not be reached, before anything was changed.
    Unavailable,
    /// The local disk, or another local resource.
    Io,
    /// Busy or rate-limited beyond the deadline; nothing was changed.
    TryAgain,
    /// The token is missing, wrong, or not allowed.
    Denied,
    /// The deadline of the whole run (`--timeout`).
    Deadline,
    /// SIGINT.
    Interrupted,
    /// SIGTERM.
    Terminated,
}

/// One row of the table of exit codes.
struct Row {
    exit: Exit,
    code: u8,
    word: &'static str,
    meaning: &'static str,
    next: &'static str,
}

const fn row(
    exit: Exit,
    code: u8,
    word: &'static str,
    meaning: &'static str,
    next: &'static str,
) -> Row {
    Row {
        exit,
        code,
        word,
        meaning,
        next,
    }
}

/// Every exit code, in the order in which `launchway explain` lists them.
#[rustfmt::skip]
const TABLE: &[Row] = &[
    row(Exit::Ok, 0, "ok", "done, or nothing to do",
        "Every app of every requested stage runs a release of exactly this source that succeeded, and its checks passed."),
    row(Exit::Internal, 1, "internal", "a bug in launchway",
        "Please report it with the whole output. The table at its end says what each app runs."),
    row(Exit::Usage, 2, "usage", "the command line could not be understood",
        "See `launchway --help`. Nothing was done."),
    row(Exit::Changes, 3, "changes", "there is something to deploy",
        "Only `launchway plan --detailed-exitcode` exits with it. Nothing was changed."),
    row(Exit::BuildFailed, 10, "build_failed", "the build failed",
        "The end of its log is repeated at the end of the output. No release was made; what was live before is still live."),
    row(Exit::ReleaseFailed, 11, "release_failed", "a release failed",
        "The app keeps its earlier release, if it had one. Where it has a release phase, read its output: it may have changed data before it failed. Once the cause is fixed, run it again: the same source is not rebuilt; its slug or image is released again."),
    row(Exit::PromotionFailed, 12, "promotion_failed", "at least one target of a promotion failed",
        "The other targets of that stage may run the new release: the table at the end says which. Later stages were not touched."),
    row(Exit::VerificationFailed, 13, "verification_failed", "a check failed; what was released stays",
        "The new release is live in that stage. Fix forward, or release the earlier release again."),
    row(Exit::RolledBack, 14, "rolled_back", "failed, and every affected app is verified back on its earlier release",
        "No one needs to be paged. Read why it failed before the next try."),
    row(Exit::RollbackFailed, 15, "rollback_failed", "failed, and so did the rollback: someone has to step in",
        "The table at the end says what each app runs now."),
    row(Exit::Refused, 16, "refused", "a requirement or a pin did not hold; nothing was changed in that stage",
        "The message names what did not hold. Earlier stages keep what this run released there."),
    row(Exit::Unknown, 20, "unknown", "lost sight of the platform: it may still be running",
        "Neither success nor failure. The message says what was under way and where to look; it is safe to run the same command again later."),
    row(Exit::Config, 65, "config", "deploy.yaml is not valid",
        "Every problem is listed with its place. Nothing was done."),
    row(Exit::Workspace, 66, "workspace", "the workspace can't be read or packed",
        "The message says what is in the way, and where. Nothing was sent."),
    row(Exit::Unavailable, 69, "unavailable", "the platform could not be reached, before anything was changed",
        "Safe to run again. Check the network, the proxy variables and the platform's status page."),
    row(Exit::Io, 74, "io", "a local disk or file problem",
        "Free some space, or set TMPDIR to a writable directory."),
    row(Exit::TryAgain, 75, "try_again", "busy or rate-limited beyond the deadline; nothing was changed",
        "Safe to run again: `retry: exit_codes: [69, 75]` on GitLab."),
    row(Exit::Denied, 77, "denied", "the token is missing, wrong, or not allowed",
        "The message says where the token was looked for, or what it may not do."),
    row(Exit::Deadline, 124, "deadline", "the deadline of the whole run (--timeout) passed",
        "What was under way may still be running; the table at the end says what each app runs."),
    row(Exit::Interrupted, 130, "cancelled", "cancelled by SIGINT (Ctrl-C)",
        "A pending build was cancelled and nothing further was started; the table at the end says what each app runs."),
    row(Exit::Terminated, 143, "cancelled", "cancelled by SIGTERM (how CI systems cancel a job)",
        "A pending build was cancelled and nothing further was started; the table at the end says what each app runs."),
];

impl Exit {
    fn row(self) -> &'static Row {
        // The test below proves that each variant has its row, so the fallback is never taken.
        TABLE.iter().find(|r| r.exit == self).unwrap_or(&TABLE[1])
    }

    /// The process's exit code.
    pub fn code(self) -> u8 {
        self.row().code
    }

    /// The word that stands for this outcome in the run record and in CI outputs.
    pub fn word(self) -> &'static str {
        self.row().word
    }

    /// What it means, in one line.
    pub fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// What a person should know or do next.
    pub fn next(self) -> &'static str {
        self.row().next
    }

    /// The outcome that a code or a word stands for; `None` if neither is known.
    pub fn find(code_or_word: &str) -> Option<Self> {
        let wanted = code_or_word.trim();
        TABLE
            .iter()
            .find(|r| r.word == wanted || r.code.to_string() == wanted)
            .map(|r| r.exit)
    }

    /// Every outcome, in the order of its code.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|r| r.exit)
    }
}

impl Serialize for Exit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        let codes: Vec<u8> = Exit::all().map(Exit::code).collect();
        assert_eq!(
            codes,
            [
                0, 1, 2, 3, 10, 11, 12, 13, 14, 15, 16, 20, 65, 66, 69, 74, 75, 77, 124, 130, 143
            ]
        );
    }

    #[test]
    fn an_outcome_is_found_by_code_and_by_word() {
        for exit in Exit::all() {
            assert_eq!(Exit::find(&exit.code().to_string()), Some(exit));
            assert_eq!(Exit::find(exit.word()).map(Exit::word), Some(exit.word()));
        }
        assert_eq!(Exit::find("42"), None);
    }
}
