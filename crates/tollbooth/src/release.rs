//! `tollbooth release`: a lost file that nobody has any more, given up, so that nothing waits for it.

use clap::Args;
use tollbooth_client::ClientError;

use crate::output::say;
use crate::server::{Server, exit_code};

/// Give the lost file of a published export up, for good
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth release 12 --reason \"the store's disk broke, billing and its archive have no copy\" --token-file operator.token

When the alert export-file-lost fires, put the file back first: `tollbooth restore --published DIR` with billing's folder or
any copy of it. Only when nobody has the file is it given up: corrections of its lines are then sent with the next export,
naming export and passage but no row, and the alert ends. Nothing is billed again: what billing never got is billed to nobody.
It is recorded who did so and why, and cannot be taken back. An export whose file is in the store as it was published is refused.
`tollbooth audit` lists the file as given up from then on, and a new destination gets its manifest alone. A token of an operator
is needed.
Exit codes: 0 it is given up, 1 refused: there is no such export, or its file is there, 2 wrong command line, 3 out of reach.")]
pub(crate) struct Release {
    /// Sequence of the export
    #[arg(value_name = "EXPORT")]
    sequence: u64,
    /// Why nobody can put the file back; the log keeps it
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    server: Server,
}

impl Release {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.send())
    }

    fn send(&self) -> Result<u8, ClientError> {
        let corrections = self.server.api()?.release_export_file(self.sequence, &self.reason)?;
        say(format_args!(
            "the file of export {} is given up; {corrections} corrections of its lines are sent with the next export",
            self.sequence
        ));
        Ok(0)
    }
}
