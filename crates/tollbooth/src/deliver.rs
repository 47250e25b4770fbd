//! `tollbooth deliver`: hands over to `tollbooth-deliver`, the program beside this one (docs/adr/0020 says why it is one).

use std::ffi::OsString;
use std::io::ErrorKind;
use std::process::Command;

use clap::Args;

/// Deliver published exports to folders, SFTP and FTPS servers, S3 and Azure Blob Storage
#[derive(Args)]
#[command(
    disable_help_flag = true,
    after_help = "\
Examples:
  tollbooth deliver --help
  tollbooth deliver --config /etc/tollbooth/deliver.toml --check
  tollbooth deliver --config /etc/tollbooth/deliver.toml

Runs the program tollbooth-deliver, which lies beside this one; its --help lists the options and the settings.
Exit codes: 0 all was delivered (or it was told to end), 1 a destination needs people, 2 the command line or the
configuration is wrong, 3 the server or a destination is out of reach or full."
)]
pub(crate) struct Deliver {
    /// What tollbooth-deliver is given
    #[arg(value_name = "OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Deliver {
    pub(crate) fn run(self) -> u8 {
        let here = match std::env::current_exe() {
            Ok(here) => here,
            Err(error) => {
                eprintln!("error: it is not known where this program lies: {error}");
                return 1;
            }
        };
        let program = here.with_file_name(format!("tollbooth-deliver{}", std::env::consts::EXE_SUFFIX));
        let mut command = Command::new(&program);
        command.args(self.arguments);
        let error = hand_over(command);
        if error.kind() == ErrorKind::NotFound {
            eprintln!(
                "error: {} is missing: take it from the build that this program is from, or run scripts/build --host",
                program.display()
            );
        } else {
            eprintln!("error: could not run {}: {error}", program.display());
        }
        1
    }
}

/// Becomes the other program, so that signals and the exit code are its own.
#[cfg(unix)]
fn hand_over(mut command: Command) -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    command.exec()
}

#[cfg(not(unix))]
fn hand_over(mut command: Command) -> std::io::Error {
    match command.status() {
        Ok(status) => std::process::exit(status.code().unwrap_or(1)),
        Err(error) => error,
    }
}
