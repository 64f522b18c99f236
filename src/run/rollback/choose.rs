//! What an app goes back to when a person asks for it: a pure decision from its newest releases.

use crate::{
    platform::types::{Release, ReleaseStatus},
    run::facts::current,
};

/// What an app goes back to.
#[derive(Clone, Debug)]
pub(super) enum Choice<'r> {
    /// From what it runs to this.
    Earlier {
        /// What it runs.
        live: &'r Release,
        /// What it goes back to.
        to: &'r Release,
    },
    /// Nowhere, for this reason.
    None(String),
}

/// The newest earlier release that succeeded and has other code. `releases` are the newest of the app, newest first.
///
/// An app that was rolled back already does not go further back on its own: the newest other code is what it was rolled
/// back from.
pub(super) fn earlier<'r>(app: &str, releases: &'r [Release]) -> Choice<'r> {
    let Some(live) = current(releases) else {
        return Choice::None(format!("{app} runs nothing"));
    };
    let before = || {
        releases
            .iter()
            .filter(|release| release.at.version < live.at.version)
    };
    let other = |release: &&Release| release.artifact.is_some() && !release.runs_what(live);
    let succeeded = |release: &&Release| release.status == ReleaseStatus::Succeeded;
    let Some(to) = before().filter(other).find(succeeded) else {
        let expired = before().any(|release| release.status == ReleaseStatus::Expired);
        return Choice::None(if expired {
            format!(
                "what {app} ran before {} is gone: its earlier releases expired",
                live.at
            )
        } else {
            format!(
                "{app} has no earlier release of other code than {} that succeeded",
                live.at
            )
        });
    };
    // The live code also ran before that release: somebody has rolled back from it.
    let first =
        before().find(|release| release.at.version < to.at.version && release.runs_what(live));
    match first {
        Some(first) => Choice::None(format!(
            "{app} was sent back already: {} is {} again, and the newest other code is {}, which it came from",
            live.at, first.at, to.at
        )),
        None => Choice::Earlier { live, to },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::ReleaseRef, platform::Artifact};

    /// Releases, newest first: `3a` is v3 of the artifact `a`, current; `.` behind it: not current; `x`: expired; `!`: failed.
    fn releases(text: &str) -> Vec<Release> {
        let one = |word: &str| Release {
            at: ReleaseRef {
                id: word.to_owned(),
                version: u64::from(word.as_bytes()[0] - b'0'),
            },
            status: ReleaseStatus::read(match word.as_bytes().get(2) {
                Some(b'x') => "expired",
                Some(b'!') => "failed",
                _ => "succeeded",
            }),
            current: Some(word.len() == 2),
            artifact: (!word[1..].starts_with('-')).then(|| Artifact::Slug(word[1..2].to_owned())),
            output: None,
            description: String::new(),
            user: None,
            created_at: None,
        };
        text.split_whitespace().map(one).collect()
    }

    #[test]
    fn it_goes_to_the_newest_earlier_release_of_other_code() {
        for (list, expected) in [
            ("3b 2a. 1-.", "2a."),
            // A config var made the newest one.
            ("4b 3b. 2a. 1-.", "2a."),
            ("4c 3b! 2a.", "2a."),
            ("4c 3bx 2a.", "2a."),
            // One that failed lies on top.
            ("4c! 3b 2a.", "2a."),
            ("2a 1-.", "no earlier release of other code than v2"),
            ("3b 2ax", "expired"),
            (
                "4a 3b. 2a.",
                "v4 is v2 again, and the newest other code is v3",
            ),
            ("", "runs nothing"),
        ] {
            let all = releases(list);
            let seen = match earlier("shop", &all) {
                Choice::Earlier { to, .. } => to.at.id.clone(),
                Choice::None(why) => why,
            };
            assert!(seen.contains(expected), "{list}: {seen}");
        }
    }
}
