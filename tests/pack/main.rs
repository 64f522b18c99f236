//! The archive of a workspace: what is in it, that it is the same everywhere, and that every reader reads it alike.

mod support;

mod contents;
