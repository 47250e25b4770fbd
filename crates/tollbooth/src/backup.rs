//! `tollbooth backup`: a copy of the state directory while the installation works.

use std::path::PathBuf;

use clap::Args;
use tollbooth_backup::{BackupError, backup};

use crate::clock::now;
use crate::output::say;

/// Copy the ledger, the photos and the published files while the server runs
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth backup /srv/backups
  tollbooth backup /srv/backups --state-dir /var/lib/tollbooth

Makes a folder named by the time, /srv/backups/2026-11-20T100000.512Z, with the ledger (copied first), photos and published
files, and backup.json with their digests. The folder appears when both copies are on disk and checked: by SQLite, and
every passage against its photo. The server may run and take photos meanwhile. Keep backups on another machine.
Exit codes: 0 made, 1 not made and nothing left behind, 2 wrong command line.")]
pub(crate) struct Backup {
    /// Where the folder is made; created when missing
    #[arg(value_name = "DIR")]
    into: PathBuf,
    /// The state directory of `tollbooth up` or Spin
    #[arg(long, value_name = "DIR", default_value = ".tollbooth")]
    state_dir: PathBuf,
}

impl Backup {
    pub(crate) fn run(self) -> u8 {
        match self.make() {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("error: {error}");
                1
            }
        }
    }

    fn make(&self) -> Result<(), BackupError> {
        let (folder, made) = backup(&self.state_dir, &self.into, now())?;
        say(folder.display());
        eprintln!(
            "{} passages with their photos, exports up to {}, {} bytes; checked",
            made.passages, made.last_export, made.bytes
        );
        Ok(())
    }
}
