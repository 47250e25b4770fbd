//! `tollbooth reprocess`: failed readings by cause, and back to the recogniser.

use clap::Args;
use tollbooth_client::progress::Progress;
use tollbooth_client::reprocessing::reprocess_all;
use tollbooth_client::{ClientError, FailedReadings};

use crate::output::say;
use crate::server::{Server, exit_code};

/// List failed readings by cause, or send them to the recogniser again
#[derive(Args)]
#[command(after_help = "\
Examples:
  tollbooth reprocess --token-file operator.token
  tollbooth reprocess --reason recognizer-exhausted --class outage
  tollbooth reprocess --passage psg_2f3c

Without a reason, a class or a passage, nothing is changed: the causes are listed with how many failed for each.
Old attempts stay; each passage gets a fresh count of attempts. Whoever a reviewer is looking at is left alone.
A token of an operator or a supervisor is needed.
Exit codes: 0 done, 1 refused, 2 wrong command line, 3 out of reach.")]
pub(crate) struct Reprocess {
    /// Review reason: recognizer-exhausted, recognizer-unauthorized, budget-spent, image-damaged or photo-missing
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
    /// How the last attempt ended: outage, timed-out, throttled, invalid-answer, …
    #[arg(long, value_name = "CLASS")]
    class: Option<String>,
    /// Only passages of this booth
    #[arg(long, value_name = "BOOTH")]
    booth: Option<String>,
    /// Only this passage
    #[arg(long, value_name = "ID")]
    passage: Option<String>,
    #[command(flatten)]
    server: Server,
}

impl Reprocess {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.send())
    }

    fn send(self) -> Result<u8, ClientError> {
        let api = self.server.api()?;
        let lists = self.reason.is_none() && self.class.is_none() && self.passage.is_none();
        let wanted =
            FailedReadings { reason: self.reason, class: self.class, booth: self.booth, passage: self.passage };
        if lists {
            say(format_args!("{:>8}  {:<24}  class", "passages", "reason"));
            for cause in api.failure_causes(&wanted)? {
                say(format_args!("{:>8}  {:<24}  {}", cause.passages, cause.reason, cause.class));
            }
            return Ok(0);
        }
        let progress = Progress::new("passages", None);
        let done = reprocess_all(&api, &wanted, &progress)?;
        say(format_args!("{} sent to the recogniser again", done.passages));
        if done.claimed > 0 {
            say(format_args!("{} left alone: a reviewer is looking at them", done.claimed));
        }
        Ok(0)
    }
}
