//! What the slug or the image of an app was made of. Each has the name of its source; the checksum of that is kept with the
//! build only.

use std::time::Duration;

use super::{Heroku, wire};
use crate::{
    http::{Error, path_segment},
    platform::{
        Artifact, Platform as _, Provenance,
        types::{App, Build},
    },
};

/// How many of an app's newest builds and releases are searched for the build behind what it runs.
const NEWEST: usize = 10;

impl Heroku {
    /// The build that made this, if it is among the app's newest ones.
    pub(super) async fn build_behind(
        &self,
        app: &App,
        artifact: &Artifact,
        budget: Duration,
    ) -> Result<Option<Build>, Error> {
        if let Artifact::Images(_) = artifact {
            return Ok(None);
        }
        let builds = self.builds(app, NEWEST, budget).await?;
        if let Artifact::Slug(_) = artifact {
            let made = |build: &Build| build.artifact.as_ref() == Some(artifact);
            return Ok(builds.into_iter().find(made));
        }
        // A build names no image, but the release that it made does.
        let releases = self.releases(app, NEWEST, budget).await?;
        let made = |build: &Build| {
            releases.iter().any(|release| {
                build.release.as_ref() == Some(&release.at.id)
                    && release.artifact.as_ref() == Some(artifact)
            })
        };
        Ok(builds.into_iter().find(made))
    }

    /// What this is called: the version of its source.
    pub(super) async fn named(
        &self,
        app: &App,
        artifact: &Artifact,
        budget: Duration,
    ) -> Result<Provenance, Error> {
        match artifact {
            Artifact::Slug(id) => {
                let path = format!("/apps/{}/slugs/{}", app.id, path_segment(id));
                let json: wire::SlugJson = self.read(path, budget).await?;
                Ok(json.into())
            }
            // Nothing says what they were made of.
            Artifact::Images(_) => Ok(Provenance::default()),
            Artifact::Image(id) => {
                // A list, though it is asked for by its id (heroku.md §2).
                let path = format!("/apps/{}/oci-images/{}", app.id, path_segment(id));
                let found: Vec<wire::ImageJson> = self.read(path, budget).await?;
                let first = found.into_iter().next();
                Ok(first.map(Provenance::from).unwrap_or_default())
            }
        }
    }
}
