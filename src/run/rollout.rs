//! Releases what a stage verified to the apps of the next one.

use std::time::Instant;

use futures_util::future::{join_all, try_join_all};

use super::{
    Run,
    adopt::IdleApp,
    plan::StagePlan,
    promote::SourceRelease,
    release::Place,
    verdict::{Verdict, verdict},
};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::AppFact,
    platform::{
        Artifact,
        types::{Release, ReleaseStatus},
    },
};

impl Run<'_> {
    /// Brings the release of the stage before to these apps of a stage: by a promotion through the pipeline, else by a
    /// release of its slug or image on each. What an earlier, interrupted run began is followed to its end. Returns the
    /// releases only if all succeeded.
    pub(super) async fn roll_out<'p>(
        &self,
        stage: &StagePlan,
        pipeline: Option<&str>,
        source: &SourceRelease,
        places: &[Place<'p>],
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let artifact = source.release.artifact.as_ref();
        let (mut pending, mut open) = (Vec::new(), Vec::new());
        for (place, free) in self.free_targets(pipeline, artifact, places).await? {
            match free {
                IdleApp::Adopted(release) => pending.push((place, *release)),
                IdleApp::Newest(version) => open.push((place, version)),
            }
        }
        let begun: Vec<Place<'p>> = pending.iter().map(|(place, _)| *place).collect();
        for (place, release) in &pending {
            let app = &place.app.name;
            let (at, status) = (&release.at, &release.status);
            self.journal.note(match status {
                ReleaseStatus::Succeeded => {
                    format!("{at} of {app} now runs this code: using it")
                }
                _ => format!("{at} of {app} is under way with this code: following it"),
            });
            self.journal.record_app(place.key(), AppFact::Adopted);
            self.note_release(*place, release);
        }
        let verdicts = self.settle_all(pending).await;
        let mut released = self.judge(stage, &begun, verdicts, Exit::PromotionFailed, None)?;
        if !open.is_empty() {
            released.extend(match pipeline {
                Some(pipeline) => self.promote_stage(stage, pipeline, source, &open).await?,
                None => self.release_stage(stage, source, &open).await?,
            });
        }
        Ok(released)
    }

    /// The targets of a stage once all are free. A release of this artifact that is on its way to one already is the
    /// promotion of a run that was cut off.
    async fn free_targets<'p>(
        &self,
        pipeline: Option<&str>,
        artifact: Option<&Artifact>,
        places: &[Place<'p>],
    ) -> Result<Vec<(Place<'p>, IdleApp)>, Failure> {
        let latest = self.latest(pipeline, places.len()).await;
        try_join_all(places.iter().map(async |&place| {
            let newest = latest.live(place.app);
            let free = self.no_pending_release(place.app, artifact, newest).await?;
            Ok((place, free))
        }))
        .await
    }

    /// Waits for these releases to come to their end.
    async fn settle_all(&self, releases: Vec<(Place<'_>, Release)>) -> Vec<Verdict> {
        join_all(releases.into_iter().map(async |(place, release)| {
            match self.settle(place, release, Instant::now(), None).await {
                Err(failure) => Verdict::Unknown(failure),
                Ok(settled) => verdict(settled),
            }
        }))
        .await
    }

    /// Without a pipeline: the slug or image is released on each app. Each comes with the version of its newest release.
    async fn release_stage<'p>(
        &self,
        stage: &StagePlan,
        source: &SourceRelease,
        open: &[(Place<'p>, u64)],
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let Some(artifact) = &source.release.artifact else {
            return Err(Failure::new(
                Exit::Refused,
                format!(
                    "{} of {} has nothing that could be released elsewhere",
                    source.release.at, source.app.name
                ),
            )
            .next("name a pipeline in deploy.yaml: a promotion needs none"));
        };
        let description = format!("Release {} of {}", source.release.at, source.app.name);
        let mut made = Vec::new();
        let mut stopped = None;
        for (place, newest) in open {
            let what = format!("a release of {}", place.app.name);
            let release = self.make_release(*place, artifact, &description, *newest);
            match release.await {
                Ok(release) => {
                    self.note_release(*place, &release);
                    made.push((*place, release));
                }
                Err(error) => {
                    let failure = self.cannot_create(&what, Exit::Refused, &error);
                    self.note_unknown(&failure, &error, &[*place]);
                    stopped = Some(failure);
                    break;
                }
            }
        }
        let began: Vec<Place<'p>> = made.iter().map(|(place, _)| *place).collect();
        let verdicts = self.settle_all(made).await;
        let releases = self.judge(stage, &began, verdicts, Exit::ReleaseFailed, None)?;
        stopped.map_or(Ok(releases), Err)
    }
}
