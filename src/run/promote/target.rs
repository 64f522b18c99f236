//! What is known of a promotion's target while it is under way.

use tokio::sync::watch;

use crate::{
    platform::types::{Release, Target, TargetStatus},
    run::{follow::OutputEnd, latest::Latest, release::Place},
};

/// One target of a promotion, as its own follower sees it.
pub(super) struct Followed<'a> {
    pub(super) place: Place<'a>,
    /// The newest that is known of it.
    pub(super) known: watch::Sender<Option<TargetState>>,
    /// Its verdict is there.
    pub(super) over: OutputEnd,
}

impl Followed<'_> {
    /// The release of this target: as it was just read, or as it was before if nothing has changed since.
    pub(super) fn release(&self, latest: &Latest, target: &Target) -> Option<Release> {
        let id = target.release.as_ref()?;
        let before = self.known.borrow();
        let before = before
            .as_ref()
            .filter(|_| !is_news(before.as_ref(), target));
        let before = before.and_then(|known| known.release.as_ref());
        let read = latest.release(self.place.app, id);
        read.or(before.filter(|release| release.at.id == *id))
            .cloned()
    }
}

/// What is known of a target.
#[derive(Clone)]
pub(super) struct TargetState {
    pub(super) target: Target,
    /// Its release, if that was read since the target last changed.
    pub(super) release: Option<Release>,
}

impl TargetState {
    /// Whether there is something to follow, or a verdict.
    pub(super) fn has_release(&self) -> bool {
        self.target.release.is_some() || ended(&self.target.status)
    }
}

/// Whether a look at a target shows its release, or its end, for the first time.
pub(super) fn is_news(before: Option<&TargetState>, target: &Target) -> bool {
    let (release, end) = before.map_or((false, false), |known| {
        let target = &known.target;
        (target.release.is_some(), ended(&target.status))
    });
    target.release.is_some() && (!release || (!end && ended(&target.status)))
}

/// Whether a target is at its end. An unknown status is not: the deadline bounds the wait for it.
pub(super) fn ended(status: &TargetStatus) -> bool {
    matches!(status, TargetStatus::Succeeded | TargetStatus::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(release: bool, status: &str) -> Target {
        Target {
            app: "a".to_owned(),
            release: release.then(|| "r".to_owned()),
            status: TargetStatus::read(status),
            error: None,
        }
    }

    #[test]
    fn a_release_and_its_end_are_news_once() {
        let (none, released) = (target(false, "pending"), target(true, "pending"));
        let (succeeded, failed) = (target(true, "succeeded"), target(true, "failed"));
        let refused = target(false, "failed");
        for (before, now, expected) in [
            (None, &none, false),
            (None, &released, true),
            (None, &succeeded, true),
            (Some(&none), &released, true),
            (Some(&released), &released, false),
            (Some(&released), &succeeded, true),
            (Some(&released), &failed, true),
            (Some(&succeeded), &succeeded, false),
            // There is no release that could be read.
            (Some(&none), &refused, false),
        ] {
            let before = before.cloned().map(|target| TargetState {
                target,
                release: None,
            });
            assert_eq!(is_news(before.as_ref(), now), expected, "{now:?}");
        }
    }
}
