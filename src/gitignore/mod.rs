//! git's language of patterns, as `.gitignore`, `.launchwayignore`, `source.exclude` and `source.include` are written in it.
//! There is one reading of it: what `deploy.yaml` is checked by is what the workspace is matched by.

mod complaint;
mod pattern;
mod wildmatch;

pub use pattern::Rule;
pub(crate) use pattern::{Pattern, Patterns, check, is_absence};
