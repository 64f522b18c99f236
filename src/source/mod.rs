//! The workspace as an archive: which files (`select`), how they become a tar (`tarball`) and a gzip (`gzip`), and what
//! version the result carries (`identity`).
//!
//! ```text
//! (gitignore)            -> checkout -> select -> workspace -> walk (coverage) -> packer (comparison) -> archive
//! repository -> index ----^                                                      beneath, tarball, gzip (deflate), findings (lint, link), identity (git, between)
//! ```

mod archive;
mod beneath;
mod between;
mod checkout;
mod comparison;
mod coverage;
mod deflate;
mod error;
mod explain;
mod file_id;
mod findings;
mod foreign;
mod git;
mod gitconfig;
mod gitfile;
mod gzip;
mod identity;
mod index;
mod link;
mod lint;
mod missing;
mod names;
mod options;
mod packer;
mod project;
mod reason;
mod repository;
mod select;
mod slug;
mod survey;
mod tarball;
mod walk;
mod workspace;

pub use crate::gitignore::Rule;
pub use archive::{Archive, Facts, pack, write};
pub use between::{Commit, Divergence, between};
pub use coverage::Ignored;
pub use error::{Error, Escape, SizedPath, SuspectedSecret, Unreadable};
pub use explain::{Explanation, explain};
pub use file_id::{FileId, outputs};
pub use git::{NoAnswer, is_ancestor};
pub use identity::{Identity, commit};
pub use options::{Compression, DEFAULT_MAX_SIZE, Options, Secrets, Symlinks};
pub use project::{Project, Remote, app_of, project};
pub use reason::Reason;
pub use slug::{Slug, SlugError, slug};
pub use survey::{Entry, Survey, survey};
pub use walk::LeftOut;
