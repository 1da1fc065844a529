//! The thread of one run: sessions of training, one after the other, until the run is halted or finished.

use super::entry::{Control, Entry, State};
use super::{Pace, Shared};
use crate::config::TrainConfig;
use crate::error::TrainError;
use crate::machine::with_threads;
use crate::model::ModelWeights;
use crate::run::{Checkpoint, EpochRecord, RunFolder, RunState};
use crate::training::{Observer, Outcome, Session, StepReport};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{Builder, JoinHandle};

/// A run to train, whose folder is open.
pub(super) struct Work {
    pub name: String,
    pub folder: RunFolder,
    pub config: TrainConfig,
    pub checkpoint: Option<Box<Checkpoint>>,
    pub pace: Pace,
    pub control: Arc<Control>,
}

impl Work {
    /// Whether no more is asked of it than it has done.
    fn is_done(&self, steps: usize) -> bool {
        self.pace == Pace::OneStep && steps > 0
    }
}

pub(super) fn spawn(shared: Arc<Shared>, work: Work) -> io::Result<JoinHandle<()>> {
    let name = work.name.clone();
    Builder::new().name(name).spawn(move || run(&shared, work))
}

fn run(shared: &Shared, mut work: Work) {
    let mut taken = 0;
    loop {
        let outcome = catch_unwind(AssertUnwindSafe(|| train(shared, &mut work, &mut taken)));
        let mut runs = shared.lock();
        let Some(entry) = runs.entries.get_mut(&work.name) else { return };
        let state = match outcome {
            Ok(Ok(Outcome::Finished(result))) => State::Finished(result),
            Ok(Ok(Outcome::Interrupted { .. })) => {
                match entry.halted.take().or(work.is_done(taken).then_some(State::Paused)) {
                    Some(state) => state,
                    None => {
                        // On other threads.
                        work.control.stop.store(false, Ordering::Relaxed);
                        continue;
                    }
                }
            }
            Ok(Err(error)) => State::Failed(error.to_string()),
            Err(_) => {
                State::Failed("internal error: the training has panicked; stderr has the message".into())
            }
        };
        // Releases the folder, before requests see the state and open it.
        drop(work);
        entry.state = state;
        // The folder has them.
        entry.weights = None;
        shared.share_cores(&mut runs);
        drop(runs);
        shared.notify();
        return;
    }
}

/// One session, from the state in the folder; counts the training steps `taken`.
fn train(shared: &Shared, work: &mut Work, taken: &mut usize) -> Result<Outcome, TrainError> {
    let Work { name, folder, config, checkpoint, pace, control } = work;
    let checkpoint = match checkpoint.take() {
        Some(checkpoint) => Some(*checkpoint),
        None => match folder.state()? {
            RunState::Interrupted { checkpoint, .. } => Some(*checkpoint),
            RunState::Fresh => None,
            RunState::Finished(result) => return Ok(Outcome::Finished(result)),
        },
    };
    let threads = control.threads.load(Ordering::Relaxed);
    let config = TrainConfig { threads, ..config.clone() };
    let mut observer = Watcher { shared, name, control, pace: *pace, taken };
    with_threads(threads, || {
        let session = Session::new(&config, &shared.data, folder, checkpoint)?.beside_others();
        session.run(&mut observer, &control.stop)
    })?
}

/// Records what a run does.
struct Watcher<'a> {
    shared: &'a Shared,
    name: &'a str,
    control: &'a Control,
    pace: Pace,
    /// Training steps so far.
    taken: &'a mut usize,
}

impl Watcher<'_> {
    fn record(&self, change: impl FnOnce(&mut Entry) -> bool) {
        let mut runs = self.shared.lock();
        let seen = runs.entries.get_mut(self.name).is_some_and(change);
        drop(runs);
        if seen {
            self.shared.notify();
        }
    }
}

impl Observer for Watcher<'_> {
    fn step(&mut self, report: &StepReport) {
        *self.taken += 1;
        if self.pace == Pace::OneStep {
            self.control.stop.store(true, Ordering::Relaxed);
        }
        self.record(|entry| {
            (entry.steps, entry.epoch) = (report.step, report.epoch);
            entry.curve.add(report) || self.pace == Pace::OneStep
        });
    }

    fn epoch(&mut self, record: &EpochRecord) {
        self.record(|entry| {
            entry.history.push(record.clone());
            true
        });
    }

    fn weights(&mut self, now: &dyn Fn() -> ModelWeights) {
        if self.control.copy.swap(false, Ordering::Relaxed) {
            let copy = Arc::new(now());
            self.record(|entry| {
                entry.weights = Some(copy);
                entry.copies += 1;
                true
            });
        }
    }
}
