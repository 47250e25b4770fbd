//! The command `tollbooth`: one file for each of its commands, and this list of them. What a command does is in the crates
//! it calls; here are its arguments, its help, what it prints and its exit code.
//!
//! Exit codes: 0 done, 2 the command line or the manifest is wrong, 3 a server was out of reach or failed however often
//! it was asked, 1 anything else; each command's help says what that is.

mod acknowledge;
mod audit;
mod backup;
mod check;
mod clock;
mod console;
mod deliver;
mod evaluate;
mod export;
mod logging;
mod mail;
mod migrate;
mod output;
mod release;
mod relocate;
mod reprocess;
mod restore;
mod send;
mod server;
mod signing_key;
mod simulate;
mod status;
mod store;
mod temporary;
mod tick;
mod traffic;
mod up;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tollbooth_host::HostError;

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
    Send(send::Send),
    Simulate(simulate::Simulate),
    Tick(tick::Tick),
    Status(status::Status),
    Console(console::Console),
    Audit(audit::Audit),
    Reprocess(reprocess::Reprocess),
    Export(export::Export),
    Deliver(deliver::Deliver),
    Verify(verify::Verify),
    Acknowledge(acknowledge::Acknowledge),
    Release(release::Release),
    SigningKey(signing_key::SigningKey),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Evaluate(evaluate::Evaluate),
    Migrate(migrate::Migrate),
    Mail(mail::Mail),
}

impl Command {
    /// The exit code of a command that did what it could.
    fn run(self) -> Result<u8, HostError> {
        match self {
            Self::Up(up) => up.run(),
            Self::Send(send) => Ok(send.run()),
            Self::Simulate(simulate) => Ok(simulate.run()),
            Self::Tick(tick) => Ok(tick.run()),
            Self::Status(status) => Ok(status.run()),
            Self::Console(console) => Ok(console.run()),
            Self::Audit(audit) => Ok(audit.run()),
            Self::Reprocess(reprocess) => Ok(reprocess.run()),
            Self::Export(export) => Ok(export.run()),
            Self::Deliver(deliver) => Ok(deliver.run()),
            Self::Verify(verify) => Ok(verify.run()),
            Self::Acknowledge(acknowledge) => Ok(acknowledge.run()),
            Self::Release(release) => Ok(release.run()),
            Self::SigningKey(key) => Ok(key.run()),
            Self::Backup(backup) => Ok(backup.run()),
            Self::Restore(restore) => Ok(restore.run()),
            Self::Evaluate(evaluate) => evaluate.run(),
            Self::Migrate(migrate) => Ok(migrate.run()),
            Self::Mail(mail) => Ok(mail.run()),
        }
    }
}

/// Parses the command line and runs the command. clap itself ends the process for `--help` and usage errors.
fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => ExitCode::from(output::exit_code(code)),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_command_is_sound_and_its_help_has_an_example_and_its_exit_codes() {
        Cli::command().debug_assert();
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let example = format!("  tollbooth {}", command.get_name());
            assert!(help.contains(&example) && help.contains("Exit codes: 0 "), "{}: {help}", command.get_name());
        }
    }
}
