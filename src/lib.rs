//! launchway carries a workspace from a CI job to production on Heroku.
//!
//! ```text
//! commands -> run (plan, build, release, promote, verify) -> source (select, tar, gzip)
//!                                                         -> platform (heroku; http, retry, stream, credentials)
//!                                                         -> report (events -> human, github, gitlab, json, record)
//! gitignore, the language of patterns, is below config and source.
//! sandbox stands apart: nothing but the `sandbox` command and `--sandbox` knows it.
//! ```

pub mod ci;
pub mod cli;
pub mod commands;
pub mod config;
pub mod env;
pub mod event;
pub mod exit;
pub mod failure;
pub mod gitignore;
pub mod guard;
pub mod model;
pub mod platform;
pub mod record;
pub mod redact;
pub mod report;
pub mod run;
pub mod sandbox;
pub mod source;
pub mod units;
