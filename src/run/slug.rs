//! A slug that was made elsewhere: it is checked, uploaded, and released on the first app. Later stages get it like a
//! slug that was built.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::{
    Run,
    adopt::{BuildPlan, IdleApp, Start},
    blocking::blocking,
    build_input::BuildInput,
    elsewhere,
    facts::{AppFacts, Facts},
    pack::{cannot_pack, pack_options},
    plan::is_live,
    release::Place,
};
use crate::{
    config::{Config, Slug as Given},
    exit::Exit,
    failure::Failure,
    http::{Error, Kind, Phase},
    journal::{Fact, record::SourceRecord},
    platform::{
        Artifact, Content, Tarball,
        content::{ContentMatch, Proof},
        types::{App, Release, ReleaseStatus, SlugRequest},
    },
    source::{self, Slug, SlugError},
    units,
};

/// A slug to release.
pub enum SlugInput {
    /// It is on the platform.
    There {
        /// Its id.
        id: String,
        /// What it is called there; its id if the platform does not say.
        version: String,
    },
    /// It is in a file, which was checked.
    File {
        /// The file.
        slug: Slug,
        /// What it is called: a name and the digest of all that it is.
        version: String,
        /// The commit of the workspace that it goes with.
        commit: Option<String>,
        /// The commands of its process types, by name.
        process_types: BTreeMap<String, String>,
    },
}

impl SlugInput {
    /// The version of the source.
    pub fn version(&self) -> &str {
        match self {
            Self::There { version, .. } | Self::File { version, .. } => version,
        }
    }

    /// Its content, as the platform is searched for it. One that is there is known by its id, which is no content.
    pub fn content(&self) -> Content {
        Content {
            version: self.version().to_owned(),
            proof: match self {
                Self::There { .. } => Proof::Nothing,
                Self::File { .. } => Proof::Name,
            },
        }
    }

    /// SHA-256 of the file; `None` for a slug on the platform, which its id identifies.
    pub fn sha256(&self) -> Option<&str> {
        match self {
            Self::There { .. } => None,
            Self::File { slug, .. } => Some(&slug.sha256),
        }
    }

    /// What the record says of it.
    pub fn record(&self) -> SourceRecord {
        let record = SourceRecord {
            version: self.version().to_owned(),
            ..SourceRecord::default()
        };
        match self {
            Self::There { .. } => record,
            Self::File { slug, commit, .. } => SourceRecord {
                commit: commit.clone(),
                sha256: slug.sha256.clone(),
                files: slug.files,
                bytes: slug.bytes,
                archive_bytes: slug.archive_bytes,
                ..record
            },
        }
    }
}

/// The digest of a slug: of its file and of what is run in it.
fn digest(sha256: &str, process_types: &BTreeMap<String, String>) -> String {
    let mut digest = Sha256::new();
    digest.update(sha256);
    for text in process_types.iter().flat_map(|(name, run)| [name, run]) {
        digest.update([0]);
        digest.update(text);
    }
    units::hex(&digest.finalize())
}

impl Run<'_> {
    /// The slug that `deploy.yaml` names. A file is checked; nothing is uploaded.
    pub(super) async fn slug_input(&self, given: &Given) -> Result<SlugInput, Failure> {
        let options = pack_options(self.config, self.ci, self.own_files);
        let input = look_through(self.config, options, given).await?;
        self.journal.record(Fact::Source(input.record()));
        Ok(input)
    }

    /// The version of a slug that is on the platform, read from the first app.
    pub(super) async fn named_slug(
        &self,
        input: BuildInput,
        facts: &Facts,
    ) -> Result<BuildInput, Failure> {
        let (BuildInput::Slug(SlugInput::There { id, .. }), Some(app)) =
            (&input, facts.first_app())
        else {
            return Ok(input);
        };
        let artifact = Artifact::Slug(id.clone());
        let made_of = self
            .platform
            .made_of(app, &artifact, false, self.retry_budget());
        let version = match made_of.await {
            Ok(made_of) => made_of.version,
            Err(error) if error.kind == Kind::NotFound => {
                self.journal.warn(format!(
                    "{} has no slug {id} of its own: if it is another app's, the platform says so when it is released",
                    app.name
                ));
                None
            }
            Err(error) => {
                return Err(self.cannot_read(&format!("looking up the slug {id}"), &error));
            }
        };
        let named = SlugInput::There {
            id: id.clone(),
            version: version.unwrap_or_else(|| id.clone()),
        };
        self.journal.record(Fact::Source(named.record()));
        Ok(BuildInput::Slug(named))
    }

    /// How the first app gets this slug; `None` if it runs it already.
    pub(super) async fn begin_slug(
        &self,
        facts: &Facts,
        input: &SlugInput,
        force: bool,
    ) -> Result<Option<BuildPlan>, Failure> {
        let Some(first) = facts.stages.first().and_then(|apps| apps.first()) else {
            return Ok(None);
        };
        let content = input.content();
        let live = first.live.as_ref();
        if !force && live.is_some_and(|live| is_live(live, &content)) {
            return Ok(None);
        }
        let artifact = match input {
            SlugInput::There { id, .. } => Some(Artifact::Slug(id.clone())),
            SlugInput::File { .. } if force => None,
            SlugInput::File { .. } => self.released_before(first, &content).await?,
        };
        // Nothing is built.
        let start = Start::Fresh { before: Vec::new() };
        Ok(Some(BuildPlan {
            then: start.clone(),
            start,
            taken: None,
            artifact,
        }))
    }

    /// What an earlier run made of this content, if a release above the one that is live has it: that run was cut off, or its
    /// release phase failed.
    async fn released_before(
        &self,
        app: &AppFacts,
        content: &Content,
    ) -> Result<Option<Artifact>, Failure> {
        let live = app.live.as_ref().map(|live| &live.release);
        let above = app
            .releases
            .iter()
            .take_while(|release| live.is_none_or(|live| live.at.id != release.at.id))
            .filter(|release| release.status != ReleaseStatus::Expired);
        let mut asked: Vec<&Artifact> = Vec::new();
        for artifact in above.filter_map(|release| release.artifact.as_ref()) {
            if asked.contains(&artifact) {
                continue;
            }
            asked.push(artifact);
            let budget = self.retry_budget();
            match self
                .platform
                .made_of(&app.app, artifact, false, budget)
                .await
            {
                Ok(made_of) if content.is(&made_of) == ContentMatch::Yes => {
                    return Ok(Some(artifact.clone()));
                }
                Ok(_) => {}
                Err(error) if error.kind == Kind::NotFound => {}
                Err(error) => {
                    let doing = format!("reading what {} is made of", app.app.name);
                    return Err(self.cannot_read(&doing, &error));
                }
            }
        }
        Ok(None)
    }

    /// Releases the slug on the app of the first stage, waits for the release to end, and returns it if it succeeded.
    pub(super) async fn slug_and_release(
        &self,
        place: Place<'_>,
        input: &SlugInput,
        there: Option<Artifact>,
        force: bool,
    ) -> Result<Release, Failure> {
        let app = place.app;
        let artifact = match (there, input) {
            (Some(artifact), _) => artifact,
            (None, SlugInput::There { id, .. }) => Artifact::Slug(id.clone()),
            (
                None,
                SlugInput::File {
                    slug,
                    version,
                    process_types,
                    ..
                },
            ) => self.send_slug(app, slug, version, process_types).await?,
        };
        let wanted = (!force).then_some(&artifact);
        let release = match self.no_pending_release(app, wanted, None).await? {
            IdleApp::Adopted(release) => {
                let at = &release.at;
                self.journal
                    .note(format!("{at} of {} has this slug: following it", app.name));
                *release
            }
            IdleApp::Newest(newest) => {
                let description = format!("Deploy {}", units::short_version(input.version()));
                let made = self
                    .make_release(place, &artifact, &description, newest)
                    .await;
                made.map_err(|e| {
                    let what = format!("a release of {}", app.name);
                    let failure = self.cannot_create(&what, Exit::Refused, &e);
                    self.note_unknown(&failure, &e, &[place]);
                    failure
                })?
            }
        };
        self.journal.record(Fact::Changed);
        self.to_its_end(place, release, "the slug").await
    }

    async fn send_slug(
        &self,
        app: &App,
        slug: &Slug,
        version: &str,
        process_types: &BTreeMap<String, String>,
    ) -> Result<Artifact, Failure> {
        let open = || slug.reader();
        let request = SlugRequest {
            tarball: Tarball {
                version,
                bytes: slug.archive_bytes,
                open: &open,
            },
            sha256: &slug.sha256,
            description: self.ci.run_url.as_deref(),
            process_types,
        };
        let sent = self.platform.send_slug(app, &request).await;
        sent.map_err(|e| self.slug_not_sent(app, &e))
    }

    fn slug_not_sent(&self, app: &App, error: &Error) -> Failure {
        match error.kind {
            Kind::Rejected { .. } | Kind::NotFound if error.phase == Phase::Upload => Failure::new(
                Exit::Unavailable,
                format!("the upload of the slug was rejected: {error}"),
            )
            .state("nothing was released")
            .next("safe to run again: the next run asks for a new upload address"),
            Kind::Rejected { .. } => Failure::new(
                Exit::Refused,
                format!("the platform refused a slug for {}: {error}", app.name),
            )
            .state("nothing was released")
            .next("fix what the platform's message names, then run the same command again"),
            _ => self.cannot_read("sending the slug", error),
        }
    }
}

/// The slug that `deploy.yaml` names, from what this machine knows: a file is checked.
pub async fn look_through(
    config: &Config,
    options: source::Options,
    given: &Given,
) -> Result<SlugInput, Failure> {
    let (path, process_types) = match given {
        Given::Id(id) => {
            return Ok(SlugInput::There {
                id: id.clone(),
                version: id.clone(),
            });
        }
        Given::File {
            path,
            process_types,
        } => (path.clone(), process_types.clone()),
    };
    let most = options.max_size;
    let look = move |cancelled: &(dyn Fn() -> bool + Sync)| source::slug(&path, most, cancelled);
    let slug = blocking("looking through the slug", look).await?;
    let slug = slug.map_err(|e| no_slug(&e))?;
    let look = move |cancelled: &(dyn Fn() -> bool + Sync)| source::commit(&options, cancelled);
    let commit = blocking("asking git", look).await?;
    let commit = commit.map_err(|e| cannot_pack(&e))?;
    let name = config.source.version.as_deref().or(commit.as_deref());
    let digest = digest(&slug.sha256, &process_types);
    Ok(SlugInput::File {
        version: elsewhere::version(name.unwrap_or("sha256"), Some(&digest)),
        commit,
        slug,
        process_types,
    })
}

/// The run's failure for a file that can't be released.
fn no_slug(error: &SlugError) -> Failure {
    let failure =
        Failure::new(Exit::Workspace, error.to_string()).state("nothing was sent to the platform");
    match error {
        SlugError::TooLarge { .. } => {
            failure.next("raise `source.max_size` if the platform takes a slug that large")
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_of_the_file_and_of_what_runs_in_it() {
        let types = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let owned = |(name, run): &(&str, &str)| ((*name).to_owned(), (*run).to_owned());
            pairs.iter().map(owned).collect()
        };
        let web = types(&[("web", "node .")]);
        let same = digest("ab", &web);
        assert_eq!(same.len(), 64);
        assert_eq!(same, digest("ab", &web));
        for other in [
            digest("ac", &web),
            digest("ab", &types(&[("web", "node x")])),
            digest("ab", &types(&[("web", "node ."), ("release", "true")])),
            digest("abweb", &types(&[("", "node .")])),
        ] {
            assert_ne!(same, other);
        }
    }
}
