//! `tollbooth status`: how an installation stands, and whether its balance closes.

use clap::Args;
use tollbooth_client::ClientError;
use tollbooth_client::standing::{Standing, hours_ago};

use crate::output::say;
use crate::server::{Server, exit_code};

/// Hours of receipt that are counted unless all are asked for: what was received a day ago is decided and billed.
const HOURS: i64 = 24;

/// Show health, balance, reviews and exports
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth status --token-file operator.token
  tollbooth status --json | jq .passages.waiting
  tollbooth status --all

Counts what was received in the last 24 hours, so that it costs the same however long the installation has been running; what waits
for people is all of it. --all counts everything, and so does `tollbooth audit`.

A token of an operator or a supervisor is needed.
Exit codes: 0 healthy and every balance closes, 1 something does not close, or there is no room for photos, 2 wrong command line,
3 out of reach.")]
pub(crate) struct Status {
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Count all passages there ever were
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    server: Server,
}

impl Status {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.show())
    }

    fn show(&self) -> Result<u8, ClientError> {
        let standing = Standing::ask(&self.server.api()?, if self.all { None } else { hours_ago(HOURS) })?;
        if self.json {
            say(format_args!("{:#}", serde_json::json!(standing)));
        } else {
            say(&standing);
        }
        Ok(standing.exit_code())
    }
}
