//! The entries of a walk, one behind the other, as a tar stream.

use super::error::Error;
use super::findings::Findings;
use super::gzip::Blocks;
use super::names::shown;
use super::options::Options;
use super::tarball;
use super::walk::{Kind, Visit, Walked};
use super::workspace::Workspace;

/// What went into an archive.
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) warnings: Vec<String>,
    /// Whether nothing was seen that differs from a commit without git saying so.
    pub(super) as_committed: bool,
    /// Whether something is in it that git does not track.
    pub(super) has_untracked: bool,
}

/// Puts entries into the tar stream. Once there is a problem, it only looks for more of the kind, to name them all.
#[derive(Default)]
pub(super) struct Packer {
    files: u64,
    bytes: u64,
    has_untracked: bool,
    findings: Findings,
}

impl Packer {
    pub(super) fn append(
        &mut self,
        blocks: &mut Blocks<'_>,
        options: &Options,
        visit: &Visit<'_>,
    ) -> Result<(), Error> {
        self.findings.lint(visit);
        self.files += 1;
        self.has_untracked |= visit.tracked.is_none();
        match visit.kind {
            Kind::File => self.append_file(blocks, options, visit),
            Kind::Link => {
                let target = self.findings.link(visit)?;
                if let Some(target) = target
                    && !self.findings.are_fatal(options)
                {
                    blocks.write(&tarball::link_header(&visit.path, &target))?;
                }
                Ok(())
            }
            Kind::Directory => Ok(()),
        }
    }

    fn append_file(
        &mut self,
        blocks: &mut Blocks<'_>,
        options: &Options,
        visit: &Visit<'_>,
    ) -> Result<(), Error> {
        let (mut file, metadata) = match tarball::open(visit.file) {
            Ok(opened) => opened,
            Err(error) => return self.findings.failed(visit, &error),
        };
        if !metadata.is_file() {
            return Err(Error::Changed {
                path: shown(&visit.path),
                how: "became something else",
            });
        }
        self.bytes += metadata.len();
        if self.findings.are_fatal(options) {
            return Ok(());
        }
        let mode = tarball::mode(&metadata, visit.tracked);
        blocks.write(&tarball::file_header(&visit.path, metadata.len(), mode))?;
        let size = metadata.len();
        tarball::append(blocks, &visit.path, &mut file, &metadata, |beginning| {
            self.findings.lfs_content(visit, size, beginning);
        })
    }

    pub(super) fn finish(
        mut self,
        blocks: &mut Blocks<'_>,
        workspace: &Workspace,
        options: &Options,
        mut walked: Walked,
    ) -> Result<Contents, Error> {
        self.findings.unreadable.append(&mut walked.unreadable);
        self.findings.judge(options)?;
        if self.files == 0 {
            return Err(Error::Empty(options.dir.clone()));
        }
        blocks.write(&tarball::end())?;
        let as_committed = !walked.has_blind_spots && !self.findings.has_lfs_pointers();
        Ok(Contents {
            files: self.files,
            bytes: self.bytes,
            warnings: self
                .findings
                .warnings(workspace, options, walked.warnings)?,
            as_committed,
            has_untracked: self.has_untracked,
        })
    }
}
