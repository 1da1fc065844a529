//! Makes the cells of a sweep that are left, several at a time, side by side with other processes that do the same.

use super::lease::HEARTBEAT;
use super::{Cell, CellState, Lease, SweepFolder};
use crate::data::Dataset;
use crate::error::{RunError, SweepError, TrainError};
use crate::machine::with_threads;
use crate::run::{EpochRecord, RunFolder, RunResult, RunState};
use crate::training::{Observer, Outcome, Session, StepReport};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Time between two looks at cells that others are at work on.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Watches a sweep; called from the threads that make the cells. `worker` counts from 0.
pub trait Events: Sync {
    /// A worker began, or went on with, a cell.
    fn begun(&self, worker: usize, cell: &Cell, steps_done: usize);
    /// An update was made.
    fn step(&self, worker: usize, cell: &Cell, report: &StepReport);
    /// A cell has a result, made by this process or found.
    fn finished(&self, worker: usize, cell: &Cell, result: &RunResult);
    /// A cell ended with an error.
    fn failed(&self, worker: usize, cell: &Cell, error: &str);
}

/// How a sweep ended for this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Cells with a result.
    pub finished: usize,
    /// Cells that failed, now or before.
    pub failed: usize,
    /// Cells left because the sweep was interrupted.
    pub left: usize,
}

/// What makes the cells.
pub struct Runner<'a> {
    /// The sweep's folder.
    pub folder: &'a SweepFolder,
    /// The data of all cells.
    pub data: &'a Dataset,
    /// Cells at a time.
    pub jobs: usize,
    /// Threads of each.
    pub threads: usize,
    /// Whether cells that failed before are tried again.
    pub retry_failed: bool,
    /// Ends the sweep: every cell under way writes a checkpoint.
    pub stop: &'a AtomicBool,
    /// Who watches.
    pub events: &'a dyn Events,
}

/// What the workers share.
struct Queue {
    waiting: Mutex<VecDeque<Cell>>,
    /// Leases held by this process, for the heartbeat.
    leases: Mutex<Vec<Option<Lease>>>,
    summary: Mutex<Summary>,
    /// The first error that ends the sweep: one of the folder, not of a cell.
    error: Mutex<Option<SweepError>>,
    ended: (Mutex<bool>, Condvar),
}

/// How a worker left a cell.
enum Left {
    Finished,
    Failed,
    /// Another process is at work on it.
    Elsewhere,
    Interrupted,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runner<'_> {
    /// Makes `cells`, the first ones first, and waits for those that other processes are at work on.
    ///
    /// # Errors
    /// [`SweepError::Run`] when the sweep's folder cannot be read or written; every cell under way has its checkpoint
    /// then, as far as the disk allows.
    pub fn run(&self, cells: Vec<Cell>) -> Result<Summary, SweepError> {
        let queue = Queue {
            waiting: Mutex::new(cells.into()),
            leases: Mutex::new((0..self.jobs).map(|_| None).collect()),
            summary: Mutex::default(),
            error: Mutex::default(),
            ended: (Mutex::new(false), Condvar::new()),
        };
        std::thread::scope(|scope| {
            scope.spawn(|| heartbeat(&queue));
            let queue = &queue;
            let workers: Vec<_> =
                (0..self.jobs).map(|worker| scope.spawn(move || self.work(worker, queue))).collect();
            for worker in workers {
                // A worker catches what a cell may throw; what it does not catch is passed on below.
                if let Err(panic) = worker.join() {
                    end(queue);
                    std::panic::resume_unwind(panic);
                }
            }
            end(queue);
        });
        match queue.error.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(error) => Err(error),
            None => Ok(queue.summary.into_inner().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// One worker: takes cells until none is left.
    fn work(&self, worker: usize, queue: &Queue) {
        let mut looked_in_vain = 0;
        loop {
            let Some(cell) = lock(&queue.waiting).pop_front() else { return };
            if self.stop.load(Ordering::Relaxed) || lock(&queue.error).is_some() {
                lock(&queue.summary).left += 1;
                continue;
            }
            let left = match self.make(worker, &cell, queue) {
                Ok(left) => left,
                Err(error) => {
                    lock(&queue.error).get_or_insert(error);
                    Left::Interrupted
                }
            };
            let mut summary = lock(&queue.summary);
            match left {
                Left::Finished => summary.finished += 1,
                Left::Failed => summary.failed += 1,
                Left::Interrupted => summary.left += 1,
                Left::Elsewhere => {
                    drop(summary);
                    let mut waiting = lock(&queue.waiting);
                    waiting.push_back(cell);
                    looked_in_vain += 1;
                    let all = looked_in_vain >= waiting.len();
                    drop(waiting);
                    if all {
                        looked_in_vain = 0;
                        std::thread::sleep(LOOK_AGAIN);
                    }
                    continue;
                }
            }
            looked_in_vain = 0;
        }
    }

    /// Makes one cell, if nobody else is at work on it.
    fn make(&self, worker: usize, cell: &Cell, queue: &Queue) -> Result<Left, SweepError> {
        match self.folder.state(cell) {
            CellState::Finished(result) => {
                self.events.finished(worker, cell, &result);
                return Ok(Left::Finished);
            }
            CellState::Failed(error) if !self.retry_failed => {
                self.events.failed(worker, cell, &error);
                return Ok(Left::Failed);
            }
            _ => {}
        }
        let Some(lease) = Lease::take(&self.folder.cell_path(cell))? else { return Ok(Left::Elsewhere) };
        lock(&queue.leases)[worker] = Some(lease);
        let made = catch_unwind(AssertUnwindSafe(|| self.train(worker, cell)));
        let left = match made {
            Ok(Ok(Some(result))) => {
                self.folder.forget_failure(cell)?;
                self.events.finished(worker, cell, &result);
                Ok(Left::Finished)
            }
            Ok(Ok(None)) => Ok(Left::Interrupted),
            Ok(Err(SweepError::Run(RunError::Locked { .. }))) => Ok(Left::Elsewhere),
            // A disk that is full fails every cell: the sweep ends, and goes on when there is space.
            Ok(Err(error)) if is_of_the_folder(&error) => Err(error),
            Ok(Err(error)) => self.note_failure(worker, cell, &error.to_string()),
            Err(panic) => {
                self.note_failure(worker, cell, &format!("a fault of this program: {}", said(&*panic)))
            }
        };
        lock(&queue.leases)[worker] = None;
        left
    }

    fn note_failure(&self, worker: usize, cell: &Cell, error: &str) -> Result<Left, SweepError> {
        self.folder.record_failure(cell, error)?;
        self.events.failed(worker, cell, error);
        Ok(Left::Failed)
    }

    /// Trains a cell from where it stopped; `None` when it was interrupted.
    fn train(&self, worker: usize, cell: &Cell) -> Result<Option<RunResult>, SweepError> {
        let mut folder = RunFolder::at(self.folder.cell_path(cell));
        let checkpoint = match open(&mut folder, cell, self.folder.data_checksum())? {
            RunState::Finished(result) => return Ok(Some(*result)),
            RunState::Interrupted { checkpoint, .. } => Some(*checkpoint),
            RunState::Fresh => None,
        };
        let done = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.progress.steps_done);
        self.events.begun(worker, cell, done);
        let config = crate::config::TrainConfig { threads: self.threads, ..cell.config.clone() };
        let mut observer = CellObserver { worker, cell, events: self.events };
        let outcome = with_threads(self.threads, || {
            Session::new(&config, self.data, &folder, checkpoint)?.run(&mut observer, self.stop)
        })??;
        Ok(match outcome {
            Outcome::Finished(result) => Some(*result),
            Outcome::Interrupted { .. } => None,
        })
    }
}

/// Opens a cell's folder; what cannot be read there is made anew, for a sweep has no one to ask.
fn open(folder: &mut RunFolder, cell: &Cell, data_checksum: &str) -> Result<RunState, RunError> {
    match folder.open(&cell.config, data_checksum, false) {
        Err(error @ (RunError::Damaged { .. } | RunError::NoWholeCheckpoint { .. })) => {
            tracing::warn!("{error}; {} is made anew", cell.name);
            folder.open(&cell.config, data_checksum, true)
        }
        other => other,
    }
}

/// Whether an error is one of the sweep's folder rather than of a cell.
fn is_of_the_folder(error: &SweepError) -> bool {
    matches!(
        error,
        SweepError::Run(RunError::Io { .. }) | SweepError::Train(TrainError::Run(RunError::Io { .. }))
    )
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

/// Renews the leases of this process until the sweep has ended.
fn heartbeat(queue: &Queue) {
    let (ended, changed) = &queue.ended;
    let mut over = lock(ended);
    while !*over {
        over = changed.wait_timeout(over, HEARTBEAT).unwrap_or_else(PoisonError::into_inner).0;
        for lease in lock(&queue.leases).iter().flatten() {
            if let Err(error) = lease.renew() {
                tracing::warn!("a lease could not be renewed: {error}");
            }
        }
    }
}

fn end(queue: &Queue) {
    *lock(&queue.ended.0) = true;
    queue.ended.1.notify_all();
}

/// Passes on what a cell's session tells.
struct CellObserver<'a> {
    worker: usize,
    cell: &'a Cell,
    events: &'a dyn Events,
}

impl Observer for CellObserver<'_> {
    fn step(&mut self, report: &StepReport) {
        self.events.step(self.worker, self.cell, report);
    }

    fn epoch(&mut self, _: &EpochRecord) {}
}
