//! The sandbox over real HTTP: every answer is held against the official schema.

#[cfg(test)]
#[path = "support/schema.rs"]
mod schema;

#[cfg(test)]
#[path = "sandbox/client.rs"]
mod client;
#[cfg(test)]
#[path = "sandbox/faults.rs"]
mod faults;
#[cfg(test)]
#[path = "sandbox/fir.rs"]
mod fir;
#[cfg(test)]
#[path = "sandbox/gate.rs"]
mod gate;
#[cfg(test)]
#[path = "sandbox/happy_path.rs"]
mod happy_path;
#[cfg(test)]
#[path = "sandbox/pipelines.rs"]
mod pipelines;
#[cfg(test)]
#[path = "sandbox/preboot.rs"]
mod preboot;
#[cfg(test)]
#[path = "sandbox/releases.rs"]
mod releases;
#[cfg(test)]
#[path = "sandbox/streams.rs"]
mod streams;
#[cfg(test)]
#[path = "sandbox/upload.rs"]
mod upload;
