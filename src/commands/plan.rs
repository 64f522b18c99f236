//! `plan`: what a deploy would do and why, without a change.

use super::Context;
use crate::{cli, exit::Exit, failure::Failure};

impl Context<'_> {
    pub(super) fn plan(&self, _args: &cli::Plan) -> Result<Exit, Failure> {
        Err(Failure::new(Exit::Internal, "not written"))
    }
}
