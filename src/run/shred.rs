//! Overwrites what this run uploaded once its build is over, so that no copy of the source stays at its address.

use std::time::Duration;

use super::{Run, release::Place};
use crate::{
    exit::Exit,
    failure::Failure,
    http::{SecretUrl, upload},
    journal::{WaitGuard, event::Event},
    platform::types::Build,
};

/// How long it may take.
const WITHIN: Duration = Duration::from_secs(10);

/// A build, and where this run put its source.
pub(super) struct NewBuild {
    pub(super) build: Build,
    /// `None` where that can't be overwritten, or another run put it there.
    pub(super) put: Option<SecretUrl>,
}

impl NewBuild {
    /// A build that another run made.
    pub(super) fn adopted(build: Build) -> Self {
        Self { build, put: None }
    }
}

impl Run<'_> {
    /// Follows a build to its end. If it failed, its source is overwritten; while it may still be running, the source
    /// is left alone.
    pub(super) async fn finished(
        &self,
        place: Place<'_>,
        NewBuild { build, put }: NewBuild,
    ) -> Result<NewBuild, Failure> {
        match self.finished_build(place, build).await {
            Ok(build) => Ok(NewBuild { build, put }),
            Err(failure) => {
                if failure.exit == Exit::BuildFailed {
                    self.shred(put).await;
                }
                Err(failure)
            }
        }
    }

    /// Overwrites the uploaded source with an empty file. A failure is only a warning: the run's result does not depend
    /// on it.
    pub(super) async fn shred(&self, put: Option<SecretUrl>) {
        let Some(put) = put.filter(|_| self.config.source.shred) else {
            return;
        };
        let outside = &self.platform.services().outside;
        let within = self.pacing().timeout(WITHIN);
        let what = "the uploaded source to be overwritten";
        let _waiting = WaitGuard::begin(self.journal, what, within, "it is left until it expires");
        let sent = upload::empty(outside, self.pacing(), &put);
        let why = match tokio::time::timeout(within, sent).await {
            Ok(Ok(())) => return self.journal.emit(Event::SourceShredded),
            Ok(Err(error)) => error.reason(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.journal.warn(format!(
            "the uploaded source was not overwritten ({why}): a copy of it stays there until it expires"
        ));
    }
}
