//! `tollbooth tick`: has an installation look for work, once or as a clock for one without a cron trigger.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tollbooth_client::{Api, ClientError};

use crate::output::say;
use crate::server::{Access, DEFAULT_URL, exit_code};

/// Have an installation read and export what is due
#[derive(Args)]
#[command(
    allow_missing_positional = true,
    after_help = "\
Examples:
  tollbooth tick http://127.0.0.1:3000
  tollbooth tick services http://127.0.0.1:3000
  tollbooth tick --every 30s https://tolls.example

An operator's token is needed. With --every the command runs until it is stopped and outlives outages of the server.
Exit codes: 0 done, 1 refused, 2 wrong command line, 3 out of reach."
)]
pub(crate) struct Tick {
    /// A stage, `reading`, `services`, `export`, `messages` or `telemetry` (all when left out), and the address of the installation [env: TOLLBOOTH_URL]
    /// [default: http://127.0.0.1:3000]
    #[arg(value_name = "STAGE|URL", num_args = 0..=2)]
    what: Vec<String>,
    /// Again and again with this much time between, like `30s` or `2m`
    #[arg(long, value_name = "TIME", value_parser = pause)]
    every: Option<Duration>,
    #[command(flatten)]
    access: Access,
}

/// Reads waiting passages, in process and by services; publishes what is due for billing; tells people; adds up what happened.
const STAGES: [&str; 5] = ["reading", "services", "export", "messages", "telemetry"];

/// What is to be ticked: the stages named or all, and where.
fn target(what: &[String], otherwise: Option<String>) -> (Vec<&'static str>, String) {
    let named: Vec<_> = STAGES.into_iter().filter(|stage| what.iter().any(|word| word == stage)).collect();
    let url = what.iter().find(|word| !STAGES.contains(&word.as_str())).cloned().or(otherwise);
    let stages = if named.is_empty() { STAGES.to_vec() } else { named };
    (stages, url.unwrap_or_else(|| DEFAULT_URL.to_owned()))
}

impl Tick {
    pub(crate) fn run(self) -> u8 {
        exit_code(self.tick())
    }

    fn tick(&self) -> Result<u8, ClientError> {
        let (stages, url) = target(&self.what, std::env::var("TOLLBOOTH_URL").ok());
        let Some(pause) = self.every else {
            let api = self.access.api(&url, 4)?;
            return stages.into_iter().try_for_each(|stage| tick(&api, stage)).map(|()| 0);
        };
        // The next tick is the repetition.
        let api = self.access.api(&url, 1)?;
        loop {
            for stage in &stages {
                match tick(&api, stage) {
                    Ok(()) => {}
                    // Neither a refusal nor a wrong token gets better by itself.
                    Err(error) if error.exit_code() != 3 => return Err(error),
                    Err(error) => eprintln!("{} {error}", now()),
                }
            }
            std::thread::sleep(pause);
        }
    }
}

fn tick(api: &Api, stage: &str) -> Result<(), ClientError> {
    let answer = api.tick(stage)?;
    say(format_args!("{} {}: {answer}", now(), stage));
    Ok(())
}

fn now() -> String {
    format!("{:.0}", Timestamp::now())
}

fn pause(text: &str) -> Result<Duration, String> {
    let pause: SignedDuration = text.parse().map_err(|_| "give a time like 30s or 2m".to_owned())?;
    let pause = Duration::try_from(pause).map_err(|_| "the time must not be negative".to_owned())?;
    if pause < Duration::from_millis(100) { Err("the time must be at least 100ms".to_owned()) } else { Ok(pause) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stage_and_address_may_each_be_left_out() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let (all, here) = (STAGES.to_vec(), "http://a".to_owned());
        assert_eq!(target(&words(&["http://a"]), None), (all.clone(), here.clone()));
        assert_eq!(target(&words(&["export", "http://a"]), Some("http://b".into())), (vec!["export"], here.clone()));
        assert_eq!(target(&words(&["reading"]), Some("http://a".into())), (vec!["reading"], here));
        assert_eq!(target(&[], None), (all, DEFAULT_URL.to_owned()));
    }

    #[test]
    fn times_are_written_as_people_write_them_and_no_server_is_asked_without_a_pause() {
        assert_eq!(pause("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(pause("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "30", "0s", "-5s", "soon"] {
            assert!(pause(bad).is_err(), "{bad}");
        }
    }
}
