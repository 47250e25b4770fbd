//! The `tollbooth` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tollbooth_host::cli::main()
}
