//! The entries of a walk, one behind the other, as a tar stream.

use super::checkout::{Checkout, Submodule};
use super::comparison::{Compared, Comparison};
use super::error::Error;
use super::findings::Findings;
use super::gzip::Blocks;
use super::names::shown;
use super::options::Options;
use super::tarball;
use super::walk::{Kind, Visit, WalkResult};
use super::workspace::Workspace;

/// What went into an archive.
pub(super) struct Contents {
    pub(super) files: u64,
    pub(super) bytes: u64,
    pub(super) warnings: Vec<String>,
    /// How it compares with what git tracks.
    pub(super) compared: Compared,
    /// The submodules that are in it.
    pub(super) submodules: Vec<Submodule>,
}

/// Puts entries into the tar stream. Once there is a problem, it only looks for more of the kind, to name them all.
#[derive(Default)]
pub(super) struct Packer {
    files: u64,
    bytes: u64,
    comparison: Comparison,
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
        match visit.kind {
            Kind::File => self.append_file(blocks, options, visit),
            Kind::Link => {
                let target = self.findings.link(visit)?;
                if let Some(target) = target
                    && !self.findings.are_fatal(options)
                {
                    blocks.write(&tarball::link_header(&visit.path, &target))?;
                    self.comparison.link(visit.tracked, &target);
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
        let (mut file, metadata) = match visit.open() {
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
        let (size, mode) = (metadata.len(), tarball::mode(&metadata, visit.tracked));
        blocks.write(&tarball::file_header(&visit.path, size, mode))?;
        let mut object = self.comparison.object(visit.tracked, size, mode);
        let mut is_beginning = true;
        tarball::append(blocks, &visit.path, &mut file, &metadata, |bytes| {
            if std::mem::take(&mut is_beginning) {
                self.findings.beginning(visit, size, bytes);
            }
            if let Some(object) = &mut object {
                object.update(bytes);
            }
        })?;
        self.comparison.file(object);
        Ok(())
    }

    pub(super) fn finish(
        mut self,
        blocks: &mut Blocks<'_>,
        workspace: &Workspace,
        options: &Options,
        outer: &Checkout,
        mut walked: WalkResult,
    ) -> Result<Contents, Error> {
        self.findings.unreadable.append(&mut walked.unreadable);
        self.findings.judge(options)?;
        if let Some(ignored) = walked.ignored.filter(|_| workspace.is_named) {
            return Err(Error::Ignored {
                dir: options.dir.clone(),
                ignored,
            });
        }
        if self.files == 0 {
            return Err(Error::Empty(options.dir.clone()));
        }
        blocks.write(&tarball::end())?;
        Ok(Contents {
            files: self.files,
            bytes: self.bytes,
            warnings: self
                .findings
                .warnings(workspace, options, walked.warnings)?,
            compared: self.comparison.finish(outer, &walked.inner),
            submodules: walked.inner.submodules,
        })
    }
}
