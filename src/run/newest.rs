//! Of two commits the newer one wins: a job that was slow, or was started again, must not put an older commit over a newer
//! one without anybody knowing. What is newer is read from the checkout's history; a shallow one may not tell.

use super::{Run, facts::Facts, parcel::Parcel};
use crate::{exit::Exit, failure::Failure, platform::Platform, source, units};

/// The commit that a version begins with; `None` if it is no commit.
fn commit_of(version: &str) -> Option<&str> {
    let commit = version.get(..40)?;
    let is_hex = commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_hex && matches!(version.as_bytes().get(40), None | Some(b'-'))).then_some(commit)
}

impl<P: Platform> Run<'_, P> {
    /// Sees whether the first stage runs a later commit than this one: a warning, or with `source.newest_wins` a
    /// refusal.
    pub(super) fn newer_first(&self, facts: &Facts, parcel: &Parcel) -> Result<(), Failure> {
        let first = facts.stages.first().and_then(|apps| apps.first());
        let live = first.and_then(|facts| Some((facts, facts.live.as_ref()?)));
        let Some((facts, live)) = live else {
            return Ok(());
        };
        let theirs = live.version.as_deref().and_then(commit_of);
        let (Some(ours), Some(theirs)) = (commit_of(parcel.version()), theirs) else {
            return Ok(());
        };
        let dir = &self.config.source.dir;
        if ours == theirs || source::is_ancestor(dir, ours, theirs) != Some(true) {
            return Ok(());
        }
        let what = format!(
            "{} runs {}, which is newer than {}",
            facts.app.name,
            units::short_version(theirs),
            units::short_version(ours)
        );
        if self.config.source.newest_wins {
            return Err(Failure::new(Exit::Refused, what)
                .state("nothing was changed on the platform")
                .next("`source.newest_wins` refuses this; `--force` goes back to the older commit all the same"));
        }
        self.events
            .warn(format!("{what}: this run goes back to the older commit"));
        Ok(())
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
