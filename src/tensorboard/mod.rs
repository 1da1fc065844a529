//! A run's curves for TensorBoard, as event files in the run's folder: training loss and accuracy, validation loss and
//! accuracy by epoch, loss and learning rate by update, test loss and accuracy at the end; the axis is updates made.
//!
//! Each start of a run begins a file of its own. It tells TensorBoard to forget what the files before it hold of updates
//! that are made again, and adds the epochs that they lack, so the curve is the run's however often it was interrupted,
//! and whether or not each start was asked for events. Nothing is changed in the run, and the files are no part of it:
//! without them it is as whole as with them.

mod messages;
mod records;

use crate::config::TrainConfig;
use crate::error::RunError;
use crate::run::{EVENTS_PREFIX, EpochRecord, Progress, RunFolder, RunResult};
use crate::training::{Observer, StepReport};
use messages::{Event, TEST_ACCURACY, TRAINING_LOSS};
use prost::Message as _;
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// Updates of a run that are told, at most: as many as TensorBoard shows of a curve by default.
const UPDATES_TOLD: usize = 1000;

/// Writes the events of one start of a run.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: File,
    /// Of so many updates one is told.
    stride: usize,
    /// The first event that could not be written; none is tried after it.
    failure: Option<RunError>,
}

impl EventLog {
    /// Begins a file for a run of these settings that has come as far as `progress`.
    ///
    /// # Errors
    /// [`RunError::Io`] when the files that are there cannot be read or a new one not be made.
    pub fn begin(folder: &RunFolder, config: &TrainConfig, progress: &Progress) -> Result<Self, RunError> {
        let known = Known::read(folder)?;
        let stride = config.total_steps().div_ceil(UPDATES_TOLD).max(1);
        let mut log = Self::create(folder, &known, stride, progress.steps_done)?;
        log.add_missing(&known, &progress.history, progress.steps_done);
        log.failure.take().map_or(Ok(log), Err)
    }

    /// Adds what the files of a finished run lack; makes no file when they lack nothing.
    ///
    /// # Errors
    /// [`RunError`] when the files or the history cannot be read, or a new file not be written.
    pub fn complete(folder: &RunFolder, result: &RunResult) -> Result<(), RunError> {
        let (known, history) = (Known::read(folder)?, folder.history()?);
        let last = history.last().map_or(0, |record| record.steps);
        if known.is_tested && known.epoch_before(result.steps) >= last {
            return Ok(());
        }
        let mut log = Self::create(folder, &known, 1, result.steps)?;
        log.add_missing(&known, &history, result.steps);
        log.end((!known.is_tested).then_some(result))
    }

    /// Writes the score on the test images, where the run has come to it, and tells what could not be written since the
    /// beginning.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn end(mut self, result: Option<&RunResult>) -> Result<(), RunError> {
        if let Some(result) = result {
            self.write(&Event::test(result));
        }
        self.failure.map_or(Ok(()), Err)
    }

    fn create(folder: &RunFolder, known: &Known, stride: usize, steps_done: usize) -> Result<Self, RunError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // TensorBoard reads files in the order of their names: a clock that was put back must not change it.
        let seconds = known.newest.map_or(now, |newest| now.max(newest.saturating_add(1)));
        let path = folder.path().join(format!("{EVENTS_PREFIX}{seconds:010}.rowlstm"));
        let failed = |cause| RunError::Io { action: "write", path: path.clone(), cause };
        let file = File::create_new(&path).map_err(failed)?;
        let mut log = Self { path, file, stride, failure: None };
        log.write(&Event::version());
        if known.newest.is_some() {
            log.write(&Event::restart(steps_done + 1));
        }
        Ok(log)
    }

    /// The epochs that no file holds: of a start that was not asked for events, or was killed before it wrote them.
    fn add_missing(&mut self, known: &Known, history: &[EpochRecord], steps_done: usize) {
        let reached = known.epoch_before(steps_done);
        for record in history.iter().filter(|record| record.steps > reached) {
            self.write(&Event::epoch(record));
        }
    }

    /// Each event goes to the system at once: there are a thousand of them in a run, and none is lost with the process.
    fn write(&mut self, event: &Event) {
        if self.failure.is_none()
            && let Err(cause) = self.file.write_all(&records::framed(&event.encode_to_vec()))
        {
            self.failure = Some(RunError::Io { action: "write", path: self.path.clone(), cause });
        }
    }
}

impl Observer for EventLog {
    fn step(&mut self, report: &StepReport) {
        if (report.step - 1).is_multiple_of(self.stride) {
            self.write(&Event::update(report));
        }
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.write(&Event::epoch(record));
    }
}

/// What the event files of a folder hold already.
#[derive(Debug, Default)]
struct Known {
    /// When the newest was begun, in seconds since 1970, as its name says.
    newest: Option<u64>,
    /// Updates after the epochs that are told.
    epochs: Vec<usize>,
    /// Whether the score on the test images is told.
    is_tested: bool,
}

impl Known {
    fn read(folder: &RunFolder) -> Result<Self, RunError> {
        let mut known = Self::default();
        for path in folder.event_files()? {
            known.newest = known.newest.max(Some(seconds_in_name(&path)));
            let failed = |cause| RunError::Io { action: "read", path: path.clone(), cause };
            let mut file = BufReader::new(File::open(&path).map_err(failed)?);
            while let Some(data) = records::next(&mut file).map_err(failed)? {
                // What is no event is not ours to mend; TensorBoard passes over it too.
                known.add(&Event::decode(&data[..]).unwrap_or_default());
            }
        }
        Ok(known)
    }

    fn add(&mut self, event: &Event) {
        let step = usize::try_from(event.step).unwrap_or(0);
        if event.is_restart() {
            self.epochs.retain(|known| *known < step);
        }
        if event.has(TRAINING_LOSS) {
            self.epochs.push(step);
        }
        self.is_tested |= event.has(TEST_ACCURACY);
    }

    /// The updates after the last epoch that is told, of those that the run has made; 0 for none.
    fn epoch_before(&self, steps_done: usize) -> usize {
        self.epochs.iter().copied().filter(|step| *step <= steps_done).max().unwrap_or(0)
    }
}

fn seconds_in_name(path: &Path) -> u64 {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let rest = name.strip_prefix(EVENTS_PREFIX).unwrap_or_default();
    rest.split('.').next().and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}
