//! From the workspace to the archive.

use std::fs::File;
use std::io::{self, Seek, Write};
use std::thread;

use super::checkout::Checkout;
use super::error::Error;
use super::gzip::{self, GzipMember};
use super::identity::{self, GitState, Identity};
use super::options::Options;
use super::packer::{Contents, Packer};
use super::select::Selector;
use super::survey;
use super::walk::walk;
use super::workspace::Workspace;

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
        doing: format!(
            "make a temporary file in {} (TMPDIR says where)",
            std::env::temp_dir().display()
        ),
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
    let selector = workspace.selector(options)?;
    let outer = selector.outer().unwrap_or_default();
    let packed = thread::scope(|scope| {
        let asked = scope.spawn(|| GitState::look(&workspace, &outer.index, cancelled));
        let packed = pack_into(&workspace, selector, &outer, options, out, cancelled);
        let git_state = asked.join().map_err(|_| Error::Died)?;
        packed.map(|packed| (packed, git_state))
    });
    let ((mut contents, written), mut git_state) = match packed {
        Err(Error::TooBig { limit, .. }) => {
            let largest = survey::survey(options)?.largest_directories;
            return Err(Error::TooBig { limit, largest });
        }
        other => other?,
    };
    git_state.add_packed(contents.compared, &contents.submodules, cancelled);
    if cancelled() {
        // Git may have been cut short: its output so far is no answer.
        return Err(Error::Cancelled);
    }
    let identity = identity::name(options, &git_state, &written.plain_sha256);
    contents
        .warnings
        .extend(git_state.warnings(options, &identity));
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

fn pack_into(
    workspace: &Workspace,
    selector: Selector,
    outer: &Checkout,
    options: &Options,
    out: &mut (impl Write + Send),
    cancelled: &dyn Fn() -> bool,
) -> Result<(Contents, GzipMember), Error> {
    let workers = gzip::workers();
    gzip::compress(
        options.compression,
        workers,
        options.max_size,
        out,
        |blocks| {
            let mut packer = Packer::default();
            let walked = walk(&workspace.root, selector, false, cancelled, |visit| {
                packer.append(blocks, options, &visit)
            })?;
            packer.finish(blocks, workspace, options, outer, walked)
        },
    )
}
