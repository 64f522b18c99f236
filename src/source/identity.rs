//! What an archive is called: a version that no other content has.
//!
//! | given version | commit | the archive is exactly the commit | version |
//! |---|---|---|---|
//! | none, or the full commit | known | yes | the commit |
//! | none, or the full commit | known | no, or nobody can tell | the commit, `-`, digest |
//! | something else | | | what is given, `-`, digest |
//! | none | unknown | | `sha256-`, digest |
//!
//! "Digest" is the first 12 hex digits of the SHA-256 of the uncompressed archive, so that the level of compression does
//! not change a version. An archive is exactly its commit if it is of the whole checkout, git finds nothing changed in it,
//! all that is packed is tracked, no pattern of `include` or `exclude` is at work, and nothing else makes a work tree differ
//! from its commit without git saying so: sparse or assumed-unchanged files, LFS pointers, a CI system that means another
//! commit.

use super::git;
use super::options::Options;
use super::repository::object_id;
use super::workspace::Workspace;

/// What an archive is called, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The version; unique to the content.
    pub version: String,
    /// The commit that the workspace is from, if it is known.
    pub commit: Option<String>,
    /// Whether the workspace differs from its commit in what is packed of it. `None` if nobody can tell.
    pub dirty: Option<bool>,
}

/// How many hex digits of the digest a version has.
const DIGITS: usize = 12;

/// What git says about the workspace.
#[derive(Clone, Debug, Default)]
pub(super) struct GitState {
    head: Option<String>,
    /// Whether a tracked file differs from the commit or, once the walk is over, an untracked one is packed.
    dirty: Option<bool>,
    /// Whether the workspace is all of the checkout.
    whole: bool,
}

impl GitState {
    /// Asks git's files and, for what they do not say, git. This may take as long as reading all files.
    pub(super) fn look(workspace: &Workspace, cancelled: &dyn Fn() -> bool) -> Self {
        let Some(repository) = &workspace.repository else {
            return Self::default();
        };
        let root = &repository.root;
        let head = repository.head().or_else(|| git::head(root, cancelled));
        let dirty = head
            .as_ref()
            .and_then(|_| git::is_changed(&workspace.root, cancelled));
        Self {
            head,
            dirty,
            whole: *root == workspace.root,
        }
    }

    /// Adds what the walk saw: whether something is packed that git does not track.
    pub(super) fn add_untracked(&mut self, is_packed: bool) {
        self.dirty = self.dirty.map(|dirty| dirty || is_packed);
    }
}

/// Names an archive. `plain_sha256` is the digest of its content; `as_committed` is false if something else than what git
/// compares may have changed the content.
pub(super) fn name(
    options: &Options,
    git_state: &GitState,
    plain_sha256: &str,
    as_committed: bool,
) -> Identity {
    let commit = options
        .commit
        .as_deref()
        .filter(|commit| !commit.is_empty());
    let commit = commit.map(str::to_owned).or_else(|| git_state.head.clone());
    let exact = as_committed
        && git_state.whole
        && git_state.dirty == Some(false)
        && options.include.is_empty()
        && options.exclude.is_empty()
        && commit.is_some()
        && commit.as_deref().and_then(object_id) == git_state.head;
    let given = options
        .version
        .as_deref()
        .filter(|version| !version.is_empty());
    let digest = plain_sha256.get(..DIGITS).unwrap_or(plain_sha256);
    let version = match given.or(commit.as_deref()) {
        None => format!("sha256-{digest}"),
        Some(name) if exact && object_id(name) == git_state.head => name.to_owned(),
        Some(name) => format!("{name}-{digest}"),
    };
    Identity {
        version,
        commit,
        dirty: git_state.dirty,
    }
}

#[cfg(test)]
mod tests {
    use super::{GitState, name};
    use crate::source::options::Options;

    const HEAD: &str = "0123456789abcdef0123456789abcdef01234567";
    const OTHER: &str = "1123456789abcdef0123456789abcdef01234567";
    const DIGEST: &str = "ffeeddccbbaa99887766";

    fn version(change: impl Fn(&mut Options, &mut GitState, &mut bool)) -> String {
        let mut options = Options::default();
        let mut git_state = GitState {
            head: Some(HEAD.into()),
            dirty: Some(false),
            whole: true,
        };
        let mut as_committed = true;
        change(&mut options, &mut git_state, &mut as_committed);
        name(&options, &git_state, DIGEST, as_committed).version
    }

    #[test]
    fn only_the_commit_itself_is_called_by_its_name_alone() {
        let suffixed = format!("{HEAD}-ffeeddccbbaa");
        assert_eq!(version(|_, _, _| {}), HEAD);
        assert_eq!(
            version(|options, _, _| options.version = Some(HEAD.into())),
            HEAD
        );
        assert_eq!(
            version(|options, _, _| options.commit = Some(HEAD.into())),
            HEAD
        );
        assert_eq!(
            version(|_, git_state, _| git_state.dirty = Some(true)),
            suffixed
        );
        assert_eq!(version(|_, git_state, _| git_state.dirty = None), suffixed);
        assert_eq!(version(|_, git_state, _| git_state.whole = false), suffixed);
        assert_eq!(
            version(|_, _, as_committed| *as_committed = false),
            suffixed
        );
        assert_eq!(
            version(|options, _, _| options.include = vec!["dist/".into()]),
            suffixed
        );
        assert_eq!(
            version(|options, _, _| options.exclude = vec!["docs/".into()]),
            suffixed
        );
    }

    #[test]
    fn another_name_has_the_digest_behind_it() {
        let given = version(|options, _, _| options.version = Some("v1.2".into()));
        assert_eq!(given, "v1.2-ffeeddccbbaa");
        let other = version(|options, _, _| options.commit = Some(OTHER.into()));
        assert_eq!(other, format!("{OTHER}-ffeeddccbbaa"));
        let short = version(|options, _, _| options.version = Some(HEAD[..8].into()));
        assert_eq!(short, "01234567-ffeeddccbbaa");
        assert_eq!(
            version(|_, git_state, _| *git_state = GitState::default()),
            "sha256-ffeeddccbbaa"
        );
        let nameless = version(|options, git_state, _| {
            options.version = Some(String::new());
            options.commit = Some(String::new());
            *git_state = GitState::default();
        });
        assert_eq!(nameless, "sha256-ffeeddccbbaa");
    }
}
