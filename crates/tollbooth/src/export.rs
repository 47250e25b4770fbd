//! `tollbooth export`: published files into billing's folder.

use std::path::PathBuf;

use clap::Args;
use tollbooth_client::ClientError;
use tollbooth_client::delivery::{DeliveryOptions, Names, deliver};
use tollbooth_client::progress::Progress;

use crate::output::say;
use crate::server::{Server, exit_code};

/// Fetch published exports into a folder
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth export --into /srv/billing --token-file billing.token
  tollbooth export --into /srv/billing --now --token-file operator.token
  tollbooth export --into /srv/billing --restore
  tollbooth export --into /mnt/share --names portable
  tollbooth export --into /srv/records --profile records

Every file appears whole or not at all, is checked against its manifest and the chain of manifests, and never replaces
another file. DIR/manifests/NAME.manifest.json says that NAME was delivered: a file that billing took away since is not
delivered a second time unless --restore asks for it. Nothing is published or written while DIR holds manifests that
the server does not know: its ledger was restored from a backup older than DIR. With
--names portable, 2026-11-21T19:40:24.csv is written as 2026-11-21T194024Z-000012.csv, the sequence at its end; the
manifest beside it says the contract's name. Each profile needs a folder of its own. A token of an operator or of billing is needed.
Exit codes: 0 everything published was delivered, 1 a file, a manifest or the chain is wrong, or the folder cannot be
written, 2 wrong command line, 3 out of reach.")]
pub(crate) struct Export {
    /// Billing's folder; created when missing
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Write files again that were delivered before and are no longer there
    #[arg(long)]
    restore: bool,
    /// What new files are called: `contract` as in the manifest, `portable` without the colons that Windows, SMB, FAT
    /// and exFAT refuse
    #[arg(long, value_name = "HOW", default_value = "contract", value_parser = ["contract", "portable"])]
    names: String,
    /// Whose files: `billing`, or the name of a copy of the setting `export.copies`
    #[arg(long, value_name = "NAME", default_value = "billing")]
    profile: String,
    /// Have what is accepted published first, whether or not the interval is over; needs an operator's token
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    server: Server,
}

impl Export {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.fetch())
    }

    fn fetch(&self) -> Result<u8, ClientError> {
        let api = self.server.api()?.of_profile(&self.profile);
        let progress = Progress::new("exports", None);
        let names = if self.names == "portable" { Names::Portable } else { Names::Contract };
        let options = DeliveryOptions { now: self.now, restore: self.restore, names, progress: &progress };
        let delivery = deliver(&api, &self.into, &options)?;
        for name in &delivery.written {
            say(format_args!("{}", self.into.join(name).display()));
        }
        eprintln!("{} new, {} already there", delivery.written.len(), delivery.present);
        if delivery.taken > 0 {
            eprintln!(
                "delivered before, or given up, and not in the folder: {}; --restore writes again what the server has",
                delivery.taken
            );
        }
        for sequence in &delivery.given_up {
            eprintln!("export {sequence}: its file is lost and was given up; only its manifest was written");
        }
        for fault in &delivery.faults {
            eprintln!("error: {fault}");
        }
        Ok(delivery.exit_code())
    }
}
