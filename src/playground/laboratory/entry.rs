//! One run that this program has trained or is training.

use super::curve::Curve;
use crate::config::TrainConfig;
use crate::model::ModelWeights;
use crate::run::{EpochRecord, Progress, RunResult};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;

/// What a run is doing.
#[derive(Clone, Debug)]
pub(super) enum State {
    Training,
    Paused,
    Stopped,
    Finished(Box<RunResult>),
    Failed(String),
}

impl State {
    /// The name that requests and events have for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Training => "training",
            Self::Paused => "paused",
            Self::Stopped => "stopped",
            Self::Finished(_) => "finished",
            Self::Failed(_) => "failed",
        }
    }

    pub fn is_training(&self) -> bool {
        matches!(self, Self::Training)
    }
}

/// What a request asks of the thread that trains a run.
#[derive(Debug, Default)]
pub(super) struct Control {
    /// End after the training step in progress, with a checkpoint.
    pub stop: AtomicBool,
    /// Copy the weights after the training step in progress.
    pub copy: AtomicBool,
    /// Threads of the next session.
    pub threads: AtomicUsize,
}

pub(super) struct Entry {
    /// Differs between two entries of the same name.
    pub number: u64,
    pub config: TrainConfig,
    pub state: State,
    /// What the run is to be when its thread has ended before its result; `None` to go on at once, on other threads.
    pub halted: Option<State>,
    pub curve: Curve,
    pub history: Vec<EpochRecord>,
    /// Training steps since the run began.
    pub steps: usize,
    /// The epoch in progress, from 1.
    pub epoch: usize,
    pub control: Arc<Control>,
    /// The last copy, while the run is in training.
    pub weights: Option<Arc<ModelWeights>>,
    /// How many copies were made.
    pub copies: u64,
    pub thread: Option<JoinHandle<()>>,
}

static NUMBER: AtomicU64 = AtomicU64::new(0);

impl Entry {
    /// A run that goes into training from a checkpoint with this progress, or anew; `previous` is what it was before.
    pub fn new(config: &TrainConfig, progress: Option<&Progress>, previous: Option<Entry>) -> Self {
        let history = progress.map_or(&[][..], |progress| &progress.history);
        let steps = progress.map_or(0, |progress| progress.steps_done);
        let (number, mut curve) = match previous {
            Some(Entry { number, curve, .. }) => (number, curve),
            None => (NUMBER.fetch_add(1, Ordering::Relaxed), Curve::new(config.total_steps(), history)),
        };
        // What was done after the checkpoint is done again.
        curve.points.retain(|point| point.step <= steps);
        Self {
            number,
            config: config.clone(),
            state: State::Training,
            halted: None,
            curve,
            history: history.to_vec(),
            steps,
            epoch: history.len() + 1,
            control: Arc::default(),
            weights: None,
            copies: 0,
            thread: None,
        }
    }

    /// Lets a run in training end.
    pub fn halt(&mut self, stopped: bool) {
        self.halted = Some(if stopped { State::Stopped } else { State::Paused });
        self.control.stop.store(true, Ordering::Relaxed);
    }

    /// Gives a run in training so many threads.
    pub fn set_threads(&mut self, threads: usize) {
        let before = self.control.threads.swap(threads, Ordering::Relaxed);
        if self.state.is_training() && before != 0 && before != threads {
            self.control.stop.store(true, Ordering::Relaxed);
        }
    }

    /// Asks a run in training for a copy of its weights; returns how many there are before it.
    pub fn ask_for_weights(&self) -> Option<u64> {
        self.state.is_training().then(|| {
            self.control.copy.store(true, Ordering::Relaxed);
            self.copies
        })
    }
}
