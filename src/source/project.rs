//! What a workspace says about where it is deployed to: the remotes of its repository, `app.json`, `Procfile`, `Dockerfile`,
//! `heroku.yml`. All of it is anybody's text, of any size. Nothing outside of the workspace is read, but a repository that
//! the workspace is in.

mod below;
mod files;
mod remotes;

use std::{
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
};

pub use remotes::{Remote, app_of};

use super::{beneath::Root, names::shown, repository::Repository};

/// The largest file that is read.
const LARGEST: u64 = 1024 * 1024;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Project {
    /// The remotes of the repository, in its order.
    pub remotes: Vec<Remote>,
    /// The commit that is checked out.
    pub commit: Option<String>,
    /// The buildpacks that `app.json` names, in order.
    pub buildpacks: Vec<String>,
    /// The stack that `app.json` names.
    pub stack: Option<String>,
    /// What `Procfile` runs: process type and command, in its order.
    pub processes: Vec<(String, String)>,
    /// The names of the files that were found and read.
    pub files: Vec<&'static str>,
    /// The directories that hold an application, where this one holds none.
    pub below: Vec<String>,
    /// What could not be read or made sense of.
    pub notes: Vec<String>,
}

impl Project {
    /// Whether a file was found.
    pub fn has(&self, file: &str) -> bool {
        self.files.contains(&file)
    }

    /// The command of a process type.
    pub fn process(&self, kind: &str) -> Option<&str> {
        let mut all = self.processes.iter();
        let found = all.find(|(name, _)| name == kind)?;
        Some(&found.1)
    }
}

/// Reads what a directory says.
pub fn project(directory: &Path) -> Project {
    let mut project = Project::default();
    let root = match fs::canonicalize(directory) {
        Ok(root) => root,
        Err(error) => {
            let path = shown(directory.as_os_str().as_encoded_bytes());
            project.notes.push(format!("{path} can't be read: {error}"));
            return project;
        }
    };
    match Repository::around(&root) {
        Ok(Some(repository)) => {
            project.commit = repository.head();
            match limited(open(&repository.configuration())) {
                Ok(text) => project.remotes = remotes::read(&text),
                Err(error) => {
                    let note = format!("the remotes of the repository can't be read: {error}");
                    project.notes.push(note);
                }
            }
        }
        Ok(None) => {}
        Err(lost) => {
            let path = shown(lost.path.as_os_str().as_encoded_bytes());
            project.notes.push(format!("{path}: {}", lost.why));
        }
    }
    for name in ["app.json", "Procfile", "Dockerfile", "heroku.yml"] {
        match text(&root, name) {
            Ok(None) => {}
            Ok(Some(text)) => match files::read(name, &text, &mut project) {
                Ok(()) => project.files.push(name),
                Err(why) => project.notes.push(format!("{name} is left aside: {why}")),
            },
            Err(error) => project.notes.push(format!("{name} is left aside: {error}")),
        }
    }
    if project.files.is_empty() {
        project.below = below::applications(&root);
    }
    project
}

/// A file of the workspace; `None` if there is none. No link is followed.
fn text(root: &Path, name: &str) -> io::Result<Option<String>> {
    let path = PathBuf::from(name);
    match fs::symlink_metadata(root.join(&path)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
        Ok(entry) if entry.is_symlink() => return Err(io::Error::other("it is a link")),
        Ok(_) => {}
    }
    let (file, _) = Root::open(root)?.file(&path)?;
    limited(Ok(file)).map(Some)
}

/// Opens a file, if it is one: the other end of a pipe is not waited for.
fn open(path: &Path) -> io::Result<fs::File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    fs::File::open(path)
}

/// The text of a regular file that is not too large. What is not UTF-8 is replaced.
fn limited(file: io::Result<fs::File>) -> io::Result<String> {
    let file = file?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 1 MiB"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_workspace_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(project(dir.path()), Project::default());
        write(".git/HEAD", "0123456789abcdef0123456789abcdef01234567\n");
        fs::create_dir_all(dir.path().join(".git/objects")).unwrap();
        fs::create_dir_all(dir.path().join(".git/refs")).unwrap();
        write(
            ".git/config",
            "[remote \"heroku\"]\n\turl = https://git.heroku.com/acme.git\n",
        );
        write("app.json", r#"{"buildpacks": [{"url": "heroku/nodejs"}]}"#);
        write("Procfile", "web: node .\nrelease: migrate\n");
        write("Dockerfile", "FROM scratch\n");
        let found = project(dir.path());
        assert_eq!(found.remotes.len(), 1);
        assert!(
            found
                .commit
                .is_some_and(|commit| commit.starts_with("0123"))
        );
        assert_eq!(found.buildpacks, ["heroku/nodejs"]);
        assert_eq!(found.files, ["app.json", "Procfile", "Dockerfile"]);
        assert!(found.notes.is_empty(), "{:?}", found.notes);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed_and_nothing_is_waited_for() {
        use rustix::fs::{CWD, FileType, Mode, mknodat};
        let outside = tempfile::tempdir().unwrap();
        let secret = outside.path().join("app.json");
        fs::write(&secret, r#"{"buildpacks": [{"url": "outside"}]}"#).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(&secret, dir.path().join("app.json")).unwrap();
        let pipe = dir.path().join("Procfile");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::from(0o600), 0).unwrap();
        fs::create_dir(dir.path().join("Dockerfile")).unwrap();
        fs::write(dir.path().join("heroku.yml"), vec![b'#'; 2 << 20]).unwrap();
        let found = project(dir.path());
        assert!(found.buildpacks.is_empty() && found.files.is_empty());
        assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
    }
}
