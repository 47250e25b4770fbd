//! How all destinations stand, where people and metrics find it: two files beside the progress, written at each look.
//!
//! Files, and not a route of the server: they are there when the server is the one that is down, and no token needs more
//! rights than to read exports. `standing.prom` is for Prometheus' textfile collector.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use tollbooth_pipeline::capture::rfc3339;

use crate::standing::{self, Standing};
use crate::worker::Reporter;
use crate::{StateDir, Trouble};

const METRICS: &str = "standing.prom";

/// Keeps the files.
pub struct Board {
    folder: PathBuf,
    posted: Mutex<BTreeMap<String, Posted>>,
}

/// How a destination stood when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posted {
    /// How it stood.
    #[serde(flatten)]
    pub standing: Standing,
    /// When, in seconds of Unix time.
    pub at: u64,
    /// Since when it fails, in seconds of Unix time.
    pub failing_since: Option<u64>,
}

impl Board {
    /// A board that knows what the last process wrote.
    ///
    /// # Errors
    /// [`Trouble::Progress`]
    pub fn new(state: &StateDir) -> Result<Self, Trouble> {
        Ok(Self { folder: state.path().to_owned(), posted: Mutex::new(read(state.path())?) })
    }

    fn write(&self, posted: &BTreeMap<String, Posted>) -> std::io::Result<()> {
        for (name, text) in [(standing::FILE, serde_json::to_string_pretty(posted)?), (METRICS, metrics(posted))] {
            let mut staged = tempfile::Builder::new().prefix(".standing-").tempfile_in(&self.folder)?;
            staged.write_all(text.as_bytes())?;
            share(staged.as_file())?;
            staged.persist(self.folder.join(name)).map_err(|e| e.error)?;
        }
        Ok(())
    }
}

impl Reporter for Board {
    fn report(&self, standing: &Standing) {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
        let mut posted = self.posted.lock().unwrap_or_else(PoisonError::into_inner);
        let since = posted.get(&standing.name).and_then(|before| before.failing_since);
        let failing_since = (!standing.is_well()).then_some(since.unwrap_or(now));
        posted.insert(standing.name.clone(), Posted { standing: standing.clone(), at: now, failing_since });
        if let Err(error) = self.write(&posted) {
            tracing::error!(folder = %self.folder.display(), "how destinations stand could not be written: {error}");
        }
    }
}

/// What a running `tollbooth deliver` wrote last, by name; empty where none ever ran.
///
/// # Errors
/// [`Trouble::Progress`] for a file that cannot be read.
pub fn read(folder: &Path) -> Result<BTreeMap<String, Posted>, Trouble> {
    let path = folder.join(standing::FILE);
    match std::fs::read(&path) {
        Ok(text) => serde_json::from_slice(&text)
            .map_err(|e| Trouble::progress("read", &path)(std::io::Error::new(ErrorKind::InvalidData, e))),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(e) => Err(Trouble::progress("read", &path)(e)),
    }
}

impl Posted {
    /// Whether the next look is overdue: the process ended, or hangs.
    #[must_use]
    pub fn is_stale(&self, now: u64) -> bool {
        // A look may take as long as it takes to upload what is pending.
        const SLACK: u64 = 600;
        now > self.at + self.standing.next_attempt_seconds + SLACK
    }

    /// When, for people.
    #[must_use]
    pub fn at(&self) -> String {
        time(self.at)
    }
}

/// Seconds of Unix time, for people.
#[must_use]
pub fn time(seconds: u64) -> String {
    rfc3339(i64::try_from(seconds).unwrap_or(i64::MAX / 1000).saturating_mul(1000))
}

/// https://prometheus.io/docs/instrumenting/exposition_formats/
fn metrics(posted: &BTreeMap<String, Posted>) -> String {
    type Value = fn(&Posted) -> u64;
    let series: [(&str, &str, Value); 5] = [
        ("well", "Whether the last look at the destination found and left nothing wrong.", |p| {
            u64::from(p.standing.is_well())
        }),
        ("pending", "Exports that are published and not delivered.", |p| p.standing.pending),
        ("delivered_through", "Sequence of the last export that was delivered.", |p| p.standing.delivered_through),
        ("failing_since_seconds", "Unix time since which it fails; 0 while it does not.", |p| {
            p.failing_since.unwrap_or(0)
        }),
        ("looked_at_seconds", "Unix time of the last look.", |p| p.at),
    ];
    let mut text = String::new();
    for (name, help, value) in series {
        let _ = writeln!(text, "# HELP tollbooth_delivery_{name} {help}\n# TYPE tollbooth_delivery_{name} gauge");
        for (destination, posted) in posted {
            let standing = &posted.standing;
            // Names are letters, digits and `-`; states are ours: nothing needs escaping.
            let _ = writeln!(
                text,
                "tollbooth_delivery_{name}{{destination=\"{destination}\",kind=\"{}\",state=\"{}\"}} {}",
                standing.kind,
                standing.state,
                value(posted)
            );
        }
    }
    text
}

/// A collector runs as another user; nothing in these files is secret.
#[cfg(unix)]
fn share(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn share(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(failures: u32) -> Standing {
        Standing {
            name: "billing".into(),
            kind: "sftp".into(),
            profile: "billing".into(),
            target: "sftp://h:22/in".into(),
            state: if failures == 0 { "up-to-date".into() } else { "unreachable".into() },
            detail: (failures > 0).then(|| "out of reach".to_owned()),
            delivered_through: 7,
            pending: 2,
            failures,
            next_attempt_seconds: 60,
        }
    }

    #[test]
    fn what_stands_on_the_board_is_read_back_and_a_failure_keeps_its_beginning() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path()).unwrap();
        let board = Board::new(&state).unwrap();
        board.report(&standing(1));
        let first = read(folder.path()).unwrap()["billing"].clone();
        assert_eq!((first.standing.clone(), first.failing_since), (standing(1), Some(first.at)));
        Board::new(&state).unwrap().report(&standing(2));
        assert_eq!(read(folder.path()).unwrap()["billing"].failing_since, first.failing_since);
        let text = std::fs::read_to_string(folder.path().join(METRICS)).unwrap();
        let line = "tollbooth_delivery_well{destination=\"billing\",kind=\"sftp\",state=\"unreachable\"} 0";
        assert!(text.lines().any(|found| found == line), "{text}");
        board.report(&standing(0));
        assert_eq!(read(folder.path()).unwrap()["billing"].failing_since, None);
    }

    #[test]
    fn a_process_that_no_longer_looks_is_told_from_one_that_waits() {
        let posted = Posted { standing: standing(0), at: 1000, failing_since: None };
        assert!(!posted.is_stale(1000 + 60 + 600));
        assert!(posted.is_stale(1000 + 60 + 601));
    }
}
