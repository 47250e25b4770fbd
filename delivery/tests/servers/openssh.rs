//! OpenSSH's server, as Debian has it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use crate::books::{Books, Desk};
use crate::relay::{Line, Relay};
use crate::scenarios;
use crate::server::{Running, SmallDisk, free_port, has, is_root, until};

const SSHD: &str = "/usr/sbin/sshd";

struct Sshd {
    folder: tempfile::TempDir,
    port: u16,
    running: Option<Running>,
}

fn keygen(path: &Path, kind: &str, passphrase: &str) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", passphrase, "-f"]).arg(path).status().unwrap();
    assert!(made.success());
}

fn user() -> String {
    String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned()
}

impl Sshd {
    fn new() -> Option<Self> {
        if !has(SSHD) {
            return None;
        }
        // For its separation of privileges, which only root has.
        if is_root() {
            std::fs::create_dir_all("/run/sshd").unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        keygen(&folder.path().join("host"), "ed25519", "");
        keygen(&folder.path().join("id"), "ed25519", "");
        std::fs::copy(folder.path().join("id.pub"), folder.path().join("authorized")).unwrap();
        std::fs::create_dir(folder.path().join("files")).unwrap();
        let port = free_port();
        let at = folder.path().display();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {at}/host\nPidFile none\nAuthorizedKeysFile {at}/authorized\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin yes\nMaxStartups 100\nSubsystem sftp internal-sftp\n"
        );
        std::fs::write(folder.path().join("config"), config).unwrap();
        let mut sshd = Self { folder, port, running: None };
        sshd.start();
        Some(sshd)
    }

    fn command(program: Command, folder: &Path) -> Command {
        let mut command = program;
        command.args(["-D", "-e", "-f"]).arg(folder.join("config"));
        command
    }

    fn start(&mut self) {
        self.start_with(Command::new(SSHD));
    }

    fn start_with(&mut self, program: Command) {
        let path = self.folder.path();
        self.running = Some(Running::start(Self::command(program, path), self.port, &path.join("log")));
    }

    fn kill(&mut self) {
        self.running = None;
    }

    fn host_key(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("host.pub")).unwrap().trim().to_owned()
    }

    /// A folder of its own.
    fn fresh(&self) -> PathBuf {
        tempfile::tempdir_in(self.folder.path().join("files")).unwrap().keep()
    }

    fn destination(&self, path: &Path, port: u16) -> String {
        format!(
            "kind = \"sftp\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"{}\"\nhost_key = \"{}\"\nkey_file = \"{}\"\n\
             path = \"{}\"\ntimeout_seconds = 20",
            user(),
            self.host_key(),
            self.folder.path().join("id").display(),
            path.display()
        )
    }
}

#[test]
fn openssh_gets_everything_in_sequence_and_only_once() {
    let Some(sshd) = Sshd::new() else { return };
    scenarios::all(|| sshd.destination(&sshd.fresh(), sshd.port));
}

#[test]
fn a_line_that_breaks_anywhere_delays_and_loses_nothing() {
    let Some(sshd) = Sshd::new() else { return };
    let relay = Relay::to(sshd.port);
    for bytes in [1_000, 4_000, 40_000, 150_000, 420_000, 800_000] {
        let path = sshd.fresh();
        let desk = Desk::new(&sshd.destination(&path, relay.port));
        let books = Books::of(3, 300_000);
        relay.set(Line::BreaksAfter(bytes));
        let (state, words) = desk.fails(&books);
        assert_eq!(state, "unreachable", "after {bytes} bytes: {words}");
        scenarios::assert_sound(desk.open().as_mut(), &books);
        desk.delivers(&books);
        scenarios::assert_delivered(desk.open().as_mut(), &books);
        assert_nothing_left(&path);
    }
}

/// No partial file stays behind, hidden or not.
fn assert_nothing_left(path: &Path) {
    let hidden: Vec<_> = std::fs::read_dir(path.join("manifests"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name.to_string_lossy().starts_with('.'))
        .collect();
    assert!(hidden.is_empty(), "{hidden:?}");
}

#[test]
fn a_server_that_is_killed_in_mid_transfer_delays_and_loses_nothing() {
    let Some(mut sshd) = Sshd::new() else { return };
    let relay = Relay::to(sshd.port);
    let path = sshd.fresh();
    let desk = Desk::new(&sshd.destination(&path, relay.port));
    let books = Books::of(2, 600_000);
    relay.set(Line::StallsAfter(300_000));
    thread::scope(|scope| {
        let failed = scope.spawn(|| desk.fails(&books));
        until("a transfer is under way", || relay.sent() > 300_000);
        sshd.kill();
        relay.set(Line::Whole);
        let (state, words) = failed.join().unwrap();
        assert_eq!(state, "unreachable", "{words}");
    });
    // Nobody listens.
    assert_eq!(desk.fails(&books).0, "unreachable");
    sshd.start();
    scenarios::assert_sound(desk.open().as_mut(), &books);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
    assert_nothing_left(&path);
}

#[test]
fn a_slow_line_is_no_fault() {
    let Some(sshd) = Sshd::new() else { return };
    let relay = Relay::to(sshd.port);
    let desk = Desk::new(&sshd.destination(&sshd.fresh(), relay.port));
    let books = Books::of(1, 200_000);
    relay.set(Line::Crawls(2_000));
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn a_server_that_stops_answering_is_given_up_in_time() {
    let Some(sshd) = Sshd::new() else { return };
    let relay = Relay::to(sshd.port);
    let destination =
        sshd.destination(&sshd.fresh(), relay.port).replace("timeout_seconds = 20", "timeout_seconds = 1");
    let desk = Desk::new(&destination);
    let books = Books::of(1, 400_000);
    relay.set(Line::StallsAfter(100_000));
    let (state, words) = desk.fails(&books);
    assert_eq!(state, "unreachable", "{words}");
    relay.set(Line::Whole);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn a_full_disk_is_told_as_that_and_loses_nothing() {
    let Some(mut sshd) = Sshd::new() else { return };
    let path = sshd.fresh();
    let Some(disk) = SmallDisk::at(&path, 1) else { return };
    sshd.kill();
    sshd.start_with(disk.inside(SSHD));
    let desk = Desk::new(&sshd.destination(&path, sshd.port));
    let books = Books::of(3, 400_000);
    let (state, words) = desk.fails(&books);
    assert_eq!(state, "full", "{words}");
    scenarios::assert_sound(desk.open().as_mut(), &books);
    disk.grow(10);
    desk.delivers(&books);
    scenarios::assert_delivered(desk.open().as_mut(), &books);
}

#[test]
fn an_unknown_host_key_is_refused_in_words_before_anything_is_sent() {
    let Some(sshd) = Sshd::new() else { return };
    let path = sshd.fresh();
    let right = sshd.destination(&path, sshd.port);
    keygen(&sshd.folder.path().join("other"), "ed25519", "");
    let other = std::fs::read_to_string(sshd.folder.path().join("other.pub")).unwrap();
    let desk = Desk::new(&right.replace(&sshd.host_key(), other.trim()));
    let (state, words) = desk.fails(&Books::of(1, 100));
    assert_eq!(state, "untrusted", "{words}");
    let shown = Command::new("ssh-keygen").arg("-lf").arg(sshd.folder.path().join("host.pub")).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let fingerprint = shown.split(' ').nth(1).unwrap();
    assert!(words.contains(fingerprint) && words.contains("host_key"), "{words}");
    assert!(std::fs::read_dir(&path).unwrap().next().is_none());

    // A key of another kind than the server has.
    keygen(&sshd.folder.path().join("third"), "ecdsa", "");
    let third = std::fs::read_to_string(sshd.folder.path().join("third.pub")).unwrap();
    let (state, words) = Desk::new(&right.replace(&sshd.host_key(), third.trim())).fails(&Books::of(1, 100));
    assert_eq!(state, "untrusted", "{words}");

    // Its fingerprint is as good as the key, and of two the server needs one.
    let both = format!("[\"{}\", \"{fingerprint}\"]", other.trim());
    Desk::new(&right.replace(&format!("\"{}\"", sshd.host_key()), &both)).delivers(&Books::of(1, 100));
}

#[test]
fn a_wrong_key_is_a_refused_login_and_an_encrypted_one_opens_with_its_passphrase() {
    let Some(sshd) = Sshd::new() else { return };
    let right = sshd.destination(&sshd.fresh(), sshd.port);
    let id = sshd.folder.path().join("id").display().to_string();
    let stranger = sshd.folder.path().join("stranger");
    keygen(&stranger, "ed25519", "open sesame");
    let passphrase = sshd.folder.path().join("passphrase");
    std::fs::write(&passphrase, "open sesame\n").unwrap();
    let with = |passphrase: &Path| {
        right.replace(&id, &stranger.display().to_string())
            + &format!("\npassphrase_file = \"{}\"", passphrase.display())
    };
    let books = Books::of(1, 100);
    let (state, words) = Desk::new(&with(&passphrase)).fails(&books);
    assert_eq!(state, "login-refused", "{words}");
    assert!(!words.contains("sesame"));
    let wrong = sshd.folder.path().join("wrong");
    std::fs::write(&wrong, "close sesame\n").unwrap();
    let (state, words) = Desk::new(&with(&wrong)).fails(&books);
    assert_eq!(state, "secret-missing", "{words}");
    std::fs::copy(sshd.folder.path().join("stranger.pub"), sshd.folder.path().join("authorized")).unwrap();
    Desk::new(&with(&passphrase)).delivers(&books);
}

#[test]
fn a_folder_that_is_missing_or_not_ours_is_told_as_that() {
    let Some(sshd) = Sshd::new() else { return };
    let missing = sshd.folder.path().join("files/nowhere");
    let (state, words) = Desk::new(&sshd.destination(&missing, sshd.port)).fails(&Books::of(1, 100));
    assert_eq!(state, "folder-missing", "{words}");
    assert!(words.contains("nowhere"), "{words}");
    assert!(!missing.exists());
    // Nobody, not even root, makes a folder in /proc.
    let (state, words) = Desk::new(&sshd.destination(Path::new("/proc"), sshd.port)).fails(&Books::of(1, 100));
    assert!(matches!(state, "denied" | "odd-answer"), "{state}: {words}");
}
