//! The `launchway` binary: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser as _;
use launchway::{cli::Cli, commands, env::Env};

fn main() -> ExitCode {
    launchway::guard::this_process();
    match Cli::try_parse() {
        Ok(cli) => ExitCode::from(commands::run(&cli, Env::from_process()).code()),
        Err(error) => {
            // A closed pipe (`launchway --help | head -1`) is no reason to fail.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}
