//! The sandbox over real HTTP: every answer is held against the official schema.

#[cfg(test)]
#[path = "support/schema.rs"]
mod schema;

#[cfg(test)]
#[path = "sandbox/client.rs"]
mod client;
#[cfg(test)]
#[path = "sandbox/happy_path.rs"]
mod happy_path;
