//! Programs that tests start: on loopback, with a free port, ended with the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Whether a program that a test needs is there; in CI it must be.
pub fn has(program: &str) -> bool {
    let found = Path::new(program).exists();
    if !found {
        let text = format!("{program} is not installed; scripts/delivery-servers installs it");
        // As in `scripts/check`, which installs it.
        assert!(std::env::var_os("TOLLBOOTH_NEED_DELIVERY_SERVERS").is_none(), "{text}");
        skip(&text);
    }
    found
}

/// Says loudly that a test is skipped: what a system does not permit, as a container permits no mount, nobody can install.
pub fn skip(why: &str) {
    // Past the capture of the test harness, which shows nothing of tests that pass.
    let _ = std::io::stderr().write_all(format!("\n*** SKIPPED *** {why}\n\n").as_bytes());
}

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Asks until it is so, or panics after two minutes.
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A server in the foreground. Its output is in a file; it is ended with all its children.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it, and waits until it takes connections.
    pub fn start(mut command: Command, port: u16, log: &Path) -> Self {
        let output = std::fs::File::options().create(true).append(true).open(log).unwrap();
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output);
        let mut running = Self { child: command.spawn().unwrap(), log: log.to_owned() };
        until("the server listens", || {
            let ended = running.child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended: {ended:?}\n{}", running.log());
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        running
    }

    pub fn log(&self) -> String {
        let mut text = String::new();
        let _ = std::fs::File::open(&self.log).and_then(|mut file| file.read_to_string(&mut text));
        text
    }

    /// As when the power fails: the server and all who serve a connection.
    pub fn kill(&mut self) {
        kill_tree(self.child.id());
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

fn kill_tree(pid: u32) {
    let children = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
        kill_tree(child);
    }
    let _ = Command::new("kill").args(["-9", &pid.to_string()]).stderr(Stdio::null()).status();
}

pub fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

/// A path as a process with a mount namespace of its own sees it.
pub fn seen_by(process: u32, path: &Path) -> PathBuf {
    Path::new("/proc").join(process.to_string()).join("root").join(path.strip_prefix("/").unwrap())
}

/// A tmpfs in a mount namespace that a sleeping process holds. Gone on drop.
pub struct SmallDisk {
    holder: Child,
    at: PathBuf,
}

impl SmallDisk {
    /// A disk of this size in MiB. None where the system does not permit it, which is said loudly.
    pub fn at(at: &Path, megabytes: u32) -> Option<Self> {
        let script = format!("mount -t tmpfs -o size={megabytes}m none \"$0\" && echo mounted && exec sleep 3600");
        let namespaces: &[&str] = if is_root() { &["-m"] } else { &["-r", "-m"] };
        let spawned = Command::new("unshare")
            .args(namespaces)
            .args(["sh", "-c", &script])
            .arg(at)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut disk = Self { holder: spawned.ok()?, at: at.to_owned() };
        let mut line = String::new();
        BufReader::new(disk.holder.stdout.take()?).read_line(&mut line).ok()?;
        if line.trim() != "mounted" {
            skip("this system permits no small disk: no tmpfs can be mounted in a namespace");
            return None;
        }
        Some(disk)
    }

    /// A path on the disk, as everybody else reaches it.
    pub fn seen_from_outside(&self, path: &Path) -> PathBuf {
        seen_by(self.holder.id(), path)
    }

    /// Somebody made room.
    pub fn grow(&self, megabytes: u32) {
        self.remount(&format!("size={megabytes}m"));
    }

    /// Somebody changed how it is mounted.
    pub fn remount(&self, options: &str) {
        let status = self.inside("mount").args(["-o", &format!("remount,{options}")]).arg(&self.at).status();
        assert!(status.unwrap().success());
    }

    /// A command that sees the disk.
    pub fn inside(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.holder.id().to_string(), "-m"]);
        if !is_root() {
            command.args(["-U", "--preserve-credentials"]);
        }
        command.arg(program);
        command
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
