//! Whether an archive is exactly a commit, found out by comparing and not by asking git what was changed: a work tree can
//! differ from its commit in ways that git does not call a change (line ends, filters, modes, links, submodules, files that
//! it was told not to look at).
//!
//! Each entry is compared with what git's index has at its path, while it is packed: form, mode, and the id of the object
//! that its bytes make. Each index is compared with the tree of the commit (`git::is_committed`): the one that is checked
//! out or, for a submodule, the one that the checkout around it has of it. What holds for both holds for the archive.

use gix_index::hash::ObjectId;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::checkout::{Checkout, NestedCheckouts};
use super::index::{Form, Tracked};
use super::tarball::EXECUTABLE;

/// Compares what is packed with what git tracks.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    /// Whether something was packed that git does not track, or has otherwise.
    differs: bool,
    /// How many entries are as git has them.
    same: usize,
}

impl Comparison {
    /// Begins with a file. What is read of it goes into the object, if there is one, and then comes `file`.
    pub(super) fn object(
        &mut self,
        tracked: Option<Tracked>,
        size: u64,
        mode: u32,
    ) -> Option<Object> {
        let git = tracked.filter(|git| match git.form {
            Form::File => mode != EXECUTABLE,
            Form::Executable => mode == EXECUTABLE,
            Form::Link | Form::Submodule => false,
        });
        self.differs |= git.is_none();
        // One difference is enough: nothing more need be found out.
        git.filter(|_| !self.differs)
            .map(|git| Object::blob(git.id, size))
    }

    /// A file was read to its end.
    pub(super) fn file(&mut self, object: Option<Object>) {
        self.count(object.is_some_and(Object::matches));
    }

    /// A link was packed.
    pub(super) fn link(&mut self, tracked: Option<Tracked>, target: &[u8]) {
        let git = tracked.filter(|git| git.form == Form::Link);
        self.count(git.is_some_and(|git| {
            let mut object = Object::blob(git.id, target.len() as u64);
            object.update(target);
            object.matches()
        }));
    }

    fn count(&mut self, is_same: bool) {
        self.differs |= !is_same;
        self.same += usize::from(is_same);
    }

    /// The result, with the checkouts that the entries are of.
    pub(super) fn finish(self, outer: &Checkout, inner: &NestedCheckouts) -> Compared {
        let checkouts = inner.submodules.iter().map(|inner| &*inner.checkout);
        let tracked: usize = std::iter::once(outer)
            .chain(checkouts)
            .map(|checkout| checkout.index.len())
            .sum();
        Compared {
            as_tracked: !self.differs && !inner.has_foreign,
            // A submodule is there if it was gone into, and then all of it has to be.
            all: self.same + inner.submodules.len() == tracked,
        }
    }
}

/// How what was packed compares with what git tracks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compared {
    /// Whether each entry is, byte for byte and mode for mode, what git has at its path.
    pub(super) as_tracked: bool,
    /// Whether nothing is left out of what git has.
    pub(super) all: bool,
}

/// An object of git in the making, to compare its id with an expected one.
pub(super) struct Object {
    expected: ObjectId,
    hasher: Hasher,
}

enum Hasher {
    Sha1(Sha1),
    Sha256(Sha256),
}

impl Object {
    fn blob(expected: ObjectId, size: u64) -> Self {
        let hasher = match expected.as_slice().len() {
            20 => Hasher::Sha1(Sha1::new()),
            _ => Hasher::Sha256(Sha256::new()),
        };
        let mut object = Self { expected, hasher };
        object.update(format!("blob {size}\0").as_bytes());
        object
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        match &mut self.hasher {
            Hasher::Sha1(hasher) => hasher.update(bytes),
            Hasher::Sha256(hasher) => hasher.update(bytes),
        }
    }

    fn matches(self) -> bool {
        let expected = self.expected.as_slice();
        match self.hasher {
            Hasher::Sha1(hasher) => hasher.finalize().as_slice() == expected,
            Hasher::Sha256(hasher) => hasher.finalize().as_slice() == expected,
        }
    }
}

#[cfg(test)]
mod tests {
    use gix_index::hash::ObjectId;

    use super::{Comparison, Form, Tracked};

    /// The id of a blob `x` and a newline.
    const ID: &str = "587be6b4c3f93f93c489c0111bba5596147a26cb";
    const SHA256: &str = "14f5162e2fe3d240d0d37aaab0f90e4af9a7cfa79639f3bab005b5bfb4174d9f";

    #[expect(clippy::unnecessary_wraps, reason = "makes the cases short")]
    fn git(form: Form) -> Option<Tracked> {
        Some(Tracked {
            form,
            id: ObjectId::from_hex(ID.as_bytes()).unwrap(),
            has_modes: true,
            has_links: true,
        })
    }

    fn differs(tracked: Option<Tracked>, mode: u32, content: &str) -> bool {
        let mut comparison = Comparison::default();
        let size = content.len() as u64;
        let mut object = comparison.object(tracked, size, mode);
        if let Some(object) = &mut object {
            object.update(content.as_bytes());
        }
        comparison.file(object);
        comparison.differs
    }

    #[test]
    fn a_file_is_gits_if_form_mode_and_bytes_are() {
        assert!(!differs(git(Form::File), 0o644, "x\n"));
        assert!(!differs(git(Form::Executable), 0o755, "x\n"));
        let sha256 = git(Form::File).map(|git| Tracked {
            id: ObjectId::from_hex(SHA256.as_bytes()).unwrap(),
            ..git
        });
        assert!(!differs(sha256, 0o644, "x\n"));
        assert!(differs(sha256, 0o644, "y\n"));
        for (tracked, mode, content) in [
            (None, 0o644, "x\n"),
            (git(Form::File), 0o755, "x\n"),
            (git(Form::Executable), 0o644, "x\n"),
            (git(Form::Link), 0o644, "x\n"),
            (git(Form::Submodule), 0o644, "x\n"),
            (git(Form::File), 0o644, "x\r\n"),
            (git(Form::File), 0o644, "x"),
            (git(Form::File), 0o644, ""),
        ] {
            assert!(differs(tracked, mode, content), "{tracked:?} {content:?}");
        }
    }

    #[test]
    fn a_link_is_gits_if_its_target_is() {
        let differs = |tracked, target: &str| {
            let mut comparison = Comparison::default();
            comparison.link(tracked, target.as_bytes());
            comparison.differs
        };
        assert!(!differs(git(Form::Link), "x\n"));
        assert!(differs(git(Form::Link), "x"));
        assert!(differs(git(Form::File), "x\n"));
        assert!(differs(None, "x\n"));
    }
}
