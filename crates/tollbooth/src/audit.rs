//! `tollbooth audit`: whether everything that is stored agrees with everything that is written down.

use clap::Args;
use tollbooth_client::ClientError;
use tollbooth_client::audit::{Audit as Found, AuditOptions, SECOND_LOOK};
use tollbooth_client::progress::Progress;

use crate::output::say;
use crate::server::{Server, exit_code};

/// Prove that nothing was lost, changed or billed twice
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth audit --token-file operator.token
  tollbooth audit --json | jq .unreferenced_photos

Counts the balance from both sides, compares every passage with its history, its bill line and its photo byte for byte,
looks for stored photos that belong to no passage and for stored export files that no export accounts for, follows the
chain of manifests through every published file, and looks for leases that nobody took back. Reads only and may run at any time; a photo costs a few milliseconds.

A photo without a passage was sent by a camera that got no 2xx: the camera's resend adopts it. Until then the audit
fails, unless --allow-unreferenced says that such cameras are known. Of two photos that were sent under one key at once the one
that came second was refused (409); it is listed, and is no finding.

A token of an operator is needed.
Exit codes: 0 all is well, 1 something was found, 2 wrong command line, 3 out of reach.")]
pub(crate) struct Audit {
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Photos without a passage are listed, but are no failure
    #[arg(long)]
    allow_unreferenced: bool,
    #[command(flatten)]
    server: Server,
}

impl Audit {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.make())
    }

    fn make(&self) -> Result<u8, ClientError> {
        let progress = Progress::new("passages", None);
        let options = AuditOptions { progress: &progress, second_look: SECOND_LOOK };
        let found = Found::make(&self.server.api()?, &options)?;
        if self.json {
            say(format_args!("{:#}", serde_json::json!(found)));
        } else {
            say(&found);
        }
        Ok(u8::from(!(found.well || self.allow_unreferenced && found.sound())))
    }
}
