//! Who runs the server: ourselves, or the user `postgres` when we are root.

use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

/// A user of the operating system.
#[derive(Debug, Clone, Copy)]
pub struct Account {
    uid: u32,
    gid: u32,
}

/// The account of the server; none when it is our own.
///
/// # Errors
/// As root without a user `postgres`.
pub fn of_server() -> Result<Option<Account>, String> {
    // The owner of our own entry in /proc is who we are.
    let me = std::fs::metadata("/proc/self").map_err(|e| format!("/proc/self: {e}"))?;
    if me.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd").map_err(|e| format!("/etc/passwd: {e}"))?;
    users
        .lines()
        .find_map(entry)
        .map(Some)
        .ok_or_else(|| "PostgreSQL refuses to run as root, and there is no user `postgres`".to_owned())
}

/// `postgres:x:104:113:…`
fn entry(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    (fields.next()? == "postgres").then_some(())?;
    Some(Account { uid: fields.nth(1)?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

impl Account {
    pub fn runs(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    pub fn owns(self, folder: &Path) -> Result<(), String> {
        chown(folder, Some(self.uid), Some(self.gid)).map_err(|e| format!("{}: {e}", folder.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_line_of_postgres_counts() {
        assert!(entry("root:x:0:0:root:/root:/bin/bash").is_none());
        let found = entry("postgres:x:104:113:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash").unwrap();
        assert_eq!((found.uid, found.gid), (104, 113));
    }
}
