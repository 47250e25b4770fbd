//! The command line: one file for each command, and this list of them.
//!
//! Exit codes: 0 done, 2 the command line or the manifest is wrong, 1 anything else.

mod logging;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::HostError;

/// Photos of toll booths become billing lines, on one machine.
#[derive(Parser)]
#[command(name = "tollbooth", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Up),
}

impl Command {
    fn run(self) -> Result<(), HostError> {
        match self {
            Self::Up(up) => up.run(),
        }
    }
}

/// Parses the command line and runs the command. clap itself ends the process for `--help` and usage errors.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
