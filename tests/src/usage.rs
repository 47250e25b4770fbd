//! What a process uses, as the system tells it.

use std::fs;
use std::time::Duration;

/// A figure of `/proc/PID/status` in bytes; none where the system does not say.
pub(crate) fn memory(pid: u32, figure: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(figure))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Time that all threads of a process had a core, those that ended included; none where the system does not say.
pub(crate) fn processor_time(pid: u32) -> Option<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program may hold anything; behind it come the state and, as the 12th and 13th, ticks for the program
    // and for the system on its behalf.
    let (_, figures) = text.rsplit_once(')')?;
    let ticks: u64 = figures.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<Result<_, _>>().ok()?;
    Some(Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).ok()?)
}
