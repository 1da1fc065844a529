//! Trains the trials of a sweep that are left, several at a time, alongside other processes that do the same.

use super::lease::HEARTBEAT;
use super::{Lease, SweepFolder, Trial, TrialState};
use crate::data::Dataset;
use crate::error::{RunError, SweepError, TrainError};
use crate::machine::with_threads;
use crate::run::{EpochRecord, RunFolder, RunResult, RunState};
use crate::tensorboard::EventLog;
use crate::training::{Both, Observer, Outcome, Session, StepReport};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time between two checks of trials that other processes train.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Observes a sweep; called from the threads that train. Workers are counted from 0.
pub trait Events: Sync {
    /// A worker started or resumed a trial.
    fn begun(&self, _worker: usize, _trial: &Trial, _steps_done: usize) {}
    /// A training step was made.
    fn step(&self, _worker: usize, _trial: &Trial, _report: &StepReport) {}
    /// A trial has a result, from this process or another.
    fn finished(&self, _worker: usize, _trial: &Trial, _result: &RunResult) {}
    fn failed(&self, _worker: usize, _trial: &Trial, _error: &str) {}
    /// A worker has nothing left but trials that other processes train, among them this one, and waits.
    fn waiting(&self, _worker: usize, _trial: &Trial, _holder: &str) {}
}

/// How many trials a process left without a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepOutcome {
    /// Trials that failed, now or before.
    pub failed: usize,
    /// Trials left because the sweep was interrupted.
    pub left: usize,
}

/// Trains the trials of a sweep.
pub struct Runner<'a> {
    pub folder: &'a SweepFolder,
    pub data: &'a Dataset,
    /// Trials at a time.
    pub jobs: usize,
    pub threads: usize,
    /// Whether trials that failed before are trained again.
    pub retry_failed: bool,
    /// Whether trials write event files for TensorBoard.
    pub tensorboard: bool,
    /// Stops the sweep: every running trial writes a checkpoint.
    pub stop: &'a AtomicBool,
    pub events: &'a dyn Events,
}

/// State shared by the workers and the heartbeat.
struct Queue {
    waiting: VecDeque<Trial>,
    /// The lease of each worker.
    leases: Vec<Option<Lease>>,
    outcome: SweepOutcome,
    /// The first error that ends the sweep: one of the folder, not of a trial.
    error: Option<SweepError>,
    ended: bool,
}

/// How a worker left a trial.
enum Left {
    Finished,
    Failed,
    /// Another process trains it.
    Elsewhere,
    Interrupted,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runner<'_> {
    /// Trains `trials` in order, and waits for those that other processes train.
    ///
    /// # Errors
    /// [`SweepError::Run`] if the sweep's folder cannot be read or written. Running trials then have checkpoints, as far as
    /// the disk allows.
    pub fn run(&self, trials: Vec<Trial>) -> Result<SweepOutcome, SweepError> {
        let (queue, ended) = &(
            Mutex::new(Queue {
                waiting: trials.into(),
                leases: (0..self.jobs).map(|_| None).collect(),
                outcome: SweepOutcome::default(),
                error: None,
                ended: false,
            }),
            Condvar::new(),
        );
        std::thread::scope(|scope| {
            scope.spawn(|| heartbeat(queue, ended));
            let workers: Vec<_> =
                (0..self.jobs).map(|worker| scope.spawn(move || self.work(worker, queue))).collect();
            // A worker catches panics of a trial. Other panics are passed on.
            let panics: Vec<_> = workers.into_iter().filter_map(|worker| worker.join().err()).collect();
            lock(queue).ended = true;
            ended.notify_all();
            if let Some(panic) = panics.into_iter().next() {
                std::panic::resume_unwind(panic);
            }
        });
        let Queue { error, outcome, .. } = &mut *lock(queue);
        error.take().map_or(Ok(*outcome), Err)
    }

    /// One worker: trains trials until none is left.
    fn work(&self, worker: usize, shared: &Mutex<Queue>) {
        let mut unavailable = 0;
        loop {
            let mut queue = lock(shared);
            let Some(trial) = queue.waiting.pop_front() else { return };
            if self.stop.load(Ordering::Relaxed) || queue.error.is_some() {
                queue.outcome.left += 1;
                continue;
            }
            drop(queue);
            let left = self.train_if_free(worker, &trial, shared);
            let mut queue = lock(shared);
            queue.leases[worker] = None;
            unavailable = if matches!(left, Ok(Left::Elsewhere)) { unavailable + 1 } else { 0 };
            match left {
                Ok(Left::Finished) => {}
                Ok(Left::Failed) => queue.outcome.failed += 1,
                Ok(Left::Interrupted) => queue.outcome.left += 1,
                Ok(Left::Elsewhere) => queue.waiting.push_back(trial),
                Err(error) => {
                    queue.outcome.left += 1;
                    queue.error.get_or_insert(error);
                }
            }
            if unavailable > 0 && unavailable >= queue.waiting.len() {
                let next = queue.waiting.front().cloned();
                drop(queue);
                unavailable = 0;
                if let Some(trial) = next
                    && let Some(holder) = Lease::holder(&self.folder.trial_path(&trial))
                {
                    self.events.waiting(worker, &trial, &holder.in_words());
                }
                std::thread::sleep(LOOK_AGAIN);
            }
        }
    }

    /// Trains one trial, unless another process does.
    fn train_if_free(&self, worker: usize, trial: &Trial, queue: &Mutex<Queue>) -> Result<Left, SweepError> {
        match self.folder.state(trial) {
            TrialState::Finished(result) => {
                self.events.finished(worker, trial, &result);
                return Ok(Left::Finished);
            }
            TrialState::Failed(error) if !self.retry_failed => {
                self.events.failed(worker, trial, &error);
                return Ok(Left::Failed);
            }
            _ => {}
        }
        let Some(lease) = Lease::take(&self.folder.trial_path(trial))? else { return Ok(Left::Elsewhere) };
        lock(queue).leases[worker] = Some(lease);
        let is_ours = || lock(queue).leases[worker].as_ref().is_some_and(Lease::is_held);
        match catch_unwind(AssertUnwindSafe(|| self.train(worker, trial))) {
            Ok(Ok(Some(result))) => {
                self.folder.forget_failure(trial)?;
                self.events.finished(worker, trial, &result);
                Ok(Left::Finished)
            }
            Ok(Ok(None)) => Ok(Left::Interrupted),
            Ok(Err(SweepError::Run(RunError::Locked { .. }))) => Ok(Left::Elsewhere),
            // This process slept past the lease's expiry, and another has taken the trial over, temporary files included.
            Ok(Err(
                SweepError::Run(RunError::Io { .. })
                | SweepError::Train(TrainError::Run(RunError::Io { .. })),
            )) if !is_ours() => Ok(Left::Elsewhere),
            // A full disk would fail every trial: the sweep ends, and can be resumed when there is space.
            Ok(Err(
                error @ (SweepError::Run(RunError::Io { .. })
                | SweepError::Train(TrainError::Run(RunError::Io { .. }))),
            )) => Err(error),
            Ok(Err(error)) => self.note_failure(worker, trial, &error.to_string()),
            Err(panic) => {
                self.note_failure(worker, trial, &format!("internal error: {}", message_of(&*panic)))
            }
        }
    }

    fn note_failure(&self, worker: usize, trial: &Trial, error: &str) -> Result<Left, SweepError> {
        self.folder.record_failure(trial, error)?;
        self.events.failed(worker, trial, error);
        Ok(Left::Failed)
    }

    /// Trains a trial from its checkpoint; `None` if it was interrupted.
    fn train(&self, worker: usize, trial: &Trial) -> Result<Option<RunResult>, SweepError> {
        let mut folder = RunFolder::at(self.folder.trial_path(trial));
        let checkpoint = match open(&mut folder, trial, self.folder.data_checksum())? {
            RunState::Finished(result) => {
                if self.tensorboard {
                    EventLog::complete(&folder, &result)?;
                }
                return Ok(Some(*result));
            }
            RunState::Interrupted { checkpoint, .. } => Some(*checkpoint),
            RunState::Fresh => None,
        };
        let progress = checkpoint.as_ref().map(|checkpoint| checkpoint.progress.clone()).unwrap_or_default();
        self.events.begun(worker, trial, progress.steps_done);
        let config = crate::config::TrainConfig { threads: self.threads, ..trial.config.clone() };
        let mut observer = TrialObserver { worker, trial, events: self.events };
        let mut log = self.tensorboard.then(|| EventLog::begin(&folder, &config, &progress)).transpose()?;
        let outcome = with_threads(self.threads, || {
            let session = Session::new(&config, self.data, &folder, checkpoint)?.beside_others();
            match &mut log {
                Some(log) => session.run(&mut Both(&mut observer, log), self.stop),
                None => session.run(&mut observer, self.stop),
            }
        })??;
        let result = match outcome {
            Outcome::Finished(result) => Some(*result),
            Outcome::Interrupted { .. } => None,
        };
        if let Some(Err(error)) = log.map(|log| log.end(result.as_ref())) {
            tracing::warn!("{error}; TensorBoard shows {} up to that point", trial.name);
        }
        Ok(result)
    }
}

/// Opens a trial's folder. A damaged one is cleared, and the trial starts again.
fn open(folder: &mut RunFolder, trial: &Trial, data_checksum: &str) -> Result<RunState, RunError> {
    match folder.open(&trial.config, data_checksum, false) {
        Err(error @ (RunError::Damaged { .. } | RunError::NoWholeCheckpoint { .. })) => {
            tracing::warn!("{error}; {} starts again", trial.name);
            folder.open(&trial.config, data_checksum, true)
        }
        other => other,
    }
}

fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// Renews the leases of this process until the sweep has ended.
fn heartbeat(queue: &Mutex<Queue>, ended: &Condvar) {
    let mut queue = lock(queue);
    while !queue.ended {
        queue = ended.wait_timeout(queue, HEARTBEAT).unwrap_or_else(PoisonError::into_inner).0;
        for lease in queue.leases.iter().flatten() {
            if let Err(error) = lease.renew() {
                tracing::warn!("cannot renew a lease: {error}");
            }
        }
    }
}

/// Passes the training steps of a trial on.
struct TrialObserver<'a> {
    worker: usize,
    trial: &'a Trial,
    events: &'a dyn Events,
}

impl Observer for TrialObserver<'_> {
    fn step(&mut self, report: &StepReport) {
        self.events.step(self.worker, self.trial, report);
    }

    fn epoch(&mut self, _: &EpochRecord) {}
}
