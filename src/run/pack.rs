//! Packing the workspace as a step of the run.

use std::path::PathBuf;

use super::{Run, blocking::blocking, elsewhere::ExternalSource};
use crate::{
    ci,
    config::Config,
    exit::Exit,
    failure::Failure,
    journal::event::Event,
    source::{self, Archive},
};

impl Run<'_> {
    /// Packs the workspace. If a hosted archive is built instead, its version and digest are reported.
    pub async fn pack(&self) -> Result<(Archive, Option<ExternalSource>), Failure> {
        let began = std::time::Instant::now();
        let options = pack_options(self.config, self.ci, self.own_files);
        let pack = move |cancelled: &(dyn Fn() -> bool + Sync)| source::pack(&options, cancelled);
        let archive = blocking("packing the workspace", pack)
            .await?
            .map_err(|e| cannot_pack(&e))?;
        let hosted = self.elsewhere(Some(&archive.identity.version)).await?;
        let (version, sha256) = match &hosted {
            Some(hosted) => (&hosted.version, hosted.sha256.clone().unwrap_or_default()),
            None => (&archive.identity.version, archive.sha256.clone()),
        };
        for warning in &archive.warnings {
            self.journal.warn(warning.clone());
        }
        self.journal.emit(Event::Packed {
            files: archive.files,
            bytes: archive.bytes,
            archive_bytes: archive.archive_bytes,
            sha256,
            version: version.clone(),
            commit: archive.identity.commit.clone(),
            tar_sha256: archive.tar_sha256.clone(),
            took: began.elapsed(),
        });
        Ok((archive, hosted))
    }
}

/// What `deploy.yaml` and the CI system say of packing, as the source layer takes it. `own` files are not packed.
pub fn pack_options(config: &Config, ci: &ci::Context, own: &[PathBuf]) -> source::Options {
    let source = &config.source;
    source::Options {
        own: own.to_vec(),
        outputs: source::outputs(),
        exclude: source.exclude.clone(),
        include: source.include.clone(),
        version: source.version.clone(),
        commits: ci.commits.clone(),
        symlinks: source.symlinks,
        secrets: source.secrets,
        max_size: source.max_size.unwrap_or(source::DEFAULT_MAX_SIZE),
        compression: source.compression,
        home: Some(config.home().to_owned()),
        ..source::Options::new(source.dir.clone())
    }
}

/// The run's failure for a workspace that can't be packed.
pub fn cannot_pack(error: &source::Error) -> Failure {
    let exit = if error.is_local_io() {
        Exit::Io
    } else {
        Exit::Workspace
    };
    let failure = Failure::new(exit, error.to_string()).state("nothing was sent to the platform");
    match error.advice() {
        Some(advice) => failure.next(advice),
        None => failure,
    }
}
