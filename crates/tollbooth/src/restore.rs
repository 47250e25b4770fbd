//! `tollbooth restore`: a backup brought back, and what was published after it taken over.

use std::path::PathBuf;

use clap::Args;
use tollbooth_backup::{RestoreOptions, Restored, restore};
use tollbooth_host::StateDir;

use crate::clock::now;
use crate::output::say;

/// Bring a backup back, and take over what was published after it, so that nothing is billed twice
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth restore /srv/backups/2026-11-20T100000.512Z --published /srv/billing
  tollbooth restore /srv/backups/2026-11-20T100000.512Z --replace --published /srv/billing
  tollbooth restore --published /srv/billing

Run it while the server is stopped. What lies in the state directory is moved into a folder beside it (--replace), never
deleted. Then every export that the photo store, the one moved aside, or one of billing's folders has and the ledger does
not is taken over: its number is used, and its passages are never billed again, not even when their cameras resend.
Without a BACKUP only that is done: after a backup was copied back by hand.
Exit codes: 0 restored, and every export found is known; 1 not so, do not start the server; 2 wrong command line.")]
pub(crate) struct Restore {
    /// A folder that `tollbooth backup` made
    #[arg(value_name = "BACKUP")]
    backup: Option<PathBuf>,
    /// The state directory of `tollbooth up` or Spin
    #[arg(long, value_name = "DIR", default_value = ".tollbooth")]
    state_dir: PathBuf,
    /// A folder with published files, as `tollbooth export --into` writes them; may be given several times
    #[arg(long, value_name = "DIR")]
    published: Vec<PathBuf>,
    /// Move what lies in the state directory aside
    #[arg(long, requires = "backup")]
    replace: bool,
    /// Bring back the ledger alone and keep the photos that are there, which are newer
    #[arg(long, requires = "backup")]
    ledger_only: bool,
}

impl Restore {
    pub(crate) fn run(self) -> u8 {
        match self.make() {
            Ok(restored) => {
                report(&restored);
                0
            }
            Err(error) => {
                eprintln!("error: {error}");
                1
            }
        }
    }

    fn make(&self) -> Result<Restored, Box<dyn std::error::Error>> {
        // Held until the end: no server starts meanwhile.
        let _lock = StateDir::lock(&self.state_dir)?;
        Ok(restore(&RestoreOptions {
            backup: self.backup.as_deref(),
            state_dir: &self.state_dir,
            replace: self.replace,
            ledger_only: self.ledger_only,
            published: &self.published,
            now: now(),
        })?)
    }
}

fn report(restored: &Restored) {
    if let Some(backup) = &restored.backup {
        say(format_args!("restored  the backup of {}: {} passages", backup.made_at, backup.passages));
    }
    if let Some(moved) = &restored.moved_to {
        say(format_args!("moved     what was there to {}", moved.display()));
    }
    let adoption = &restored.adoption;
    say(format_args!("adopted   {} exports, {} bill lines", adoption.exports.len(), adoption.lines()));
    if adoption.open() > 0 {
        say(format_args!(
            "open      {} of these lines are of passages that this ledger does not have as accepted; they will not be \
             billed again",
            adoption.open()
        ));
    }
    say(format_args!("exports   known up to {}", restored.last_export));
}
