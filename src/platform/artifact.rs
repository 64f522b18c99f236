//! What runs: two releases of one artifact run the same code, whatever they are called.

/// What a release runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// A slug, by its id.
    Slug(String),
    /// An image of Heroku's Fir generation, by its id. Its releases have no slug.
    Image(String),
}

impl Artifact {
    /// What it is, in a word.
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Slug(_) => "slug",
            Self::Image(_) => "image",
        }
    }
}
