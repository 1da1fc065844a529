//! This machine: processor, cores, threads, peak memory, processes, clock. Everything that reads Linux's `/proc` is here; on
//! other systems the values are unknown, each in its own way.

use crate::error::TrainError;
use serde::{Deserialize, Serialize};
use std::fs;
use std::thread::available_parallelism;
use std::time::{SystemTime, UNIX_EPOCH};

const UNKNOWN: &str = "unknown";

/// The machine on which a run finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name, or "unknown".
    pub processor: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Operating system and architecture.
    pub system: String,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        Self {
            processor: value_of("model name", &proc("cpuinfo")).unwrap_or(UNKNOWN).to_string(),
            cores: cores(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// The host name of this machine, or "unknown".
pub(crate) fn host() -> String {
    let name = proc("sys/kernel/hostname");
    if name.trim().is_empty() { UNKNOWN.into() } else { name.trim().into() }
}

/// The time now in seconds since 1970-01-01 00:00 UTC, to the millisecond; `None` if the clock is set to before that.
pub fn unix_seconds() -> Option<f64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_millis() as f64 / 1e3)
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The number of threads for the setting `threads`: the setting, or one per core if it is 0.
pub fn thread_count(setting: usize) -> usize {
    if setting == 0 { cores() } else { setting }
}

/// Runs `work` in a pool of `count` threads, which all parallel work below it uses.
///
/// # Errors
/// [`TrainError::Threads`] when the operating system refuses to start the threads.
pub fn with_threads<T: Send>(count: usize, work: impl FnOnce() -> T + Send) -> Result<T, TrainError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
    let pool = pool.map_err(|error| TrainError::Threads { threads: count, detail: error.to_string() })?;
    Ok(pool.install(work))
}

/// Peak memory of this process in bytes; `None` where `/proc` is missing.
pub fn peak_memory_bytes() -> Option<u64> {
    let status = proc("self/status");
    let kibibytes = value_of("VmHWM", &status)?.strip_suffix("kB")?.trim();
    Some(kibibytes.parse::<u64>().ok()? * 1024)
}

/// Restarts [`peak_memory_bytes`] at the memory in use now. Where the system cannot, the peak since the process began
/// remains, which is no smaller.
pub fn reset_peak_memory() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Identifies what a process number belongs to: this boot, and within it this container. Empty where `/proc` is
/// missing.
pub(crate) fn system() -> String {
    let boot = proc("sys/kernel/random/boot_id");
    match fs::read_link("/proc/self/ns/pid") {
        Ok(processes) if !boot.is_empty() => format!("{} {}", boot.trim(), processes.display()),
        _ => String::new(),
    }
}

/// When a process began, in clock ticks since boot; `None` if it is not running.
pub(crate) fn process_start(pid: u32) -> Option<u64> {
    start_in_stat(&proc(&format!("{pid}/stat")))
}

/// Whether a process was stopped by a signal, from the terminal (Ctrl-Z) or by a scheduler.
pub(crate) fn process_is_stopped(pid: u32) -> bool {
    proc(&format!("{pid}/stat"))
        .rsplit_once(')')
        .is_some_and(|(_, fields)| fields.trim_start().starts_with('T'))
}

/// Field 22 of `/proc/PID/stat`. The second field, the program's name in parentheses, may hold anything.
fn start_in_stat(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    // A zombie has ended, though its parent has not read its exit status yet.
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// The text of a file in `/proc`, empty if it cannot be read.
fn proc(name: &str) -> String {
    fs::read_to_string(format!("/proc/{name}")).unwrap_or_default()
}

/// The value of the first line `key: value`.
fn value_of<'a>(key: &str, text: &'a str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_whole_key() {
        let text = "processor\t: 0\nmodel\t\t: 97\nmodel name\t: A: B\nVmHWM:\t  512 kB\n";
        assert_eq!(value_of("model name", text), Some("A: B"));
        assert_eq!(value_of("VmHWM", text), Some("512 kB"));
        assert_eq!(value_of("name", text), None);
    }

    #[test]
    fn the_start_of_a_process_is_read_whatever_its_name_is() {
        let numbers: String = (4..=30).map(|field| format!(" {}", 100 * field)).collect();
        assert_eq!(start_in_stat(&format!("12 (a) b) R{numbers}")), Some(2200));
        assert_eq!(start_in_stat(&format!("12 (a) b) Z{numbers}")), None, "a zombie");
        assert_eq!(start_in_stat(""), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_has_a_start_and_a_peak_memory() {
        assert!(process_start(std::process::id()).is_some());
        assert_eq!(process_start(u32::MAX), None);
        let before = peak_memory_bytes().unwrap();
        std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(peak_memory_bytes().unwrap() >= before.max(64 << 20));
        assert!(!system().is_empty() && !host().is_empty());
    }

    #[test]
    fn a_pool_has_the_threads_that_were_asked_for() {
        assert_eq!(with_threads(3, rayon::current_num_threads).unwrap(), 3);
        assert_eq!((thread_count(5), thread_count(0)), (5, cores()));
    }
}
