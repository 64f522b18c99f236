//! The binary as users run it, against the embedded platform over real HTTP: exit code, output, requests, record, and
//! what the platform runs afterwards. What must hold for every run, whatever its scenario, is in `support::invariants`.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may fail loudly; clippy.toml's exceptions do not reach helpers outside of test functions"
)]
#![cfg_attr(
    not(unix),
    allow(
        dead_code,
        unused_imports,
        unused_variables,
        reason = "many tests send signals or run a POSIX shell"
    )
)]

#[macro_use]
mod support;

mod akkeris;
mod approval;
mod between;
mod build;
#[cfg(unix)]
mod cancel;
mod checks;
#[cfg(unix)]
mod commands;
mod completions;
mod config;
mod content;
mod denied;
mod deploy;
mod dynos;
mod example;
mod fir;
#[cfg(unix)]
mod gates;
#[cfg(unix)]
mod hanging;
mod images;
mod images_made;
mod init;
mod listings;
mod lost;
mod matrix;
mod mounting;
mod newest;
mod notify;
mod pack;
mod parallel;
mod pending;
mod pipeline;
mod plan;
mod platforms;
mod preboot;
mod promote;
mod promotion;
mod pushing;
mod reference;
mod refused;
mod registry_place;
mod registry_trust;
mod release;
mod reports;
mod requests;
mod require;
mod retry;
mod rollback;
mod rollback_command;
mod sandbox;
mod secrets;
mod seeds;
mod shred;
mod side_by_side;
mod slug;
mod slug_file;
mod status;
mod stream;
mod tls;
mod trust;
#[cfg(unix)]
mod twins;
mod unsteady;
mod usage;
mod verify;
mod waves;
#[cfg(unix)]
mod window;
mod workspace;
