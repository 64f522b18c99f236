//! From the workspace to the archive.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;

use super::error::{Error, Escape, Sized, Unreadable, tidy};
use super::gzip::{self, Blocks, Written};
use super::identity::{self, Checkout, Identity};
use super::lint::{self, Suspicion};
use super::names::shown;
use super::options::{Options, Secrets, Symlinks};
use super::repository::Repository;
use super::select::Selector;
use super::walk::{Kind, Visit, walk};
use super::{link, survey, tarball, walk as walking};

/// How many LFS pointers, dangling links and the like a warning names.
const NAMED: usize = 10;

/// A packed workspace, in a temporary file that has no name and is gone when this is.
#[derive(Debug)]
pub struct Archive {
    file: File,
    /// What is in it.
    pub facts: Facts,
}

/// What there is to say about an archive.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Files and links in it.
    pub files: u64,
    /// Bytes of the files in it.
    pub bytes: u64,
    /// Bytes of the archive, compressed.
    pub archive_bytes: u64,
    /// SHA-256 of the compressed archive, lower-case hex.
    pub sha256: String,
    /// SHA-256 of the archive before compression, lower-case hex.
    pub tar_sha256: String,
    /// What it is called.
    pub identity: Identity,
    /// What a person should know about it.
    pub warnings: Vec<String>,
}

impl std::ops::Deref for Archive {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl Archive {
    /// The archive from its beginning. All readers share one position, so only one may be read at a time.
    pub fn reader(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        Ok(file)
    }
}

/// Packs the workspace into a temporary file. Blocks until it is done; `cancelled` is asked often.
pub fn pack(options: &Options, cancelled: &(dyn Fn() -> bool + Sync)) -> Result<Archive, Error> {
    let mut file = tempfile::tempfile().map_err(|source| Error::Disk {
        doing: "make a temporary file",
        source,
    })?;
    let facts = write(options, &mut file, cancelled)?;
    Ok(Archive { file, facts })
}

/// Packs the workspace into a writer.
pub fn write(
    options: &Options,
    out: &mut (impl Write + Send),
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Result<Facts, Error> {
    let workspace = Workspace::open(options)?;
    let packed = thread::scope(|scope| {
        let asked = scope.spawn(|| workspace.checkout(cancelled));
        let packed = workspace.pack(options, out, cancelled);
        let checkout = asked.join().map_err(|_| Error::Died)?;
        packed.map(|packed| (packed, checkout))
    });
    let ((contents, written), checkout) = match packed {
        Err(Error::TooBig { limit, .. }) => {
            let largest = survey::survey(options)?.largest_directories;
            return Err(Error::TooBig { limit, largest });
        }
        other => other?,
    };
    let identity = identity::name(
        options,
        &checkout,
        &written.plain_sha256,
        contents.as_committed,
    );
    Ok(Facts {
        files: contents.files,
        bytes: contents.bytes,
        archive_bytes: written.bytes,
        sha256: written.sha256,
        tar_sha256: written.plain_sha256,
        identity,
        warnings: contents.warnings,
    })
}

/// The directory to pack, found on the disk.
pub(super) struct Workspace {
    /// Absolute and without links.
    pub(super) root: PathBuf,
    pub(super) repository: Option<Repository>,
}

impl Workspace {
    pub(super) fn open(options: &Options) -> Result<Self, Error> {
        let path = || options.dir.clone();
        let root = std::fs::canonicalize(&options.dir).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => Error::Missing(path()),
            io::ErrorKind::NotADirectory => Error::NotADirectory(path()),
            _ => Error::Workspace {
                path: path(),
                source,
            },
        })?;
        if !root.is_dir() {
            return Err(Error::NotADirectory(path()));
        }
        std::fs::read_dir(&root).map_err(|source| Error::Workspace {
            path: path(),
            source,
        })?;
        let repository = Repository::around(&root);
        Ok(Self { root, repository })
    }

    pub(super) fn selector(&self, options: &Options) -> Result<Selector, Error> {
        Selector::new(&self.root, self.repository.as_ref(), options)
    }

    fn checkout(&self, cancelled: &dyn Fn() -> bool) -> Checkout {
        Checkout::look(self.repository.as_ref(), &self.root, cancelled)
    }

    fn pack(
        &self,
        options: &Options,
        out: &mut (impl Write + Send),
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(Contents, Written), Error> {
        let selector = self.selector(options)?;
        gzip::compress(
            options.compression,
            gzip::workers(),
            options.max_size,
            out,
            |blocks| {
                let mut packer = Packer::default();
                let walked = walk(&self.root, selector, false, cancelled, |visit| {
                    packer.append(blocks, options, &visit)
                })?;
                packer.finish(blocks, options, walked)
            },
        )
    }
}

/// What went into an archive.
struct Contents {
    files: u64,
    bytes: u64,
    warnings: Vec<String>,
    as_committed: bool,
}

/// Puts entries into the tar stream. Once there is a problem, it only looks for more of the kind, to name them all.
#[derive(Default)]
struct Packer {
    files: u64,
    bytes: u64,
    findings: Findings,
}

/// What is found on the way and told at the end.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) unreadable: Vec<Unreadable>,
    pub(super) escapes: Vec<Escape>,
    pub(super) suspicious: Vec<Suspicion>,
    dangling: Vec<String>,
    lfs_pointers: Vec<String>,
}

impl Packer {
    fn append(
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
        let mut pointer = false;
        tarball::append(blocks, &visit.path, &mut file, &metadata, |beginning| {
            pointer = is_lfs_pointer(metadata.len(), beginning);
        })?;
        if pointer {
            self.findings.lfs_pointers.push(shown(&visit.path));
        }
        Ok(())
    }

    fn finish(
        mut self,
        blocks: &mut Blocks<'_>,
        options: &Options,
        mut walked: walking::Walked,
    ) -> Result<Contents, Error> {
        self.findings.unreadable.append(&mut walked.unreadable);
        self.findings.judge(options)?;
        if self.files == 0 {
            return Err(Error::Empty(options.dir.clone()));
        }
        blocks.write(&tarball::end())?;
        let as_committed = !walked.has_blind_spots && self.findings.lfs_pointers.is_empty();
        Ok(Contents {
            files: self.files,
            bytes: self.bytes,
            warnings: self.findings.warnings(walked.warnings),
            as_committed,
        })
    }
}

impl Findings {
    /// Looks at the name, and where that is not enough at the beginning, of a file that git does not track.
    pub(super) fn lint(&mut self, visit: &Visit<'_>) {
        if visit.tracked.is_none()
            && visit.kind == Kind::File
            && let Some(what) = lint::suspect(&visit.path, visit.file)
        {
            self.suspicious.push(Suspicion {
                path: shown(&visit.path),
                what,
            });
        }
    }

    /// Reads a link. `None` if that failed.
    pub(super) fn link(&mut self, visit: &Visit<'_>) -> Result<Option<Vec<u8>>, Error> {
        let target = match walking::target(visit.file) {
            Ok(target) => target,
            Err(error) => return self.failed(visit, &error).map(|()| None),
        };
        if link::leaves(&visit.path, &target) {
            self.escapes.push(Escape {
                path: shown(&visit.path),
                target: shown(&target),
            });
        } else if is_dangling(visit.file) {
            self.dangling
                .push(format!("{} -> {}", shown(&visit.path), shown(&target)));
        }
        Ok(Some(target))
    }

    /// An entry can't be read: one that is gone ends it all, others are listed.
    pub(super) fn failed(&mut self, visit: &Visit<'_>, error: &io::Error) -> Result<(), Error> {
        let path = shown(&visit.path);
        if error.kind() == io::ErrorKind::NotFound {
            return Err(Error::Changed {
                path,
                how: "vanished",
            });
        }
        let error = error.to_string();
        self.unreadable.push(Unreadable { path, error });
        Ok(())
    }

    /// Whether there can't be an archive any more.
    fn are_fatal(&self, options: &Options) -> bool {
        !self.unreadable.is_empty()
            || (options.symlinks == Symlinks::Refuse && !self.escapes.is_empty())
            || (options.secrets == Secrets::Deny && !self.suspicious.is_empty())
    }

    fn judge(&mut self, options: &Options) -> Result<(), Error> {
        if !self.unreadable.is_empty() {
            return Err(Error::Unreadable(tidy(std::mem::take(
                &mut self.unreadable,
            ))));
        }
        if options.symlinks == Symlinks::Refuse && !self.escapes.is_empty() {
            return Err(Error::Escapes(std::mem::take(&mut self.escapes)));
        }
        if options.secrets == Secrets::Deny && !self.suspicious.is_empty() {
            return Err(Error::Secrets(std::mem::take(&mut self.suspicious)));
        }
        Ok(())
    }

    /// Everything as warnings.
    pub(super) fn warnings(&self, mut warnings: Vec<String>) -> Vec<String> {
        for suspicion in &self.suspicious {
            warnings.push(format!(
                "{} looks like a secret ({}) and git does not track it: it is packed",
                suspicion.path, suspicion.what
            ));
        }
        for escape in &self.escapes {
            warnings.push(format!("symbolic link {escape} leads out of the workspace"));
        }
        some(
            &mut warnings,
            "symbolic links that lead nowhere",
            &self.dangling,
        );
        some(
            &mut warnings,
            "git LFS pointers in place of the files themselves (`git lfs pull`)",
            &self.lfs_pointers,
        );
        warnings
    }
}

/// One warning for many entries of a kind.
fn some(warnings: &mut Vec<String>, what: &str, entries: &[String]) {
    if !entries.is_empty() {
        let more = entries.len().saturating_sub(NAMED);
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let named = entries[..entries.len().min(NAMED)].join(", ");
        warnings.push(format!("{} {what}: {named}{more}", entries.len()));
    }
}

fn is_dangling(file: &Path) -> bool {
    matches!(std::fs::metadata(file), Err(error) if error.kind() == io::ErrorKind::NotFound)
}

/// Whether a file is what git LFS leaves in the place of a file that it did not fetch.
fn is_lfs_pointer(size: u64, beginning: &[u8]) -> bool {
    size < 1024 && beginning.starts_with(b"version https://git-lfs.github.com/spec/v1\n")
}

/// The largest of them, largest first.
pub(super) fn largest(mut sizes: Vec<Sized>, most: usize) -> Vec<Sized> {
    sizes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    sizes.truncate(most);
    sizes
}
