//! What this run uploaded is overwritten once its build is over, so that no copy of the source stays behind its address.

use std::time::Duration;

use super::{Run, build::NewBuild, release::Place};
use crate::{
    exit::Exit,
    failure::Failure,
    http::{SecretUrl, upload},
    journal::event::Event,
    platform::{Platform, types::Build},
};

/// How long it may take.
const WITHIN: Duration = Duration::from_secs(10);

impl<P: Platform> Run<'_, P> {
    /// Follows a build to its end, and overwrites its source then. As long as it may be under way the source is left alone.
    pub(super) async fn finished_and_shredded(
        &self,
        place: Place<'_>,
        made: NewBuild,
    ) -> Result<Build, Failure> {
        let finished = self.finished_build(place, made.build).await;
        let is_over = match &finished {
            Ok(_) => true,
            Err(failure) => failure.exit == Exit::BuildFailed,
        };
        if let Some(put) = made.put.filter(|_| is_over && self.config.source.shred) {
            self.shred(&put).await;
        }
        finished
    }

    /// Puts nothing where the source was put. What the run comes to does not depend on it.
    async fn shred(&self, put: &SecretUrl) {
        let outside = &self.platform.services().outside;
        let sent = upload::empty(outside, self.pacing(), put);
        let why = match tokio::time::timeout(self.pacing().timeout(WITHIN), sent).await {
            Ok(Ok(())) => return self.journal.emit(Event::SourceShredded),
            Ok(Err(error)) => error.reason(),
            Err(_) => "no answer in time".to_owned(),
        };
        self.journal.warn(format!(
            "the uploaded source was not overwritten ({why}): a copy of it stays there until it expires"
        ));
    }
}
