//! `pack`: the archive alone, as a file or as a list.

use super::Context;
use crate::{cli, exit::Exit, failure::Failure};

impl Context<'_> {
    pub(super) fn pack(&self, _args: &cli::Pack) -> Result<Exit, Failure> {
        Err(Failure::new(Exit::Internal, "not written"))
    }
}
