//! The archive of a workspace: what is in it, that it is the same everywhere, and that every reader reads it alike.

mod support;

#[cfg(unix)]
mod checkouts;
mod command;
#[cfg(unix)]
mod commits;
mod contents;
#[cfg(unix)]
mod explained;
#[cfg(unix)]
mod git;
#[cfg(unix)]
mod harmless;
mod ignored;
#[cfg(unix)]
mod readers;
#[cfg(unix)]
mod reproducible;
#[cfg(unix)]
mod special;
mod told;
