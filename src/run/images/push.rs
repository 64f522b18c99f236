//! Pushes images to an app's repositories in the registry. What is there is not sent again, so an interrupted push
//! resumes.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use url::Url;

use super::{ImagesInput, Opened};
use crate::{
    exit::Exit,
    failure::Failure,
    journal::event::Event,
    registry::{self, Progress, Pushed, Registry},
    run::{Run, release::Place},
    units,
};

impl Run<'_> {
    /// The registry that images are pushed to, if `deploy.yaml` names some: without it nothing is asked.
    pub(in crate::run) fn images_have_a_registry(&self) -> Result<(), Failure> {
        if self.config.build.images.is_empty() {
            return Ok(());
        }
        self.registry().map(drop)
    }

    /// The platform's registry.
    pub(super) fn registry(&self) -> Result<&Registry, Failure> {
        let services = self.platform.services();
        services.registry.as_ref().ok_or_else(|| {
            let failure = match self.about().registry {
                Some(own) => unnamed(services.api.base(), own),
                None => Failure::new(
                    Exit::Config,
                    format!(
                        "{} has no registry that images are pushed to",
                        self.about().name
                    ),
                ),
            };
            failure.state("nothing was sent, and nothing was changed on the platform")
        })
    }

    /// Refuses images that were pushed for one app if another app is to get them, too: they are only in the first one's
    /// repository.
    pub(in crate::run) fn are_for_all(
        &self,
        input: &ImagesInput,
        to: usize,
    ) -> Result<(), Failure> {
        let stages = self.config.stages.iter().take(to + 1);
        let apps: Vec<&String> = stages.flat_map(|stage| &stage.apps).collect();
        for (kind, image) in &input.opened {
            let Opened::Pushed(at, _) = image else {
                continue;
            };
            let other = apps.iter().find(|app| at.app != ***app);
            if other.is_some() || at.process_type != *kind {
                let whose = other.map_or(at.app.as_str(), |app| app.as_str());
                let what = format!(
                    "the image of `{kind}` was pushed as {} of {}: the platform releases it as that only, and not as {kind} of \
                     {whose}",
                    at.process_type, at.app
                );
                return Err(Failure::new(Exit::Refused, what)
                    .state("nothing was changed on the platform")
                    .next(
                        "name it as a file, which is pushed to each app: `skopeo copy docker://… docker-archive:web.tar`",
                    ));
            }
        }
        Ok(())
    }

    /// Sends images to the registry, for one app.
    pub(super) async fn push_images(
        &self,
        place: Place<'_>,
        input: &ImagesInput,
    ) -> Result<(), Failure> {
        let app = &place.app.name;
        for (kind, image) in &input.opened {
            let Opened::Stored(image) = image else {
                continue;
            };
            let registry = self.registry()?;
            self.journal.note(format!(
                "pushing the image of {kind} ({}) to {app}",
                image.id().short()
            ));
            let (began, sending) = (Instant::now(), AtomicBool::new(false));
            let progress = |Progress { sent, bytes }| {
                if !sending.swap(true, Ordering::Relaxed) {
                    self.journal.emit(Event::UploadStarted { bytes });
                }
                self.journal.emit(Event::UploadProgress { sent, bytes });
            };
            let pushed = registry.push(image, app, kind, &progress).await;
            let pushed = pushed.map_err(|error| {
                let doing = format!("pushing the image of {kind} to {app}");
                let failure = self
                    .cannot_read(&doing, &error)
                    .state(format!("nothing was released on {app}"));
                match registry::advice(&error) {
                    Some(advice) => failure.next(advice),
                    None => failure,
                }
            })?;
            if sending.into_inner() {
                self.journal.emit(Event::Uploaded {
                    bytes: pushed.bytes_sent,
                    took: began.elapsed(),
                });
            }
            self.journal.note(push_summary(kind, app, &pushed));
        }
        Ok(())
    }
}

/// The failure if the API is not the platform's public one and no registry is configured for it.
fn unnamed(api: &Url, own: &str) -> Failure {
    let api = api.as_str().trim_end_matches('/');
    Failure::new(
        Exit::Config,
        format!(
            "the address of the registry of `build.images` is not configured for the API at {api}"
        ),
    )
    .detail([format!(
        "the API's token is the password there, and {own} is the registry of another API"
    )])
    .next(format!(
        "set {}=https://registry.example.com, with the registry's own host, beside the token",
        registry::VARIABLE
    ))
}

/// `pushed web of acme-shop: 3 blobs sent (12.1 MB), 2 were there`
fn push_summary(kind: &str, app: &str, pushed: &Pushed) -> String {
    let mounted = match pushed.blobs_mounted {
        0 => String::new(),
        1 => ", 1 was taken from another repository".to_owned(),
        several => format!(", {several} were taken from another repository"),
    };
    let there = match pushed.blobs_there {
        0 => String::new(),
        1 => ", 1 was there".to_owned(),
        several => format!(", {several} were there"),
    };
    let sent = match pushed.blobs_sent {
        0 => "nothing sent".to_owned(),
        sent => format!(
            "{} sent ({})",
            units::count(sent, "blob", "blobs"),
            units::bytes(pushed.bytes_sent)
        ),
    };
    format!("pushed {kind} of {app}: {sent}{mounted}{there}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Digest;

    #[test]
    fn what_was_sent_is_told() {
        for (blobs_sent, blobs_mounted, blobs_there, expected) in [
            (0, 0, 2, "pushed web of shop: nothing sent, 2 were there"),
            (
                1,
                0,
                1,
                "pushed web of shop: 1 blob sent (10 B), 1 was there",
            ),
            (2, 0, 0, "pushed web of shop: 2 blobs sent (10 B)"),
            (
                0,
                2,
                1,
                "pushed web of shop: nothing sent, 2 were taken from another repository, 1 was there",
            ),
        ] {
            let pushed = Pushed {
                id: Digest::of(b""),
                manifest_digest: Digest::of(b""),
                blobs_sent,
                blobs_there,
                blobs_mounted,
                bytes_sent: 10,
            };
            assert_eq!(push_summary("web", "shop", &pushed), expected);
        }
    }
}
