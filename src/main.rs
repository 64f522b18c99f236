//! The `launchway` binary: arguments in, exit code out.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use launchway::{
    cli::Cli,
    commands::{self, completions},
    env::Env,
};

fn main() -> ExitCode {
    launchway::guard::this_process();
    if let Some(names) = completions::answer(std::env::args_os()) {
        // A shell that no longer listens wants nothing.
        let _ = std::io::stdout().write_all(names.as_bytes());
        return ExitCode::SUCCESS;
    }
    match Cli::try_parse() {
        Ok(cli) => ExitCode::from(commands::run(&cli, Env::from_process()).code()),
        Err(error) => {
            // A closed pipe (`launchway --help | head -1`) is no reason to fail.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}
