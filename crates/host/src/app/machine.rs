//! What this process may use of the machine: memory and open files.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Of the memory there is, the part that guests may use, in percent: the rest is for the host itself and for the page
/// cache, which the databases live on.
const GUESTS: usize = 60;
/// Of the guests' memory, the part for clients' large requests, and the most it is worth.
const LARGE: usize = 2;
const MOST_LARGE: usize = 512 << 20;
/// Of the open files, the part for connections; databases and instances need the others.
const CONNECTIONS: usize = 2;
const MOST_CONNECTIONS: usize = 10_000;

/// Bytes of memory for all guests together, unless somebody says otherwise.
pub(super) fn guests_memory() -> usize {
    memory(Path::new("/")).map_or(4 << 30, |bytes| bytes / 100 * GUESTS)
}

/// The part of a guests' memory that clients' large requests may take, in bytes.
pub(super) fn large_memory(budget: usize) -> usize {
    (budget / LARGE).min(MOST_LARGE)
}

/// Connections that may be open at once.
pub(super) fn connections() -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    files
        .map_or(MOST_CONNECTIONS, |files| usize::try_from(files).unwrap_or(usize::MAX) / CONNECTIONS)
        .min(MOST_CONNECTIONS)
}

/// The machine's memory, or what the control groups of this process leave of it, as in a container. None where neither
/// can be learnt.
fn memory(root: &Path) -> Option<usize> {
    let machine = fs::read_to_string(root.join("proc/meminfo")).ok().and_then(|text| total(&text));
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().flat_map(limit_files).filter_map(|file| limit(&root.join(file)));
    machine.into_iter().chain(limits).min()
}

/// `MemTotal` of `/proc/meminfo`, in bytes.
fn total(meminfo: &str) -> Option<usize> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.split_whitespace().next()?.parse::<usize>().ok()?.checked_mul(1024)
}

/// The files that limit the memory of one line of `/proc/self/cgroup`: those of the group and of every group around it.
/// Version 2 has one hierarchy (`0::/path`), version 1 one for memory (`5:memory:/path`).
fn limit_files(line: &str) -> Vec<PathBuf> {
    let mut fields = line.splitn(3, ':');
    let (Some(number), Some(controllers), Some(path)) = (fields.next(), fields.next(), fields.next()) else {
        return Vec::new();
    };
    let (top, name) = if number == "0" && controllers.is_empty() {
        ("sys/fs/cgroup", "memory.max")
    } else if controllers.split(',').any(|controller| controller == "memory") {
        ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
    } else {
        return Vec::new();
    };
    // In a container the path may be that of the host, of which only the top is mounted.
    let relative = Path::new(path.trim_start_matches('/'));
    relative.ancestors().map(|group| Path::new(top).join(group).join(name)).collect()
}

/// A limit in bytes; none for `max`, and for the number that version 1 writes instead.
fn limit(file: &Path) -> Option<usize> {
    let text = fs::read_to_string(file).ok()?;
    text.trim().parse().ok().filter(|bytes| *bytes < 1 << 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:       16384000 kB\nMemFree: 1 kB\n");

    #[test]
    fn a_container_has_what_its_group_and_the_groups_around_it_leave() {
        let v2 = root(&[
            MACHINE,
            ("proc/self/cgroup", "0::/pod/container\n"),
            ("sys/fs/cgroup/pod/container/memory.max", "max\n"),
            ("sys/fs/cgroup/pod/memory.max", "536870912\n"),
        ]);
        assert_eq!(memory(v2.path()), Some(536_870_912));
        let v1 = root(&[
            MACHINE,
            ("proc/self/cgroup", "9:cpu:/x\n5:memory:/docker/abc\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n"),
        ]);
        assert_eq!(memory(v1.path()), Some(268_435_456));
    }

    #[test]
    fn without_a_limit_it_is_the_machine() {
        let free = root(&[
            MACHINE,
            ("proc/self/cgroup", "5:memory:/\n0::/\n"),
            ("sys/fs/cgroup/memory.max", "max\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        assert_eq!(memory(free.path()), Some(16_384_000 * 1024));
        assert_eq!(memory(Path::new("/nowhere")), None);
    }

    #[test]
    fn there_are_files_left_for_everything_but_connections() {
        assert!((1..=MOST_CONNECTIONS).contains(&connections()));
    }
}
