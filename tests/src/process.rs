//! The real `tollbooth` as a process that can be killed, refused its disk, or started twice.
//!
//! Unlike [`crate::Host`] this always runs `tollbooth`, may run it behind another command (`unshare`, `setpriv`), and
//! expects that a start can be refused.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::built::tollbooth;
use crate::host::{OPERATOR_TOKEN, free_port, manifest};
use crate::{Api, Recognizer, repository, wait};

/// A state directory, a port, and a log that outlive the processes on them.
pub struct Place {
    directory: TempDir,
    port: u16,
    /// Where compiled code is kept; at first the one that all tests share.
    pub cache_dir: PathBuf,
    /// With the first operator's token.
    pub operator: Api,
}

impl Default for Place {
    /// A fresh state directory.
    #[expect(clippy::expect_used, reason = "test set-up")]
    fn default() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let port = free_port();
        fs::create_dir(directory.path().join("state")).expect("a state directory");
        let cache_dir = repository().join("target/tests-compiled");
        Self { directory, port, cache_dir, operator: Api::new(port, OPERATOR_TOKEN) }
    }
}

impl Place {
    /// A directory that ends with the place.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The state directory.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// Calls with this token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Api {
        Api::new(self.port, token)
    }

    /// Everything the processes wrote.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }

    /// Starts and waits until it serves. `behind` is a command that runs the rest of its arguments, or empty.
    #[must_use]
    #[expect(clippy::panic, reason = "a host that does not come up fails the test, with its log")]
    pub fn up(&self, behind: &[&str]) -> Process {
        let mut process = Process(self.spawn(behind));
        let anonymous = Api::new(self.port, "");
        wait::until("the host to serve", wait::FIRST_START.as_secs(), || {
            if let Ok(Some(status)) = process.0.try_wait() {
                panic!("the host ended with {status}:\n{}", self.log());
            }
            anonymous.try_get("/v1/health").filter(|reply| reply.status == 200)
        });
        process
    }

    /// Starts what is expected to end by itself: its exit code and what it said.
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn refused(&self, behind: &[&str]) -> (Option<i32>, String) {
        let before = self.log().len();
        let mut process = Process(self.spawn(behind));
        let status = wait::until("the host to end", wait::FIRST_START.as_secs(), || {
            process.0.try_wait().expect("the host's state")
        });
        (status.code(), self.log().get(before..).unwrap_or_default().to_owned())
    }

    /// `tollbooth send` of a folder to the booth `north`.
    #[must_use]
    pub fn send(&self, photos: &Path, token: &str) -> Command {
        let mut command = Command::new(tollbooth());
        command.arg("send").arg(photos).args(["--booth", "north", "--jobs", "2", "--attempts", "3"]);
        command.args(["--url", &format!("http://127.0.0.1:{}", self.port)]).env("TOLLBOOTH_TOKEN", token);
        command.stdin(Stdio::null());
        command
    }

    #[expect(clippy::expect_used, reason = "test set-up")]
    fn spawn(&self, behind: &[&str]) -> Child {
        let log = File::options().create(true).append(true).open(self.path().join("log")).expect("a log file");
        let mut words = behind.iter();
        let mut command = match words.next() {
            None => Command::new(tollbooth()),
            Some(first) => {
                let mut command = Command::new(first);
                command.args(words).arg(tollbooth());
                command
            }
        };
        command.arg("up").arg("--manifest").arg(manifest(self.path(), Recognizer::Scripted));
        command.arg("--state-dir").arg(self.state()).arg("--cache-dir").arg(&self.cache_dir);
        command.arg("--listen").arg(format!("127.0.0.1:{}", self.port));
        command.arg("--variable").arg(format!("operator_token={OPERATOR_TOKEN}"));
        command.stdin(Stdio::null()).stdout(log.try_clone().expect("a log file")).stderr(log);
        command.spawn().expect("start the host; build it first with scripts/build --host")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- log of the host ---\n{}", self.log());
        }
    }
}

/// A running host. Killed on drop.
pub struct Process(Child);

impl Process {
    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.0.try_wait(), Ok(None))
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
