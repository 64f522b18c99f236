//! A build that the platform failed on purpose, to announce something: the source is built once more.

use super::{Run, build_input::BuildInput, release::Place, shred::NewBuild};
use crate::{
    config::OnNotice, exit::Exit, failure::Failure, journal::AppFact,
    platform::known_failures::is_only_a_notice,
};

impl Run<'_> {
    /// Whether a build failed only because the platform had something to announce.
    pub(super) fn is_built_again(&self, failure: &Failure) -> bool {
        failure.exit == Exit::BuildFailed
            && self.config.build.on_notice == OnNotice::Rebuild
            && is_only_a_notice(failure.detail.iter().map(String::as_str))
    }

    /// Builds once more where the platform failed the first build on purpose. There is no third build.
    pub(super) async fn build_again(
        &self,
        place: Place<'_>,
        input: &BuildInput,
        failure: &Failure,
    ) -> Result<NewBuild, Failure> {
        self.journal.warn(format!(
            "{}, on purpose: the platform announces that the stack of {} comes to its end of life, and that the next build works. \
             The source is built once more; upgrade the stack, or say `build.on_notice: fail`",
            failure.what, place.app.name
        ));
        let app = self.journal.app(&place.key());
        if let Some(build) = app.and_then(|app| app.build) {
            self.journal
                .record_app(place.key(), AppFact::NoticeBuild(build));
        }
        let before = self.newest_builds(place.app, false).await?;
        let before = before.into_iter().map(|build| build.id).collect();
        let made = self.new_build(place, input, before).await?;
        self.finished(place, made).await
    }
}
