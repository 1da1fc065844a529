//! A run's curves for TensorBoard, as event files in the run's folder: training loss and accuracy, validation loss and
//! accuracy by epoch, loss and learning rate by training step, test loss and accuracy at the end. The axis is training
//! steps. The settings of the run are hyperparameters of TensorBoard's plugin HParams.
//!
//! Each start of a run creates a file. The file makes TensorBoard discard the events of earlier files for training
//! steps that are repeated, and it adds the epochs that are missing there. So the curve is complete however often the
//! run was interrupted, and whether or not each start wrote events. The run does not depend on these files.

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

/// Training steps of a run that are written, at most: as many as TensorBoard shows of a curve by default.
const STEPS_WRITTEN: usize = 1000;

/// Writes the events of one start of a run.
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    file: File,
    /// One training step of so many is written.
    stride: usize,
    /// Why an event could not be written; later ones are not tried.
    failure: Option<RunError>,
}

impl EventLog {
    /// Creates a file for a run with these settings that continues from `progress`.
    ///
    /// # Errors
    /// [`RunError::Io`] when the existing files cannot be read or the new one cannot be written.
    pub fn begin(folder: &RunFolder, config: &TrainConfig, progress: &Progress) -> Result<Self, RunError> {
        let known = Known::read(folder)?;
        let stride = config.total_steps().div_ceil(STEPS_WRITTEN).max(1);
        let mut log = Self::create(folder, config, &known, stride, progress.steps_done)?;
        log.add_missing(&known, &progress.history, progress.steps_done);
        log.failure.take().map_or(Ok(log), Err)
    }

    /// Adds what is missing in the files of a finished run; creates no file if nothing is missing.
    ///
    /// # Errors
    /// [`RunError`] when the files or the history cannot be read, or the new file cannot be written.
    pub fn complete(folder: &RunFolder, result: &RunResult) -> Result<(), RunError> {
        let (known, history) = (Known::read(folder)?, folder.history()?);
        let last = history.last().map_or(0, |record| record.steps);
        if known.is_tested && known.epoch_before(result.steps) >= last {
            return Ok(());
        }
        let mut log = Self::create(folder, &result.settings, &known, 1, result.steps)?;
        log.add_missing(&known, &history, result.steps);
        log.end((!known.is_tested).then_some(result))
    }

    /// Writes the test score, if there is a result. Reports the first event since the start that could not be written.
    ///
    /// # Errors
    /// [`RunError::Io`].
    pub fn end(mut self, result: Option<&RunResult>) -> Result<(), RunError> {
        if let Some(result) = result {
            self.write(&Event::test(result));
            self.write(&Event::session_end());
        }
        self.failure.map_or(Ok(()), Err)
    }

    fn create(
        folder: &RunFolder,
        config: &TrainConfig,
        known: &Known,
        stride: usize,
        steps_done: usize,
    ) -> Result<Self, RunError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        // TensorBoard reads files in the order of their names, which must hold even if the clock was set back.
        let seconds = known.newest.map_or(now, |newest| now.max(newest.saturating_add(1)));
        let path = folder.path().join(format!("{EVENTS_PREFIX}{seconds:010}.rowlstm"));
        let file = File::create_new(&path).map_err(RunError::io("write", &path))?;
        let mut log = Self { path, file, stride, failure: None };
        log.write(&Event::version());
        if known.newest.is_some() {
            log.write(&Event::restart(steps_done + 1));
        }
        log.write(&Event::session_start(config));
        Ok(log)
    }

    /// Adds the epochs that no file holds: of a start without `--tensorboard`, or one that was killed before writing
    /// them.
    fn add_missing(&mut self, known: &Known, history: &[EpochRecord], steps_done: usize) {
        let reached = known.epoch_before(steps_done);
        for record in history.iter().filter(|record| record.steps > reached) {
            self.write(&Event::epoch(record));
        }
    }

    /// Writes without a buffer: a run has about a thousand events, and none is lost if the process is killed.
    fn write(&mut self, event: &Event) {
        if self.failure.is_none()
            && let Err(cause) = self.file.write_all(&records::framed(&event.encode_to_vec()))
        {
            self.failure = Some(RunError::io("write", &self.path)(cause));
        }
    }
}

impl Observer for EventLog {
    fn step(&mut self, report: &StepReport) {
        if (report.step - 1).is_multiple_of(self.stride) {
            self.write(&Event::step(report));
        }
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.write(&Event::epoch(record));
    }
}

/// What the event files of a folder hold.
#[derive(Debug, Default)]
struct Known {
    /// When the newest was created, in seconds since 1970, from its name.
    newest: Option<u64>,
    /// Training steps at the ends of the epochs that they hold.
    epochs: Vec<usize>,
    /// Whether they hold the test score.
    is_tested: bool,
}

impl Known {
    fn read(folder: &RunFolder) -> Result<Self, RunError> {
        let mut known = Self::default();
        for path in folder.event_files()? {
            known.newest = known.newest.max(Some(seconds_in_name(&path)));
            let mut file = BufReader::new(File::open(&path).map_err(RunError::io("read", &path))?);
            while let Some(data) = records::next(&mut file).map_err(RunError::io("read", &path))? {
                // A record that is not an event is skipped, as TensorBoard does.
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

    /// The training steps at the end of the last epoch held, up to `steps_done`; 0 if there is none.
    fn epoch_before(&self, steps_done: usize) -> usize {
        self.epochs.iter().copied().filter(|step| *step <= steps_done).max().unwrap_or(0)
    }
}

fn seconds_in_name(path: &Path) -> u64 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let seconds = name.strip_prefix(EVENTS_PREFIX).and_then(|rest| rest.split('.').next());
    seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(0)
}
