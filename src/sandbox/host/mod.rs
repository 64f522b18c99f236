//! What is the same whichever platform is played: the gate and the connections, the store of sources, the output streams,
//! and what faults do to requests.

pub(super) mod basic;
pub(super) mod blob;
pub(super) mod gate;
pub(super) mod ids;
pub(super) mod output;
pub(super) mod platform;
mod sabotage;
pub(super) mod socket;
mod sse;
pub(super) mod stream;
