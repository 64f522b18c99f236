//! Artifacts: two releases of one artifact run the same code, whatever their names.

use std::collections::BTreeMap;

/// What a release runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// A slug, by its id.
    Slug(String),
    /// An image of Heroku's Fir generation, by its id. Its releases have no slug. It is assumed that a promotion gives the
    /// target the id that the source has, as with slugs; what the platform does there is not documented. If ids differ, a
    /// target never counts as "already live" and is promoted to again: that costs a release, and no code is mistaken for
    /// other code.
    Image(String),
    /// Images of an app on the container stack that its release tells of: by process type, the beginning of each one's id.
    /// A process type that it does not tell of runs what it ran before.
    Images(BTreeMap<String, String>),
}

impl Artifact {
    /// What it is, in a word.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Slug(_) => "slug",
            Self::Image(_) => "image",
            Self::Images(_) => "images",
        }
    }

    /// Its id, or what it is known by.
    pub fn name(&self) -> String {
        match self {
            Self::Slug(id) | Self::Image(id) => id.clone(),
            Self::Images(images) => {
                let each = images.iter().map(|(kind, id)| format!("{kind} {id}"));
                each.collect::<Vec<_>>().join(", ")
            }
        }
    }
}
