//! A disk of Windows: NTFS, on which no name may have a colon. ntfs-3g refuses them as Windows does, and as the drivers of FAT,
//! exFAT and SMB do.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::server::{has, is_root, seen_by, skip, until};

/// Mounted in a namespace of its own by the process that serves it. Gone on drop.
pub struct Ntfs {
    server: Child,
}

impl Ntfs {
    /// A disk at an empty folder. None where the system does not permit it, which is said loudly.
    pub fn at(at: &Path) -> Option<Self> {
        if !has("/usr/bin/ntfs-3g") {
            return None;
        }
        if !is_root() || !Path::new("/dev/fuse").exists() {
            skip("a disk of Windows is served by root through /dev/fuse, and one of them is missing");
            return None;
        }
        let image = at.with_extension("ntfs");
        std::fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let script = "mkntfs -F -Q -q \"$1\" && exec ntfs-3g -o windows_names,no_detach \"$1\" \"$0\"";
        let server = Command::new("unshare")
            .args(["-m", "sh", "-c", script])
            .arg(at)
            .arg(&image)
            .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut disk = Self { server: server.ok()? };
        let mounts = format!("/proc/{}/mounts", disk.server.id());
        let mounted = format!(" {} fuse", at.display());
        let mut ended = false;
        until("the disk is mounted", || {
            ended = disk.server.try_wait().unwrap().is_some();
            ended || std::fs::read_to_string(&mounts).is_ok_and(|mounts| mounts.contains(&mounted))
        });
        if ended {
            skip("ntfs-3g could not mount a disk: this system permits none");
            return None;
        }
        Some(disk)
    }

    /// A path on the disk, as everybody else reaches it.
    pub fn seen_from_outside(&self, path: &Path) -> PathBuf {
        seen_by(self.server.id(), path)
    }
}

impl Drop for Ntfs {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
