//! launchway carries a workspace from a CI job to production on Heroku.
//!
//! ```text
//! cli <- commands -> run (plan, build, release, promote, verify) -> source (select, tar, gzip) -> gitignore
//!           |         |                                          -> config -> gitignore
//!           |         |                                          -> platform (heroku, akkeris) -> registry -> http, image
//!           |         |                                          -> ci
//!           |         `- journal (events, folded into the record), which every layer may use
//!           `-> report (listens to the journal: human, github, gitlab, json, files) -> ci
//! sandbox stands apart: nothing but the `sandbox` command and `--sandbox` knows it.
//! ```
//!
//! Nothing points the other way. `tests/layers.rs` has the whole table and holds it.

pub mod ci;
pub mod cli;
pub mod commands;
pub mod config;
pub mod env;
pub mod exit;
pub mod failure;
pub mod gitignore;
pub mod guard;
pub mod http;
pub mod image;
pub mod journal;
pub mod model;
pub mod platform;
pub mod redact;
pub mod registry;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod source;
pub mod suggest;
pub mod units;
