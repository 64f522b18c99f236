//! Images that were built elsewhere, one for each process type: they are opened, pushed to each app of each stage, and released
//! there. They can't be promoted, so every stage gets the same ones, by their ids.

mod open;
mod push;

use std::{collections::BTreeMap, time::Instant};

use sha2::{Digest as _, Sha256};

use super::{
    Run, adopt::IdleApp, in_flight::Creating, plan::StagePlan, release::Place, verdict::verdict,
};
use crate::{
    exit::Exit,
    failure::Failure,
    http::Error,
    journal::{
        AppFact, Fact,
        record::{AppOutcome, SourceRecord},
    },
    platform::{
        Content, Images, Released,
        content::Proof,
        types::{Release, ReleaseStatus},
    },
    units,
};

pub use open::{InspectedImages, Opened, look_through};

/// How often the list of releases is read again before a request counts as having made none.
const LOOKS: u32 = 3;

/// Images to release.
pub struct ImagesInput {
    /// Their ids, by process type.
    pub images: Images,
    /// The images themselves, by process type.
    pub opened: BTreeMap<String, Opened>,
    /// What they are called together: a name and the digest of all their ids.
    pub version: String,
    /// The digest of all their ids: lower-case hex.
    pub sha256: String,
    /// The commit of the workspace that they go with.
    pub commit: Option<String>,
}

impl ImagesInput {
    /// Their content, as the platform is searched for it.
    pub fn content(&self) -> Content {
        Content {
            version: self.version.clone(),
            proof: Proof::Name,
        }
    }

    /// What the record says of them.
    pub fn record(&self) -> SourceRecord {
        SourceRecord {
            version: self.version.clone(),
            commit: self.commit.clone(),
            sha256: self.sha256.clone(),
            ..SourceRecord::default()
        }
    }
}

/// The digest of images: of the process types and their ids.
fn digest(images: &Images) -> String {
    let mut digest = Sha256::new();
    for text in images.0.iter().flat_map(|(kind, id)| [kind, id]) {
        digest.update(text);
        digest.update([0]);
    }
    units::hex(&digest.finalize())
}

/// What came of the images on an app.
enum Got<'p> {
    /// This release of them was made, or was on its way already.
    Release(Place<'p>, Release),
    /// It runs them already.
    Runs(Place<'p>, Release),
}

impl Run<'_> {
    /// Images are not promoted.
    pub(super) fn can_be_promoted(&self, to: usize) -> Result<(), Failure> {
        if self.config.build.images.is_empty() {
            return Ok(());
        }
        let stage = self.config.stages.get(to);
        let stage = stage.map_or("", |stage| stage.name.as_str());
        let what = "images are not promoted: apps on a stack for containers can't be";
        Err(Failure::new(Exit::Refused, what)
            .state("nothing was changed on the platform")
            .next(format!(
                "`launchway deploy --to {stage}` releases the same images there; it leaves alone what runs them already"
            )))
    }

    /// Pushes images to these apps of a stage and releases them there, one app after the other, and waits for all
    /// releases to end. Returns the releases only if all succeeded.
    pub(super) async fn release_images<'p>(
        &self,
        stage: &StagePlan,
        pipeline: Option<&str>,
        input: &ImagesInput,
        places: &[Place<'p>],
    ) -> Result<Vec<(Place<'p>, Release)>, Failure> {
        let latest = self.latest(pipeline, places.len()).await;
        let (mut made, mut running, mut stopped) = (Vec::new(), Vec::new(), None);
        for &place in places {
            self.journal.record_app(place.key(), AppFact::Began);
            let newest = latest.live(place.app);
            match self.images_to(place, input, newest).await {
                Ok(Got::Release(place, release)) => {
                    self.note_release(place, &release);
                    made.push((place, release));
                }
                Ok(Got::Runs(place, release)) => {
                    let live = AppFact::AlreadyLive(release.record());
                    self.journal.record_app(place.key(), live);
                    running.push((place, release));
                }
                Err(failure) => {
                    stopped = Some(failure);
                    break;
                }
            }
            let images = AppFact::Images(input.images.0.clone());
            self.journal.record_app(place.key(), images);
        }
        let began: Vec<Place<'p>> = made.iter().map(|(place, _)| *place).collect();
        let mut verdicts = Vec::new();
        let all = made.into_iter().map(async |(place, release)| {
            let settled = self.settle(place, release, Instant::now(), None).await;
            settled.map_or_else(super::verdict::Verdict::Unknown, verdict)
        });
        verdicts.extend(futures_util::future::join_all(all).await);
        let mut releases = self.judge(stage, &began, verdicts, Exit::ReleaseFailed, None)?;
        releases.extend(running);
        stopped.map_or(Ok(releases), Err)
    }

    /// Pushes images to one app and releases them there. `newest` is its newest release, if it has been read.
    async fn images_to<'p>(
        &self,
        place: Place<'p>,
        input: &ImagesInput,
        newest: Option<&Release>,
    ) -> Result<Got<'p>, Failure> {
        let app = place.app;
        let wanted = input.images.artifact();
        if let IdleApp::Adopted(release) = self
            .no_pending_release(app, Some(&wanted), newest)
            .await
            .map_err(|failure| self.not_begun(place, failure))?
        {
            return Ok(self.adopted(place, *release));
        }
        self.push_images(place, input)
            .await
            .map_err(|failure| self.not_begun(place, failure))?;
        // The push may have taken a while.
        let free = self.no_pending_release(app, Some(&wanted), None).await;
        match free.map_err(|failure| self.not_begun(place, failure))? {
            IdleApp::Adopted(release) => Ok(self.adopted(place, *release)),
            IdleApp::Newest(newest) => self.release_on(place, input, newest).await,
        }
    }

    /// A release of these images was there already: another run made it.
    fn adopted<'p>(&self, place: Place<'p>, release: Release) -> Got<'p> {
        let app = &place.app.name;
        self.journal.note(format!(
            "{} of {app} has these images: following it",
            release.at
        ));
        self.journal.record_app(place.key(), AppFact::Adopted);
        Got::Release(place, release)
    }

    /// Nothing was released on an app.
    fn not_begun(&self, place: Place<'_>, failure: Failure) -> Failure {
        let why = Some(failure.what.clone());
        let outcome = AppFact::Ended(AppOutcome::NotStarted, why);
        self.journal.record_app(place.key(), outcome);
        failure
    }

    /// Releases images, which are in the registry, on an app whose newest release has this version.
    async fn release_on<'p>(
        &self,
        place: Place<'p>,
        input: &ImagesInput,
        newest: u64,
    ) -> Result<Got<'p>, Failure> {
        let app = place.app;
        let what = format!("a release of {}", app.name);
        let release = async {
            let sent = self.platform.release_images(app, &input.images, newest);
            match sent.await {
                Ok(Some(release)) => Ok(Released::Made(release)),
                Ok(None) => {
                    self.journal.record(Fact::Changed);
                    self.what_was_released(place, input, newest).await
                }
                Err(error) => Err(self.images_refused(place, &what, &error)),
            }
        };
        let made = |released: &Released| match released {
            Released::Made(release) => Some(format!("release {} of {}", release.at, app.name)),
            _ => None,
        };
        let creating = Creating::release(place, &what);
        match self.in_flight.create(creating, release, made).await? {
            Released::Made(release) => {
                self.journal.record(Fact::Changed);
                Ok(Got::Release(place, release))
            }
            Released::Same(release) => {
                self.journal.note(format!(
                    "{} runs these images already, in {}: no release was made",
                    app.name, release.at
                ));
                if release.status == ReleaseStatus::Pending {
                    self.journal.record_app(place.key(), AppFact::Adopted);
                    return Ok(Got::Release(place, release));
                }
                Ok(Got::Runs(place, release))
            }
            Released::Unknown(why) => {
                let failure = Failure::new(
                    Exit::Unknown,
                    format!("it is unknown whether {} runs these images: {why}", app.name),
                )
                .state(format!("they were pushed, and the platform took them for {}", app.name))
                .next(format!(
                    "look at the releases of {}; once none is under way, run the same command again",
                    app.name
                ));
                Err(self.lost(place, failure))
            }
        }
    }

    /// The release that an accepted request made. The list of releases may lag behind, so none counts as made only if
    /// several looks say so.
    async fn what_was_released(
        &self,
        place: Place<'_>,
        input: &ImagesInput,
        newest: u64,
    ) -> Result<Released, Failure> {
        let app = place.app;
        let mut looks_left = LOOKS;
        loop {
            let budget = self.retry_budget();
            let seen = self
                .platform
                .released_images(app, &input.images, newest, budget);
            let seen = seen.await.map_err(|error| {
                let doing = format!("looking for the release of {}", app.name);
                self.lost(place, self.lost_sight(&doing, &error))
            })?;
            looks_left -= 1;
            if matches!(seen, Released::Made(_)) || looks_left == 0 {
                return Ok(seen);
            }
            let pause = self
                .pacing()
                .poll_pause(std::time::Duration::from_secs(10), 0.5);
            tokio::time::sleep(pause).await;
        }
    }

    /// What an app runs is not known any more.
    fn lost(&self, place: Place<'_>, failure: Failure) -> Failure {
        let why = Some(failure.what.clone());
        let outcome = AppFact::Ended(AppOutcome::Unknown, why);
        self.journal.record_app(place.key(), outcome);
        failure
    }

    fn images_refused(&self, place: Place<'_>, what: &str, error: &Error) -> Failure {
        let failure = self.cannot_create(what, Exit::ReleaseFailed, error);
        let failure = if error.certainly_not_accepted() {
            failure.state(format!("the images were pushed; {what} was not created"))
        } else {
            failure
        };
        if error.certainly_not_accepted() {
            let why = Some(failure.what.clone());
            let outcome = match failure.exit {
                Exit::ReleaseFailed => AppOutcome::Failed,
                _ => AppOutcome::NotStarted,
            };
            self.journal
                .record_app(place.key(), AppFact::Ended(outcome, why));
        }
        self.note_unknown(&failure, error, &[place]);
        failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_the_process_types_and_their_images() {
        let of = |pairs: &[(&str, &str)]| {
            let owned = |(kind, id): &(&str, &str)| ((*kind).to_owned(), (*id).to_owned());
            digest(&Images(pairs.iter().map(owned).collect()))
        };
        let one = of(&[("web", "a"), ("worker", "b")]);
        assert_eq!(one, of(&[("worker", "b"), ("web", "a")]));
        for other in [
            of(&[("web", "b"), ("worker", "a")]),
            of(&[("web", "a")]),
            of(&[("web", "aworker"), ("", "b")]),
        ] {
            assert_ne!(one, other);
        }
    }
}
