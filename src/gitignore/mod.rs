//! git's language of patterns, as `.gitignore`, `.launchwayignore`, `source.exclude` and `source.include` are written in it.
//! There is one implementation: the same code validates the patterns of `deploy.yaml` and matches the workspace.

mod complaint;
mod pattern;
mod wildmatch;

pub use pattern::Rule;
pub(crate) use pattern::{Pattern, Patterns, check, is_absence};
