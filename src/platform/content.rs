//! What content a build or release was made of. A version is a name that anyone can give to anything: only a digest proves
//! the content.

use super::types::Build;

/// How many hex digits of the archive's digest stand at the end of a version.
const DIGITS: usize = 12;

/// The content that a run brings to the platform.
#[derive(Clone, Debug)]
pub struct Content {
    /// What it is called.
    pub version: String,
    /// What proves that something of this name was made of it.
    pub proof: Proof,
}

/// What proves that something was made of a content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its name: the content's digest is in it.
    Name,
    /// The checksum that the platform keeps with a build: SHA-256 of the archive, lower-case hex.
    Checksum(String),
    /// Nothing: what has this name may change.
    Nothing,
}

/// What something on the platform was made of, as far as the platform knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provenance {
    /// What it is called.
    pub version: Option<String>,
    /// SHA-256 of the archive, lower-case hex.
    pub sha256: Option<String>,
}

impl Provenance {
    /// The content, if there is a checksum that proves what it is.
    pub fn proven(self) -> Option<Content> {
        Some(Content {
            version: self.version?,
            proof: Proof::Checksum(self.sha256?),
        })
    }
}

/// Whether something was made of a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContentMatch {
    /// It was.
    Yes,
    /// It is called the same, and nothing proves that it is the same.
    NotProven,
    /// It is called something else.
    No,
}

impl Content {
    /// A packed archive: its version, the digest of the archive and that of the archive before compression.
    pub fn packed(version: &str, sha256: &str, tar_sha256: &str) -> Self {
        let digest = tar_sha256.get(..DIGITS).unwrap_or(tar_sha256);
        let in_name = version
            .strip_suffix(digest)
            .is_some_and(|name| name.ends_with('-'));
        Self {
            version: version.to_owned(),
            proof: if in_name {
                Proof::Name
            } else {
                Proof::Checksum(sha256.to_owned())
            },
        }
    }

    /// Whether something was made of this content.
    pub fn is(&self, other: &Provenance) -> ContentMatch {
        if other.version.as_ref() != Some(&self.version) {
            return ContentMatch::No;
        }
        match &self.proof {
            Proof::Name => ContentMatch::Yes,
            Proof::Checksum(sha256) if other.sha256.as_ref() == Some(sha256) => ContentMatch::Yes,
            Proof::Checksum(_) | Proof::Nothing => ContentMatch::NotProven,
        }
    }

    /// Whether a build was made of this content, for certain.
    pub fn built(&self, build: &Build) -> bool {
        self.is(&build.made_of) == ContentMatch::Yes
    }
}

/// The digest in a checksum, as lower-case hex: `SHA256:…` on Heroku, `sha256:…` on Akkeris.
pub(super) fn sha256_in(checksum: &str) -> Option<String> {
    let (kind, hex) = checksum.split_once(':')?;
    let is_hex = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
    (kind.eq_ignore_ascii_case("sha256") && is_hex).then(|| hex.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_proves_nothing() {
        const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
        const TAR: &str = "ffeeddccbbaa99887766";
        let named = format!("{COMMIT}-ffeeddccbbaa");
        // A version that anybody may set, though it looks like one with a digest.
        let looks = format!("{COMMIT}-ffeeddccbbab");
        for (ours, theirs, sha256, expected) in [
            (COMMIT, Some(COMMIT), Some("s"), ContentMatch::Yes),
            (COMMIT, Some(COMMIT), Some("x"), ContentMatch::NotProven),
            (COMMIT, Some(COMMIT), None, ContentMatch::NotProven),
            (COMMIT, Some(named.as_str()), Some("s"), ContentMatch::No),
            (COMMIT, None, Some("s"), ContentMatch::No),
            (&named, Some(&named), None, ContentMatch::Yes),
            // Compressed otherwise, and the same content.
            (&named, Some(&named), Some("x"), ContentMatch::Yes),
            (&named, Some(COMMIT), Some("s"), ContentMatch::No),
            (&looks, Some(&looks), None, ContentMatch::NotProven),
            (TAR, Some(TAR), None, ContentMatch::NotProven),
        ] {
            let other = Provenance {
                version: theirs.map(str::to_owned),
                sha256: sha256.map(str::to_owned),
            };
            let found = Content::packed(ours, "s", TAR).is(&other);
            assert_eq!(found, expected, "{ours} {other:?}");
        }
    }

    #[test]
    fn both_platforms_checksums_are_read() {
        let hex = "ab".repeat(32);
        for text in [
            format!("SHA256:{hex}"),
            format!("sha256:{}", hex.to_uppercase()),
        ] {
            assert_eq!(sha256_in(&text), Some(hex.clone()));
        }
        for text in ["", "SHA256:", &hex, &format!("md5:{hex}"), "sha256:zz"] {
            assert_eq!(sha256_in(text), None, "{text}");
        }
    }
}
