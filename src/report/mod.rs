//! Journal become text for people and JSON for programs; the run record becomes the end of the output, and a file.
//!
//! ```text
//! event -> narrate (words) -> layout (columns), folds (marks) -> human (pulse, terminal) -> console (redact) -> stderr
//!       -> json (redact) -> stdout
//!       -> story, facts -> reports
//! record, failure -> annotate (marks), ending (table, live, failure) -> console
//!                 -> reports: record, summary (mermaid, markdown), github, dotenv, links, junit, html -> files
//! ```
//!
//! Deciding what to say is pure; only `console`, `json` and `files` write. Foreign text passes [`sanitize`] where it
//! becomes part of a line, and everything that is written passes [`redact`].

pub mod annotate;
pub mod console;
pub mod dotenv;
pub mod ending;
pub mod explain;
pub mod failure;
pub mod files;
#[cfg(test)]
#[path = "../../tests/fixtures/report/mod.rs"]
mod fixtures;
pub mod folds;
pub mod github;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod layout;
pub mod links;
pub mod live;
pub mod markdown;
pub mod marks;
pub mod mermaid;
pub mod narrate;
pub mod outputs;
pub mod plan;
pub mod pulse;
pub mod reports;
#[cfg(any(test, fuzzing))]
pub mod rules;
#[cfg(test)]
mod runners;
pub mod sanitize;
pub mod story;
pub mod style;
pub mod summary;
pub mod table;
pub mod terminal;

pub use self::{
    console::{Console, Lost},
    reports::{Reports, Targets, Telling, announce},
    style::{ColourChoice, Output, Style, Verbosity},
};
