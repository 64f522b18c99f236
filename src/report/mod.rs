//! Events become text for people and JSON for programs; the run record becomes the end of the output, and a file.
//!
//! ```text
//! event -> narrate (words) -> layout (columns), log_groups (ci_syntax) -> human (keep_alive, terminal) -> console (redact) -> stderr
//!       -> json (redact) -> stdout
//!       -> timeline, outputs -> reports
//! record, failure -> annotate (ci_syntax), ending (table, live, failure) -> console
//!                 -> slack -> whoever sends it
//!                 -> reports: record, summary (mermaid, markdown), github, dotenv, links, junit, html -> files
//! ```
//!
//! Deciding what to say is pure; only `console`, `json` and `files` write. Foreign text passes [`sanitize`] where it
//! becomes part of a line, and everything that is written passes [`redact`].

pub mod annotate;
pub mod ci_syntax;
pub mod columns;
pub mod console;
pub mod dotenv;
pub mod ending;
pub mod explain;
pub mod failure;
pub mod files;
#[cfg(test)]
#[path = "../../tests/fixtures/report/mod.rs"]
mod fixtures;
pub mod gates;
pub mod github;
pub mod hosts;
pub mod html;
pub mod human;
pub mod json;
pub mod junit;
pub mod keep_alive;
pub mod layout;
pub mod links;
pub mod listing;
pub mod live;
pub mod log;
pub mod log_groups;
pub mod markdown;
pub mod matrix;
pub mod mermaid;
pub mod narrate;
pub mod outputs;
pub mod pipeline;
pub mod plan;
pub mod reports;
#[cfg(any(test, fuzzing))]
pub mod rules;
#[cfg(test)]
mod runners;
pub mod sanitize;
pub mod screen;
pub mod slack;
pub mod starter;
pub mod status;
pub mod style;
pub mod summary;
pub mod table;
pub mod terminal;
pub mod timeline;
mod waits;
mod waves;

pub use self::{
    console::{Console, LostOutput},
    reports::{Reports, RunReport, Targets, announce},
    style::{ColourChoice, Output, Style, Verbosity},
};
