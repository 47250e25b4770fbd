//! Sudden ends: `kill -9`, and the loss of everything that was not yet on the disk.
//!
//! What a power failure leaves of a server is modelled on files, for nobody drops a disk's unsynced writes without a device
//! of his own: data files as they were at the last checkpoint, as if nothing that was written to them since had reached the
//! disk, and the log of changes up to where the server says that it is on the disk, with nothing behind. That is the worst
//! that a disk may do which keeps what it said that it has. Whether the server's syncs reach the disk at all is not tried:
//! a server that says so and lies (`fsync = off`, a disk with a cache of its own) is taken at its word.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::{START, Server, finish};

impl Server {
    /// `kill -9` of every process of the server. What it had given to the operating system stays.
    ///
    /// # Errors
    /// What could not be done.
    pub fn kill(&mut self) -> Result<(), String> {
        let file = self.data().join("postmaster.pid");
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        let first = text.lines().next().unwrap_or_default().trim().to_owned();
        // Stopped first, so that it does not tell the others, or start new ones.
        signal("-STOP", std::slice::from_ref(&first))?;
        let mut all = children(&first)?;
        all.push(first);
        let began: Vec<Option<String>> = all.iter().map(|process| started_at(process)).collect();
        signal("-KILL", &all)?;
        // The shell above it ends when it has; the others are nobody's children then, and may still have the files open.
        self.wait_for_the_keeper()?;
        wait_until_ended(all.iter().map(String::as_str).zip(began))
    }

    /// Has nothing flush the log of changes from now on but a commit that waits for it. A setting alone cannot: the process
    /// that writes the log for the others is never told to wait longer than ten seconds, so it is held, for good.
    ///
    /// # Errors
    /// The server's words, or that this process never came to rest.
    pub fn hold_the_log(&self) -> Result<(), String> {
        // Nor does a page that is written out take the log along.
        for quiet in ["wal_writer_delay = '10s'", "bgwriter_lru_maxpages = 0", "autovacuum = off"] {
            self.sql("postgres", &format!("ALTER SYSTEM SET {quiet}"))?;
        }
        self.sql("postgres", "SELECT pg_reload_conf()")?;
        // At rest it holds no lock that somebody else would wait for.
        let at_rest =
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter' AND wait_event = 'WalWriterMain'";
        let deadline = Instant::now() + START;
        loop {
            let process = self.asked("postgres", at_rest)?.trim().to_owned();
            if !process.is_empty() {
                return signal("-STOP", std::slice::from_ref(&process));
            }
            if Instant::now() > deadline {
                return Err("the process that writes the log of changes never rests".to_owned());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Has everything written to the disk, and remembers the data files as they are there. While this copies nobody may write.
    ///
    /// # Errors
    /// What could not be done.
    pub fn remember_the_disk(&self) -> Result<(), String> {
        // No checkpoint comes by itself until the power fails, and no part of the log is given up.
        self.shell(
            r#"psql -qd postgres -c "ALTER SYSTEM SET checkpoint_timeout = '1h'" -c "ALTER SYSTEM SET max_wal_size = '8GB'" \
                -c "ALTER SYSTEM SET wal_keep_size = '4GB'" -c "SELECT pg_reload_conf()" -c "CHECKPOINT" >/dev/null
            rm -rf "$DISK"
            cp -a "$PGDATA" "$DISK"
            rm -rf "$DISK/pg_wal" "$DISK/postmaster.pid""#,
            &[("DISK", self.disk().as_path())],
        )
        .map(drop)
    }

    /// Kills the server and leaves of its files what is surely on the disk. What was written since [`Self::remember_the_disk`]
    /// comes back from the log alone. Whoever got an answer must have got it before this is called.
    ///
    /// # Errors
    /// What could not be done.
    pub fn lose_power(&mut self) -> Result<(), String> {
        let at = self.asked(
            "postgres",
            "SELECT file_name || ' ' || file_offset FROM pg_walfile_name_offset(pg_current_wal_flush_lsn())",
        )?;
        let (segment, offset) = at.trim().split_once(' ').ok_or_else(|| format!("{at} is no place in the log"))?;
        self.kill()?;
        let places = [("DISK", self.disk()), ("SEGMENT", PathBuf::from(segment)), ("OFFSET", PathBuf::from(offset))];
        let places: Vec<(&str, &Path)> = places.iter().map(|(name, path)| (*name, path.as_path())).collect();
        // At a boundary the place is said as the end of the segment before, with an offset of 0: that one is whole.
        self.shell(
            r#"log="$DISK.log"
            mv "$PGDATA/pg_wal" "$log"
            rm -rf "$PGDATA"
            cp -a "$DISK" "$PGDATA"
            mv "$log" "$PGDATA/pg_wal"
            cd "$PGDATA/pg_wal"
            for file in *; do
                [ -f "$file" ] && [ "${#file}" = 24 ] || continue
                last=$(printf '%s\n%s\n' "$file" "$SEGMENT" | LC_ALL=C sort | tail -n 1)
                if [ "$file" = "$SEGMENT" ]; then
                    [ "$OFFSET" = 0 ] && continue
                    size=$(stat -c %s "$file")
                    truncate -s "$OFFSET" "$file"
                    truncate -s "$size" "$file"
                elif [ "$last" = "$file" ]; then
                    rm "$file"
                fi
            done"#,
            &places,
        )
        .map(drop)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn disk(&self) -> PathBuf {
        self.place("disk")
    }
}

/// The processes that this one started.
fn children(parent: &str) -> Result<Vec<String>, String> {
    let processes = std::fs::read_dir("/proc").map_err(|e| format!("/proc: {e}"))?;
    let names = processes.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let numbers = names.filter(|name| name.bytes().all(|b| b.is_ascii_digit()));
    Ok(numbers.filter(|number| parent_of(number).as_deref() == Some(parent)).collect())
}

/// `4711 (postgres: walwriter) S 4700 …`: what stands behind the last bracket, from the state on.
fn stat(process: &str, field: usize) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(field).map(str::to_owned)
}

fn parent_of(process: &str) -> Option<String> {
    stat(process, 1)
}

/// In ticks since the machine started: with the number it names one process, however numbers are used again.
fn started_at(process: &str) -> Option<String> {
    stat(process, 19)
}

/// One that nobody has asked for its end yet has ended all the same: it holds no file and no memory.
fn ended(process: &str, began: Option<&str>) -> bool {
    stat(process, 0).is_none_or(|state| state == "Z" || state == "X") || started_at(process).as_deref() != began
}

fn wait_until_ended<'a>(processes: impl Iterator<Item = (&'a str, Option<String>)>) -> Result<(), String> {
    let deadline = Instant::now() + START;
    for (process, began) in processes {
        while !ended(process, began.as_deref()) {
            if Instant::now() > deadline {
                return Err(format!("process {process} was killed and does not end"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}

fn signal(which: &str, processes: &[String]) -> Result<(), String> {
    let mut kill = Command::new("/bin/sh");
    // The shell's own `kill`: a process that has ended meanwhile is no failure, and of the first one the caller waits for the end.
    kill.args(["-c", "which=$1; shift; for one; do kill \"$which\" \"$one\" 2>/dev/null || :; done", "kill", which]);
    kill.args(processes);
    finish(kill)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_started_this_process_is_found() {
        let me = std::process::id().to_string();
        let parent = parent_of(&me).unwrap();
        assert!(children(&parent).unwrap().contains(&me));
    }

    #[test]
    fn every_process_is_waited_for_and_one_that_has_the_number_of_another_is_not() {
        let mut sleeping = Command::new("sleep").arg("600").spawn().unwrap();
        let process = sleeping.id().to_string();
        let began = started_at(&process);
        assert!(began.is_some() && !ended(&process, began.as_deref()));
        assert!(ended(&process, Some("1")), "the one that was meant began at another time");
        signal("-KILL", std::slice::from_ref(&process)).unwrap();
        // Nobody has asked for its end yet, as nobody asks for that of a server's orphans.
        wait_until_ended([(process.as_str(), began.clone())].into_iter()).unwrap();
        sleeping.wait().unwrap();
        assert!(ended(&process, began.as_deref()));
    }
}
