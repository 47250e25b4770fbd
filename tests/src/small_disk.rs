//! A small disk that can be filled without harm to the real one.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A tmpfs in a mount namespace that a sleeping process holds, so that it outlives the processes on it. Needs no
/// rights beyond those of a user who may make namespaces. Gone on drop.
pub struct SmallDisk(Child);

impl SmallDisk {
    /// A disk of this size at a directory. None where the system does not permit it; the caller says so loudly.
    #[must_use]
    pub fn at(directory: &Path, megabytes: u32) -> Option<Self> {
        let script = format!("mount -t tmpfs -o size={megabytes}m none \"$0\" && echo mounted && exec sleep 3600");
        let spawned = Command::new("unshare")
            .args(["-r", "-m", "sh", "-c", &script])
            .arg(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut disk = Self(spawned.ok()?);
        let mut line = String::new();
        BufReader::new(disk.0.stdout.take()?).read_line(&mut line).ok()?;
        (line.trim() == "mounted").then_some(disk)
    }

    /// The process that holds it.
    #[must_use]
    pub fn holder(&self) -> String {
        self.0.id().to_string()
    }

    /// An absolute path on the disk, as everybody else reaches it.
    #[must_use]
    pub fn seen_from_outside(&self, path: &Path) -> PathBuf {
        let root = Path::new("/proc").join(self.holder()).join("root");
        root.join(path.strip_prefix("/").unwrap_or(path))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
