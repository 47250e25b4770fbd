//! The console in a real browser: a scenario of `tests/browser`, driven by Playwright in Debian's Chromium.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::host::OPERATOR_TOKEN;
use crate::{Host, repository};

/// Whether there is a browser. Says loudly that a test is skipped where there is none; where `TOLLBOOTH_NEED_BROWSER` is
/// set, as in `scripts/check`, nothing may be skipped.
#[must_use]
pub fn browser_or_skip(what: &str) -> bool {
    let installed = repository().join("tests/browser/node_modules/playwright-core").exists()
        && ["node", "chromium"].iter().all(|name| Command::new(name).arg("--version").output().is_ok());
    if !installed {
        let text = format!("{what}: there is no browser. Install it with scripts/browser");
        assert!(std::env::var_os("TOLLBOOTH_NEED_BROWSER").is_none(), "{text}");
        eprintln!("\n*** SKIPPED *** {text}\n");
    }
    installed
}

impl Host {
    /// Runs a scenario against this application. It may ask for the host to be killed and restarted.
    #[expect(clippy::expect_used, reason = "a browser that cannot be started fails the test")]
    pub fn browse(&mut self, scenario: &str) {
        let mut child = Command::new("node")
            .args(["run.mjs", scenario])
            .current_dir(repository().join("tests/browser"))
            .env("TOLLBOOTH_URL", format!("http://{}", self.address()))
            .env("TOLLBOOTH_TOKEN", OPERATOR_TOKEN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start node");
        let mut orders = child.stdin.take().expect("its standard input");
        for line in BufReader::new(child.stdout.take().expect("its standard output")).lines() {
            match line.expect("a line of the scenario").as_str() {
                "host: kill" => self.kill(),
                "host: restart" => self.restart(),
                other => {
                    println!("{other}");
                    continue;
                }
            }
            writeln!(orders, "done").expect("answer the scenario");
        }
        let status = child.wait().expect("the scenario's end");
        assert!(status.success(), "the scenario {scenario} does not hold; what it said stands above");
    }
}
