//! The images that `deploy.yaml` names, before anything is sent: those in files are opened and checked whole, and the registry
//! is asked for the ids of those that were pushed already.

use std::{collections::BTreeMap, path::Path};

use super::{ImagesInput, digest};
use crate::{
    config::Config,
    exit::Exit,
    failure::Failure,
    image::{self, Digest, Image, InRegistry, Reference},
    journal::{Fact, record::SourceRecord},
    platform::Images,
    run::{
        Run,
        blocking::blocking,
        elsewhere,
        pack::{cannot_pack, pack_options},
    },
    source,
};

/// An image that was opened.
#[derive(Debug)]
pub enum Opened {
    /// It is in a file.
    Stored(Image),
    /// It was pushed already, and has this id.
    Pushed(InRegistry, Digest),
}

impl Opened {
    /// Its id.
    pub fn id(&self) -> &Digest {
        match self {
            Self::Stored(image) => image.id(),
            Self::Pushed(_, id) => id,
        }
    }
}

/// What is known of images without a request.
pub struct InspectedImages {
    /// The images in files, by process type.
    pub stored: BTreeMap<String, Image>,
    /// The commit of the workspace that they go with.
    pub commit: Option<String>,
}

impl InspectedImages {
    /// What the record says of them, as far as their ids are known.
    pub fn record(&self, config: &Config) -> SourceRecord {
        let of = |(kind, image): (&String, &Image)| (kind.clone(), image.id().to_string());
        let images = Images(self.stored.iter().map(of).collect());
        let all = images.0.len() == config.build.images.len();
        let sha256 = all.then(|| digest(&images));
        SourceRecord {
            version: version(config, self.commit.as_deref(), sha256.as_deref()),
            commit: self.commit.clone(),
            sha256: sha256.unwrap_or_default(),
            ..SourceRecord::default()
        }
    }
}

/// The version of a set of images.
fn version(config: &Config, commit: Option<&str>, sha256: Option<&str>) -> String {
    let name = config.source.version.as_deref().or(commit);
    elsewhere::version(name.unwrap_or("images"), sha256)
}

/// Opens the images in files, and asks git for the commit. Sends no request.
pub async fn look_through(
    config: &Config,
    options: source::Options,
) -> Result<InspectedImages, Failure> {
    let directory = config.path.parent().unwrap_or(Path::new("")).to_owned();
    let given = config.build.images.clone();
    let look = move |cancelled: &(dyn Fn() -> bool + Sync)| {
        let mut stored = BTreeMap::new();
        for (kind, reference) in given {
            if let Reference::Stored(place) = reference {
                let image = image::open(&place, &directory, cancelled)?;
                stored.insert(kind, image);
            }
        }
        Ok(stored)
    };
    let stored = blocking("looking through the images", look).await?;
    let stored = stored.map_err(|e| no_image(&e))?;
    let look = move |cancelled: &(dyn Fn() -> bool + Sync)| source::commit(&options, cancelled);
    let commit = blocking("asking git", look).await?;
    let commit = commit.map_err(|e| cannot_pack(&e))?;
    Ok(InspectedImages { stored, commit })
}

/// The run's failure for an image that can't be pushed.
pub(super) fn no_image(error: &image::Error) -> Failure {
    let failure =
        Failure::new(Exit::Workspace, error.to_string()).state("nothing was sent to the platform");
    match error.next() {
        Some(next) => failure.next(next),
        None => failure,
    }
}

impl Run<'_> {
    /// The images that `deploy.yaml` names. Nothing is sent.
    pub(in crate::run) async fn images_input(&self) -> Result<ImagesInput, Failure> {
        let options = pack_options(self.config, self.ci, self.own_files);
        let InspectedImages { mut stored, commit } = look_through(self.config, options).await?;
        let mut opened = BTreeMap::new();
        for (kind, reference) in &self.config.build.images {
            let image = match (stored.remove(kind), reference) {
                (Some(image), _) => Opened::Stored(image),
                (None, Reference::InRegistry(at)) => {
                    let id = self.id_in_registry(at).await?;
                    Opened::Pushed(at.clone(), id)
                }
                (None, Reference::Stored(_)) => {
                    let what = format!("the image of `{kind}` was not opened");
                    return Err(Failure::new(Exit::Internal, what));
                }
            };
            opened.insert(kind.clone(), image);
        }
        let ids = opened.iter();
        let ids = ids.map(|(kind, image)| (kind.clone(), image.id().to_string()));
        let images = Images(ids.collect());
        let sha256 = digest(&images);
        let input = ImagesInput {
            version: version(self.config, commit.as_deref(), Some(&sha256)),
            images,
            opened,
            sha256,
            commit,
        };
        self.journal.record(Fact::Source(input.record()));
        Ok(input)
    }

    /// The id of an image that was pushed.
    async fn id_in_registry(&self, at: &InRegistry) -> Result<Digest, Failure> {
        let registry = self.registry()?;
        let name = format!(
            "docker://{}/{}/{}:{}",
            at.host, at.app, at.process_type, at.pick
        );
        let address = registry.address();
        if !address.is_called(&at.host) {
            let own = address.url.as_str().trim_end_matches('/');
            let what =
                format!("{name} is in another registry than the platform's, which is at {own}");
            return Err(Failure::new(Exit::Config, what)
                .state("nothing was changed on the platform")
                .next(
                    "save the image to a file (`skopeo copy docker://… docker-archive:web.tar`) and name that",
                ));
        }
        let budget = self.retry_budget();
        let id = registry.image_id(&at.app, &at.process_type, &at.pick, budget);
        id.await.map_err(|error| {
            self.cannot_find(
                &format!("there is no image {name}"),
                &format!("looking up {name}"),
                &error,
            )
        })
    }
}
