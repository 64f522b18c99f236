//! Of two commits the newer one wins: a job that was slow, or was started again, must not put an older commit over a newer
//! one unnoticed. The checkout's history says which is newer; if it lacks one of them, that stays unknown.

use super::{Run, blocking::blocking, build_input::BuildInput, facts::Facts};
use crate::{
    exit::Exit,
    failure::Failure,
    source::{self, NoAnswer},
    units,
};

/// The commit that a version begins with; `None` if it is no commit.
pub fn commit_of(version: &str) -> Option<&str> {
    let commit = version.get(..40)?;
    let is_hex = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && matches!(version.as_bytes().get(40), None | Some(b'-'))).then_some(commit)
}

/// The commit that is built: of the workspace the one that is checked out, whatever the version says.
fn our_commit(input: &BuildInput) -> Option<&str> {
    match input {
        BuildInput::Archive(archive) => archive.identity.commit.as_deref(),
        _ => commit_of(input.version()),
    }
}

impl Run<'_> {
    /// Warns if the first stage runs a later commit than this one; with `source.newest_wins` refuses.
    pub(super) async fn newer_first(
        &self,
        facts: &Facts,
        input: &BuildInput,
    ) -> Result<(), Failure> {
        let first = facts.stages.first().and_then(|apps| apps.first());
        let live = first.and_then(|facts| Some((facts, facts.live.as_ref()?)));
        let Some((facts, live)) = live else {
            return Ok(());
        };
        let theirs = live.made_of.version.as_deref().and_then(commit_of);
        let (Some(ours), Some(theirs)) = (our_commit(input), theirs) else {
            return Ok(());
        };
        if ours == theirs {
            return Ok(());
        }
        let newest_wins = self.config.source.newest_wins;
        match self.is_ancestor(ours, theirs).await? {
            Some(true) => {}
            None if newest_wins => {
                self.journal.warn(format!(
                    "can't tell whether {} runs a newer commit: {} is not in the history of this checkout",
                    facts.app.name,
                    units::short_version(theirs)
                ));
                return Ok(());
            }
            Some(false) | None => return Ok(()),
        }
        let what = format!(
            "{} runs {}, which is newer than {}",
            facts.app.name,
            units::short_version(theirs),
            units::short_version(ours)
        );
        if newest_wins {
            return Err(Failure::new(Exit::Refused, what)
                .state("nothing was changed on the platform")
                .next("`source.newest_wins` refuses this; `--force` goes back to the older commit anyway"));
        }
        self.journal
            .warn(format!("{what}: this run goes back to the older commit"));
        Ok(())
    }

    /// Whether one commit comes before another; `None` if the checkout does not tell, which is no reason to stop.
    async fn is_ancestor(&self, ours: &str, theirs: &str) -> Result<Option<bool>, Failure> {
        let dir = self.config.source.dir.clone();
        let (ancestor, commit) = (ours.to_owned(), theirs.to_owned());
        let look = move |cancelled: &(dyn Fn() -> bool + Sync)| {
            source::is_ancestor(&dir, &ancestor, &commit, cancelled)
        };
        match blocking("asking git", look).await? {
            Ok(known) => Ok(known),
            Err(NoAnswer::Failed(why)) => {
                let (ours, theirs) = (units::short_version(ours), units::short_version(theirs));
                self.journal.warn(format!(
                    "git can't tell whether the live {theirs} is newer than {ours}: {why}"
                ));
                Ok(Some(false))
            }
            Err(NoAnswer::NoGit) => Ok(None),
            Err(NoAnswer::Cancelled) => Ok(Some(false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_may_begin_with_a_commit() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(commit_of(commit), Some(commit));
        assert_eq!(commit_of(&format!("{commit}-0011223344ff")), Some(commit));
        for none in [
            "",
            "v1",
            "sha256-0011223344ff",
            &format!("{commit}0"),
            &"é".repeat(30),
        ] {
            assert_eq!(commit_of(none), None, "{none}");
        }
    }
}
