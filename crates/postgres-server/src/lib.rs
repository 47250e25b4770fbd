//! A PostgreSQL server for tests and benchmarks: a folder, a port and a process of its own, on loopback only.
//!
//! Nothing of it outlives the process that started it, not even when that one is killed: the server runs under a shell
//! that ends it when its standard input closes. The programs are those of the operating system; `scripts/postgres`
//! installs them. Whoever is root starts the server as the user `postgres`, for PostgreSQL refuses to run as root.

mod account;
mod power;
mod standby;

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::account::Account;

/// The superuser of the test server.
pub const SUPERUSER: &str = "postgres";

/// How long a server may take to answer after it was started.
const START: Duration = Duration::from_secs(180);

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commits {
    /// As in production.
    Synced,
    /// For tests in which no power fails.
    Unsynced,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    keeper: Child,
    port: u16,
    programs: PathBuf,
    account: Option<Account>,
    folder: TempDir,
}

/// The folder of the server's programs; none where PostgreSQL is not installed.
///
/// `TOLLBOOTH_POSTGRES_PROGRAMS` names another one than Debian's.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("TOLLBOOTH_POSTGRES_PROGRAMS") {
        return Some(PathBuf::from(named));
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

/// The programs, for a test that can not do without; says loudly that it is skipped where they are missing.
///
/// # Panics
/// Where `TOLLBOOTH_NEED_POSTGRES` is set, as in `scripts/check`: there nothing may be skipped.
#[must_use]
pub fn programs_or_skip(what: &str) -> Option<PathBuf> {
    let found = programs();
    if found.is_none() {
        let text = format!("{what}: PostgreSQL is not installed; scripts/postgres installs it");
        assert!(std::env::var_os("TOLLBOOTH_NEED_POSTGRES").is_none(), "{text}");
        // Past the capture of the test harness, which shows nothing of tests that pass.
        let _ = writeln!(std::io::stderr(), "\n*** SKIPPED *** {text}\n");
    }
    found
}

impl Server {
    /// Makes a new cluster and starts it.
    ///
    /// # Errors
    /// What could not be done, with the server's words.
    pub fn start(programs: &Path, commits: Commits) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("tollbooth-pg-").tempdir().map_err(|e| e.to_string())?;
        let account = account::of_server()?;
        if let Some(account) = &account {
            account.owns(folder.path())?;
        }
        let mut init = command(programs, "initdb", account.as_ref());
        init.args(["--username", SUPERUSER, "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8"])
            .args(["--no-sync", "--no-instructions", "--pgdata"])
            .arg(folder.path().join("data"));
        finish(init)?;
        let port = free_port()?;
        write_settings(&folder.path().join("data"), folder.path(), port, commits)?;
        let keeper = launch(programs, account.as_ref(), folder.path())?;
        let server = Self { keeper, port, programs: programs.to_owned(), account, folder };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// The address of a database on it.
    #[must_use]
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// The port, on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Kills every process of the server at once, as a machine that loses power does, and starts it again.
    ///
    /// # Errors
    /// What could not be done.
    pub fn crash_and_restart(&mut self) -> Result<(), String> {
        self.crash()?;
        self.restart()
    }

    /// Kills every process of the server at once.
    ///
    /// # Errors
    /// What could not be done.
    pub fn crash(&mut self) -> Result<(), String> {
        // pg_ctl's immediate mode: no checkpoint, no goodbye to clients; recovery follows at the next start.
        let mut stop = command(&self.programs, "pg_ctl", self.account.as_ref());
        stop.args(["stop", "--mode", "immediate", "--silent", "--pgdata"]).arg(self.folder.path().join("data"));
        finish(stop)
    }

    /// Starts a server that was stopped or crashed again, on the same port and files.
    ///
    /// # Errors
    /// What could not be done.
    pub fn restart(&mut self) -> Result<(), String> {
        self.wait_for_the_keeper()?;
        self.keeper = launch(&self.programs, self.account.as_ref(), self.folder.path())?;
        self.wait_until_it_answers()
    }

    /// Stops the server as its administrator does: clients are sent away, everything is on the disk and in the archive.
    ///
    /// # Errors
    /// What could not be done.
    pub fn stop(&self) -> Result<(), String> {
        let mut stop = command(&self.programs, "pg_ctl", self.account.as_ref());
        stop.args(["stop", "--mode", "fast", "--silent", "--pgdata"]).arg(self.folder.path().join("data"));
        finish(stop)
    }

    /// A place beside the data that the server's account may write to, removed with the server.
    #[must_use]
    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a shell's command as the server's administrator: with its programs, its address and its account, `PGDATA`, and
    /// places under their names. What it printed.
    ///
    /// # Errors
    /// What it said.
    pub fn shell(&self, line: &str, places: &[(&str, &Path)]) -> Result<String, String> {
        let mut shell = Command::new("/bin/sh");
        let path = std::env::var("PATH").unwrap_or_default();
        shell
            .args(["-euc", line])
            .current_dir("/")
            .env("LC_ALL", "C.UTF-8")
            .env("PATH", format!("{}:{path}", self.programs.display()))
            .envs([("PGHOST", "127.0.0.1"), ("PGUSER", SUPERUSER), ("PGPORT", &self.port.to_string())])
            .env("PGDATA", self.folder.path().join("data"))
            .envs(places.iter().copied())
            .stdin(Stdio::null());
        if let Some(account) = &self.account {
            account.runs(&mut shell);
        }
        let output = shell.output().map_err(|e| format!("{line}: {e}"))?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(said);
        }
        Err(format!("{line}: {said}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Runs statements as the superuser.
    ///
    /// # Errors
    /// The server's words.
    pub fn sql(&self, database: &str, sql: &str) -> Result<(), String> {
        let mut psql = command(&self.programs, "psql", None);
        psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--command", sql])
            .arg(self.url(SUPERUSER, database));
        finish(psql)
    }

    /// Asks for one value as the superuser.
    ///
    /// # Errors
    /// The server's words.
    pub fn asked(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = command(&self.programs, "psql", None);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", sql])
            .arg(self.url(SUPERUSER, database));
        let output = psql.stdin(Stdio::null()).output().map_err(|e| format!("{psql:?}: {e}"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// Waits until the shell above the server ended, because the server did. Its input stays open meanwhile: waiting for a child
    /// closes it otherwise, and the shell would take that for the end of this process and remove the server's files.
    fn wait_for_the_keeper(&mut self) -> Result<(), String> {
        let input = self.keeper.stdin.take();
        let ended = self.keeper.wait();
        drop(input);
        ended.map(drop).map_err(|e| format!("the shell above PostgreSQL: {e}"))
    }

    fn wait_until_it_answers(&self) -> Result<(), String> {
        let deadline = Instant::now() + START;
        loop {
            let mut ready = command(&self.programs, "pg_isready", None);
            ready.args(["--quiet", "--host", "127.0.0.1", "--port", &self.port.to_string()]);
            if finish(ready).is_ok() {
                return Ok(());
            }
            if Instant::now() > deadline {
                let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                return Err(format!("PostgreSQL does not answer on port {}: {log}", self.port));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Closing its input is what tells the keeper to end the server.
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

fn command(programs: &Path, name: &str, account: Option<&Account>) -> Command {
    let mut command = Command::new(programs.join(name));
    command.env("LC_ALL", "C.UTF-8").current_dir("/");
    if let Some(account) = account {
        account.runs(&mut command);
    }
    command
}

fn finish(mut command: Command) -> Result<(), String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// Free a moment ago; nobody else on this machine is handed the same one soon.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|e| e.to_string())?;
    listener.local_addr().map(|address| address.port()).map_err(|e| e.to_string())
}

fn write_settings(data: &Path, sockets: &Path, port: u16, commits: Commits) -> Result<(), String> {
    let synced = match commits {
        Commits::Synced => "on",
        Commits::Unsynced => "off",
    };
    let text = format!(
        "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{}'\nmax_connections = 200\n\
         fsync = {synced}\nsynchronous_commit = {synced}\nfull_page_writes = {synced}\nautovacuum_naptime = '5s'\n",
        sockets.display()
    );
    std::fs::OpenOptions::new()
        .append(true)
        .open(data.join("postgresql.conf"))
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|e| format!("{}: {e}", data.display()))
}

/// Starts the server under a shell that ends it, and itself, when nobody holds its standard input any more, and takes its files
/// with it: a process that was killed, or keeps the server until it ends, removes nothing.
fn launch(programs: &Path, account: Option<&Account>, folder: &Path) -> Result<Child, String> {
    const KEEP: &str = r#"
exec 3<&0
"$1/postgres" -D "$2/data" >>"$2/log" 2>&1 &
server=$!
(cat >/dev/null; touch "$2/left"; kill -QUIT "$server") <&3 &
watcher=$!
wait "$server"
kill "$watcher"
[ ! -e "$2/left" ] || rm -rf "$2"
"#;
    let mut shell = Command::new("/bin/sh");
    shell
        .args(["-c", KEEP, "keeper"])
        .arg(programs)
        .arg(folder)
        .env("LC_ALL", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(account) = account {
        account.runs(&mut shell);
    }
    shell.spawn().map_err(|e| format!("a shell for PostgreSQL: {e}"))
}
