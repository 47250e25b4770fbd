//! ProFTPD as Debian has it, with users of its own: SFTP with a password.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::books::{Books, Desk};
use crate::scenarios;
use crate::server::{Running, free_port, has, is_root};

pub const PROFTPD: &str = "/usr/sbin/proftpd";
pub const PASSWORD: &str = "correct horse";

pub struct Proftpd {
    pub folder: tempfile::TempDir,
    pub port: u16,
    running: Option<Running>,
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

impl Proftpd {
    /// With the lines of a module, in which `FOLDER` is the server's folder.
    fn new(module: &str) -> Option<Self> {
        Self::with(module, |_| {})
    }

    /// The same, after something was laid into its folder.
    pub fn with(module: &str, prepare: impl FnOnce(&Path)) -> Option<Self> {
        if !has(PROFTPD) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().display().to_string();
        std::fs::create_dir(folder.path().join("files")).unwrap();
        let (uid, gid) = (output("id", &["-u"]), output("id", &["-g"]));
        let hash = output("openssl", &["passwd", "-6", PASSWORD]);
        std::fs::write(folder.path().join("passwd"), format!("tolls:{hash}:{uid}:{gid}::{at}/files:/bin/sh\n"))
            .unwrap();
        // ProFTPD refuses tables that others may read.
        let private = Command::new("chmod").arg("600").arg(folder.path().join("passwd")).status().unwrap();
        assert!(private.success());
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ecdsa", "-m", "PEM", "-N", "", "-f"])
            .arg(folder.path().join("host"))
            .status()
            .unwrap();
        assert!(made.success());
        prepare(folder.path());
        let port = free_port();
        let account = if is_root() { "User root\nGroup root\n" } else { "" };
        let config = format!(
            "ServerName test\nServerType standalone\nDefaultAddress 127.0.0.1\nPort {port}\nUseIPv6 off\n{account}\
             UseReverseDNS off\nRequireValidShell off\nRootLogin on\nAuthOrder mod_auth_file.c\nAuthUserFile {at}/passwd\n\
             PidFile {at}/pid\nScoreboardFile {at}/scoreboard\nSystemLog {at}/system.log\nTransferLog none\nWtmpLog off\n\
             DelayEngine off\nAllowOverwrite on\nMaxLoginAttempts 10\nModulePath /usr/lib/proftpd\n{}",
            module.replace("FOLDER", &at)
        );
        std::fs::write(folder.path().join("config"), config).unwrap();
        let mut server = Self { folder, port, running: None };
        server.start();
        Some(server)
    }

    pub fn start(&mut self) {
        self.start_with(Command::new(PROFTPD));
    }

    pub fn kill(&mut self) {
        self.running = None;
    }

    pub fn log_of(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    pub fn start_with(&mut self, mut command: Command) {
        let path = self.folder.path();
        command.args(["-n", "-c"]).arg(path.join("config"));
        self.running = Some(Running::start(command, self.port, &path.join("log")));
    }

    pub fn fresh(&self) -> PathBuf {
        tempfile::tempdir_in(self.folder.path().join("files")).unwrap().keep()
    }

    pub fn secret(&self, password: &str) -> PathBuf {
        let path = self.folder.path().join(format!("secret-{}", password.len()));
        std::fs::write(&path, password).unwrap();
        path
    }
}

const SFTP: &str = "LoadModule mod_sftp.c\nSFTPEngine on\nSFTPHostKey FOLDER/host\nSFTPLog FOLDER/sftp.log\n\
                    SFTPAuthMethods password\n";

fn sftp(server: &Proftpd, path: &Path, port: u16, password: &str) -> String {
    let host_key = std::fs::read_to_string(server.folder.path().join("host.pub")).unwrap();
    format!(
        "kind = \"sftp\"\nhost = \"127.0.0.1\"\nport = {port}\nuser = \"tolls\"\nhost_key = \"{}\"\n\
         password_file = \"{}\"\npath = \"{}\"\ntimeout_seconds = 20",
        host_key.trim(),
        server.secret(password).display(),
        path.display()
    )
}

#[test]
fn proftpd_over_ssh_gets_everything_with_a_password() {
    let Some(server) = Proftpd::new(SFTP) else { return };
    scenarios::all(|| sftp(&server, &server.fresh(), server.port, PASSWORD));
}

#[test]
fn a_wrong_password_is_a_refused_login_and_not_repeated_in_words() {
    let Some(server) = Proftpd::new(SFTP) else { return };
    let (state, words) =
        Desk::new(&sftp(&server, &server.fresh(), server.port, "wrong battery")).fails(&Books::of(1, 100));
    assert_eq!(state, "login-refused", "{words}");
    assert!(words.contains("tolls") && !words.contains("battery"), "{words}");
}
