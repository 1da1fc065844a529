//! This machine: processor, cores, threads, peak memory, processes. All that reads Linux's `/proc`.

use crate::error::TrainError;
use serde::{Deserialize, Serialize};
use std::fs;
use std::thread::available_parallelism;

/// The machine a run finished on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's name, where the system tells it.
    pub processor: String,
    /// Cores that the process may use.
    pub cores: usize,
    /// Operating system and architecture.
    pub system: String,
}

impl Machine {
    /// This machine.
    pub fn this() -> Self {
        let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let name = information.lines().find(|line| line.starts_with("model name"));
        let name = name.and_then(|line| line.split_once(':')).map_or("unknown", |(_, name)| name.trim());
        Self {
            processor: name.to_string(),
            cores: available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
        }
    }
}

/// The most memory this process has held at once, in bytes; `None` where the system does not tell (it is read from
/// Linux's `/proc`).
pub fn peak_memory_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// Lets [`peak_memory_bytes`] start anew, where the system can (Linux).
pub fn reset_peak_memory() {
    // Where it cannot, the peak is that of the whole process, which is no smaller.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Threads to use for the setting `threads`: itself, or one for each core when it is 0.
pub fn thread_count(setting: usize) -> usize {
    match setting {
        0 => available_parallelism().map_or(1, usize::from),
        count => count,
    }
}

/// Runs `work` in a pool of so many threads; all parallel work below uses that pool.
///
/// # Errors
/// [`TrainError::Threads`] when the system does not give the threads.
pub fn with_threads<T: Send>(count: usize, work: impl FnOnce() -> T + Send) -> Result<T, TrainError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(count).build();
    let pool = pool.map_err(|error| TrainError::Threads { threads: count, detail: error.to_string() })?;
    Ok(pool.install(work))
}

/// The name of this machine, or "unknown".
pub(crate) fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    if name.trim().is_empty() { "unknown".into() } else { name.trim().into() }
}

/// What process numbers on this machine belong to: this boot, and within it this container. Empty where Linux's `/proc`
/// is missing.
pub(crate) fn system() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let processes = fs::read_link("/proc/self/ns/pid").map(|path| path.display().to_string());
    match processes {
        Ok(processes) if !boot.is_empty() => format!("{} {processes}", boot.trim()),
        _ => String::new(),
    }
}

/// When a process began, in clock ticks since boot (`/proc/PID/stat`, field 22).
pub(crate) fn process_start(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let state = text.rsplit(')').next()?.split_whitespace().next()?;
    let began = text.rsplit(')').next()?.split_whitespace().nth(19)?.parse().ok()?;
    // A zombie is dead, though its parent has not looked yet.
    (state != "Z").then_some(began)
}
