//! A second server that follows the first, and takes its place.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use crate::{START, SUPERUSER, Server, account, command, finish, free_port, launch};

impl Server {
    /// Copies the server and starts the copy as its standby, which fetches what is written from the port `through`: the
    /// server's own, or that of something between the two. The standby calls itself by this name, of small letters.
    ///
    /// # Errors
    /// What could not be done, with the server's words.
    pub fn standby(&self, name: &str, through: u16) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("tollbooth-pg-").tempdir().map_err(|e| e.to_string())?;
        let account = account::of_server()?;
        if let Some(account) = &account {
            account.owns(folder.path())?;
        }
        // For as long as the standby is away, what it has not got yet is kept: minutes of all that a test writes. The copy
        // keeps as much, and so does each of those that take over.
        self.sql("postgres", "ALTER SYSTEM SET wal_keep_size = '1GB'")?;
        self.sql("postgres", "SELECT pg_reload_conf()")?;
        let mut copy = command(&self.programs, "pg_basebackup", account.as_ref());
        copy.args(["--host", "127.0.0.1", "--port", &self.port.to_string(), "--username", SUPERUSER])
            .args(["--wal-method", "stream", "--checkpoint", "fast", "--no-sync", "--pgdata"])
            .arg(folder.path().join("data"));
        finish(copy)?;
        let port = free_port()?;
        // What is written last counts: the copy begins with the settings of the first.
        let settings = format!(
            "port = {port}\nunix_socket_directories = '{}'\nwal_receiver_timeout = '5s'\nwal_receiver_status_interval = '1s'\n\
             wal_retrieve_retry_interval = '200ms'\n\
             primary_conninfo = 'host=127.0.0.1 port={through} user={SUPERUSER} application_name={name} connect_timeout=5'\n",
            folder.path().display()
        );
        append(&folder.path().join("data/postgresql.conf"), &settings)?;
        // Set on the first for itself, and copied with it.
        append(&folder.path().join("data/postgresql.auto.conf"), "synchronous_standby_names = ''\n")?;
        let mut signal = command(Path::new("/bin"), "touch", account.as_ref());
        signal.arg(folder.path().join("data/standby.signal"));
        finish(signal)?;
        let keeper = launch(&self.programs, account.as_ref(), folder.path())?;
        let server = Self { keeper, port, programs: self.programs.clone(), account, folder };
        server.wait_until_it_answers()?;
        Ok(server)
    }

    /// Has every commit wait for the standby of this name, from now on, as docs/operations.md says to, and waits until it does.
    ///
    /// # Errors
    /// The server's words, or that the standby does not follow.
    pub fn wait_for_standby(&self, name: &str) -> Result<(), String> {
        self.sql("postgres", &format!("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 ({name})'"))?;
        // A standby that is gone is noticed after this, instead of a minute.
        self.sql("postgres", "ALTER SYSTEM SET wal_sender_timeout = '5s'")?;
        self.sql("postgres", "SELECT pg_reload_conf()")?;
        let sql = format!(
            "SELECT count(*) FROM pg_stat_replication WHERE application_name = '{name}' AND sync_state = 'sync'"
        );
        let deadline = Instant::now() + START;
        while self.asked("postgres", &sql)?.trim() != "1" {
            if Instant::now() > deadline {
                return Err(format!("the standby {name} does not follow in step"));
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        Ok(())
    }

    /// Makes a standby a server of its own that takes writes. Nobody keeps the former first from doing so as well.
    ///
    /// # Errors
    /// What could not be done.
    pub fn promote(&self) -> Result<(), String> {
        let mut promote = command(&self.programs, "pg_ctl", self.account.as_ref());
        promote.args(["promote", "--wait", "--silent", "--pgdata"]).arg(self.folder.path().join("data"));
        finish(promote)
    }
}

fn append(file: &Path, text: &str) -> Result<(), String> {
    let opened = std::fs::OpenOptions::new().append(true).open(file);
    opened.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|e| format!("{}: {e}", file.display()))
}
