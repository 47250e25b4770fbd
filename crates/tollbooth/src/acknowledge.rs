//! `tollbooth acknowledge`: what billing did with the lines of an export, sent back.

use std::path::PathBuf;

use clap::Args;
use tollbooth_client::ClientError;
use tollbooth_client::acknowledging::{read_dispositions, send_dispositions};

use crate::output::say;
use crate::server::{Server, exit_code};

/// Send billing's answer to the lines of an export
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth acknowledge 12 answers.csv --token-file billing.token
  printf 'FileName,Disposition,Reason\\npsg_x06ta69cxswsh3j2rpqgx90enw.jpg,refused,unknown tariff\\n' > answers.csv

FILE is a CSV with a header: FileName (or PassageId, as in files of corrections), Disposition (billed, owner-not-found or
refused) and, for refused lines, Reason. A line is answered once, and the same answer again changes nothing, so a command
that broke off is repeated. Files are sent in uploads of 2,000 rows; an upload with a row that the export does not have, or
that was answered otherwise, is recorded not at all. Refused lines come back to people. A token of billing is needed.
Exit codes: 0 all rows are recorded, 1 an upload was refused or FILE cannot be read, 2 wrong command line, 3 out of reach.")]
pub(crate) struct Acknowledge {
    /// Sequence of the export
    #[arg(value_name = "EXPORT")]
    sequence: u64,
    /// The answers
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[command(flatten)]
    server: Server,
}

impl Acknowledge {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.send())
    }

    fn send(&self) -> Result<u8, ClientError> {
        let rows = read_dispositions(&self.file)?;
        let done = send_dispositions(&self.server.api()?, self.sequence, &rows)?;
        say(format_args!(
            "{} rows recorded, {} known before, {} passages back to people, {} rows of the export without an answer",
            done.recorded, done.known, done.to_review, done.open
        ));
        Ok(0)
    }
}
