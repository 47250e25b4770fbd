//! The console in a real browser: a scenario of `tests/browser`, driven by Playwright in Debian's Chromium.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};

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
    pub fn browse(&mut self, scenario: &str) {
        let address = self.address();
        browse(scenario, &address, OPERATOR_TOKEN, |order| match order {
            "kill" => self.kill(),
            "restart" => self.restart(),
            other => println!("no such order: {other}"),
        });
    }
}

/// Runs a scenario against an application at this address, with a token of its operator. `obey` carries out what the scenario
/// asks of whoever runs the application.
#[expect(clippy::expect_used, reason = "a browser that cannot be started fails the test")]
pub fn browse(scenario: &str, address: &str, token: &str, mut obey: impl FnMut(&str)) {
    let mut child = Command::new("node")
        .args(["run.mjs", scenario])
        .current_dir(repository().join("tests/browser"))
        .env("TOLLBOOTH_URL", format!("http://{address}"))
        .env("TOLLBOOTH_TOKEN", token)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("start node");
    let mut orders = child.stdin.take().expect("its standard input");
    for line in BufReader::new(child.stdout.take().expect("its standard output")).lines() {
        let line = line.expect("a line of the scenario");
        match line.strip_prefix("host: ") {
            Some(order) => {
                obey(order);
                writeln!(orders, "done").expect("answer the scenario");
            }
            None => println!("{line}"),
        }
    }
    let status = child.wait().expect("the scenario's end");
    assert!(status.success(), "the scenario {scenario} does not hold; what it said stands above");
}

/// A real provider of identities, `oidc-provider` from npm, on this machine. Ends when dropped.
pub struct RealProvider {
    child: Child,
    issuer: String,
    output: BufReader<ChildStdout>,
}

impl RealProvider {
    /// Starts it; it answers once it knows its client, by [`Self::connect`].
    #[must_use]
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn start() -> Self {
        let mut child = Command::new("node")
            .arg("provider.mjs")
            .current_dir(repository().join("tests/browser"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start node");
        let mut output = BufReader::new(child.stdout.take().expect("its standard output"));
        let mut issuer = String::new();
        output.read_line(&mut issuer).expect("its issuer");
        Self { child, issuer: issuer.trim().to_owned(), output }
    }

    /// The variables of an application that is connected to it.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        vec![
            ("openid_host", self.issuer.clone()),
            ("openid_issuer", self.issuer.clone()),
            ("openid_client_id", "tollbooth".to_owned()),
            ("openid_client_secret", "secret-of-the-tests".to_owned()),
            ("openid_redirect_url", "http://127.0.0.1:{port}/v1/sign-in/callback".to_owned()),
            ("openid_roles", "lead=supervisor; staff=reviewer".to_owned()),
            ("openid_name", "Staff".to_owned()),
        ]
    }

    /// Tells it where its client is.
    #[expect(clippy::expect_used, reason = "test set-up")]
    pub fn connect(&mut self, host: &Host) {
        let redirect = format!("http://{}/v1/sign-in/callback", host.address());
        writeln!(self.child.stdin.as_mut().expect("its standard input"), "{redirect}").expect("tell the provider");
        let mut line = String::new();
        // What it says of itself before, as that it is not for production, is not for us.
        while line.trim() != "ready" {
            line.clear();
            let read = self.output.read_line(&mut line).expect("its answer");
            assert!(read > 0, "the provider ended");
        }
    }
}

impl Drop for RealProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
