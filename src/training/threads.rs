//! The threads that a run computes with.

use crate::error::TrainError;
use std::thread::available_parallelism;

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
