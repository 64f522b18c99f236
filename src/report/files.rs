//! How reports get to their files: whole or not at all, so that a later job never reads half of one.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write},
    path::{Component, Path, PathBuf},
};

/// Writes text to `path`; `-` is standard output. An existing file is replaced in one step; anything else
/// (`/dev/stdout`, a named pipe) is written to directly.
pub fn write(path: &Path, text: &str) -> io::Result<()> {
    if path == Path::new("-") {
        return put(&mut io::stdout(), text);
    }
    refuse_links(path)?;
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(there) if !there.is_file() => put(&mut OpenOptions::new().write(true).open(path)?, text),
        // Through a link: the file behind it is replaced, not the link.
        Ok(_) => replace(&path.canonicalize()?, text),
        Err(_) => replace(path, text),
    }
}

/// Refuses a path through a link inside the workspace: otherwise the link's author would choose the file that is
/// overwritten.
pub fn refuse_links(path: &Path) -> io::Result<()> {
    let here = std::env::current_dir()?;
    let mut above = here.ancestors();
    let checkout = above.find(|directory| directory.join(".git").symlink_metadata().is_ok());
    refuse_links_below(checkout.unwrap_or(&here), &std::path::absolute(path)?)
}

fn refuse_links_below(bound: &Path, path: &Path) -> io::Result<()> {
    let mut at = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            at.pop();
            continue;
        }
        at.push(part);
        let inside = at != bound && at.starts_with(bound);
        if inside && at.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            let what = format!("{} is a link in the workspace", at.display());
            return Err(io::Error::other(what));
        }
    }
    Ok(())
}

/// Adds text to the end of a file that others write to, too.
pub fn append(path: &Path, text: &str) -> io::Result<()> {
    put(&mut open(path)?, text)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Our part at the end of a file that others have written to before. It can be written again.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    from: u64,
}

impl Tail {
    /// A part that starts at the current end of the file.
    pub fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            from: fs::metadata(path).map_or(0, |there| there.len()),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces what was written before.
    pub fn write(&self, text: &str) -> io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&self.path)?;
        file.set_len(self.from)?;
        file.seek(SeekFrom::Start(self.from))?;
        put(&mut file, text)
    }
}

fn put(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(text.as_bytes())?;
    to.flush()
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".launchway-report-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // A report is for others to read; the umask still applies.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory)?;
    put(&mut file, text)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("report");
        fs::write(&path, "a longer text than the new one").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(names(directory.path()), ["report"]);
    }

    #[test]
    fn a_place_that_can_t_be_written_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        assert!(write(&directory.path().join("missing/report"), "x").is_err());
        assert!(write(directory.path(), "x").is_err());
        assert!(names(directory.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_stay_links_and_devices_are_written_to() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("file"), directory.path().join("link"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(&link, "{}").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
        write(Path::new("/dev/null"), "x").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_written_through_a_link_in_the_workspace() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let (bound, outside) = (root.join("workspace"), root.join("outside"));
        fs::create_dir_all(bound.join("out")).unwrap();
        fs::create_dir(&outside).unwrap();
        std::os::unix::fs::symlink(&outside, bound.join("linked")).unwrap();
        std::os::unix::fs::symlink(outside.join("file"), bound.join("out/report")).unwrap();
        for (path, ok) in [
            ("workspace/out/other", true),
            ("workspace/new/other", true),
            ("outside/file", true),
            ("workspace/out/report", false),
            ("workspace/linked/file", false),
            ("workspace/out/../linked/file", false),
        ] {
            let refused = refuse_links_below(&bound, &root.join(path));
            assert_eq!(refused.is_ok(), ok, "{path}");
        }
    }

    #[test]
    fn the_tail_of_a_file_is_written_again_and_the_rest_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("summary");
        fs::write(&path, "theirs\n").unwrap();
        let tail = Tail::of(&path);
        tail.write("a first and longer text\n").unwrap();
        tail.write("ours\n").unwrap();
        append(&path, "x\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "theirs\nours\nx\n");
    }
}
