//! `tollbooth restore`: a backup brought back, and what was published after it taken over.

use std::path::PathBuf;

use clap::Args;
use tollbooth_backup::{RestoreOptions, Restored, adopt_published, restore};
use tollbooth_host::StateDir;
use tollbooth_ledger::Ledger;

use crate::clock::now;
use crate::migrate::connect;
use crate::output::say;
use crate::relocate::End;

/// Bring a backup back, and take over what was published after it, so that nothing is billed twice
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth restore /srv/backups/2026-11-20T100000.512Z --published /srv/billing
  tollbooth restore /srv/backups/2026-11-20T100000.512Z --replace --published /srv/billing
  tollbooth restore --published /srv/billing
  tollbooth restore --postgres @migrator-address.txt --published /srv/billing

Run it while the server is stopped. What lies in the state directory is moved into a folder beside it (--replace), never
deleted. Then every export that the photo store, the one moved aside, or one of billing's folders has and the ledger does
not is taken over: its number is used, and its passages are never billed again, not even when their cameras resend. A
published file that is lost from the store is put back from there, too.
Without a BACKUP only that is done: after a backup was copied back by hand. With --postgres it is done to a ledger in
PostgreSQL that was recovered to an earlier point in time; export files are in object storage, and stay there.
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
    /// Take what was published over into the ledger of this database, or @FILE that holds its address
    #[arg(long, value_name = "URL", conflicts_with_all = ["backup", "replace", "ledger_only"], requires = "published")]
    postgres: Option<String>,
    /// Move what lies in the state directory aside
    #[arg(long, requires = "backup")]
    replace: bool,
    /// Bring back the ledger alone and keep the photos that are there, which are newer
    #[arg(long, requires = "backup")]
    ledger_only: bool,
}

impl Restore {
    pub(crate) fn run(self) -> u8 {
        if let Some(address) = &self.postgres {
            return self.adopt(address).map_or_else(End::code, |()| 0);
        }
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

    fn adopt(&self, address: &str) -> Result<(), End> {
        let refused = |error: &dyn std::error::Error| End::Refused(error.to_string());
        let ledger = Ledger::open(connect(address)?, Some(now())).map_err(|error| refused(&error))?;
        let adoption = adopt_published(&ledger, &self.published, now()).map_err(|error| refused(&error))?;
        let last_export = ledger.latest_export().map_err(|error| refused(&error))?;
        report(&Restored { backup: None, moved_to: None, adoption, last_export });
        Ok(())
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
    if !adoption.put_back.is_empty() {
        let numbers: Vec<_> = adoption.put_back.iter().map(ToString::to_string).collect();
        say(format_args!(
            "put back  the files of exports {}, which were not in the store as published",
            numbers.join(", ")
        ));
    }
    if adoption.open() > 0 {
        say(format_args!(
            "open      {} of these lines are of passages that this ledger does not have as accepted; they will not be \
             billed again",
            adoption.open()
        ));
    }
    if adoption.copies > 0 {
        say(format_args!(
            "copies    {} of exports for other readers; the exporter publishes them as they are",
            adoption.copies
        ));
    }
    say(format_args!("exports   known up to {}", restored.last_export));
}
