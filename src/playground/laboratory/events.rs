//! What a watcher of the runs has not seen yet. Nothing is queued: a watcher that looks rarely is shown fewer steps, and every
//! epoch and every change of a run's state.

use super::entry::{Entry, State};
use crate::run::EpochRecord;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// Most steps of a run that a watcher is shown at once: the latest.
const MOST_STEPS: usize = 24;

/// What has happened to a run. Accuracies are fractions.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// The run is doing something else: `training`, `paused` or `stopped`.
    State { run: String, state: &'static str, epoch: usize, step: usize },
    /// A point of its curve, with loss and accuracy on the training images since the point before.
    Step { run: String, epoch: usize, step: usize, train_loss: f64, train_accuracy: f64 },
    /// An epoch was completed.
    Epoch {
        run: String,
        #[serde(flatten)]
        record: EpochRecord,
    },
    /// The run has a result.
    Finished { run: String, epoch: usize, step: usize, validation_accuracy: Option<f64>, test_accuracy: f64 },
    /// The run ended without a result.
    Failed { run: String, epoch: usize, step: usize, error: String },
}

impl Event {
    /// Its name in a stream of events.
    pub fn name(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Step { .. } => "step",
            Self::Epoch { .. } => "epoch",
            Self::Finished { .. } => "finished",
            Self::Failed { .. } => "failed",
        }
    }
}

/// How far a watcher has seen.
#[derive(Debug, Default)]
pub struct Cursor {
    version: Option<u64>,
    seen: HashMap<u64, Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    points: usize,
    epochs: usize,
    /// State and training step of the last event about the state.
    state: Option<(&'static str, usize)>,
}

impl Cursor {
    pub(super) fn is_behind(&self, version: u64) -> bool {
        self.version != Some(version)
    }

    pub(super) fn collect(&mut self, version: u64, entries: &BTreeMap<String, Entry>) -> Vec<Event> {
        self.version = Some(version);
        let mut events = Vec::new();
        for (name, entry) in entries {
            self.seen.entry(entry.number).or_default().collect(name, entry, &mut events);
        }
        events
    }
}

impl Seen {
    fn collect(&mut self, name: &str, entry: &Entry, events: &mut Vec<Event>) {
        let run = || name.to_string();
        let Entry { epoch, steps: step, state, curve, history, .. } = entry;
        let (epoch, step) = (*epoch, *step);
        // While it trains, its steps say where it is.
        let now = Some((state.name(), if state.is_training() { 0 } else { step }));
        let changed = self.state != now;
        if changed && state.is_training() {
            events.push(Event::State { run: run(), state: state.name(), epoch, step });
        }
        let first = self.points.max(curve.points.len().saturating_sub(MOST_STEPS));
        events.extend(curve.points.iter().skip(first).map(|point| Event::Step {
            run: run(),
            epoch: point.epoch,
            step: point.step,
            train_loss: point.train_loss,
            train_accuracy: point.train_accuracy,
        }));
        let records = history.iter().skip(self.epochs);
        events.extend(records.map(|record| Event::Epoch { run: run(), record: record.clone() }));
        if changed {
            match state {
                State::Training => {}
                State::Paused | State::Stopped => {
                    events.push(Event::State { run: run(), state: state.name(), epoch, step });
                }
                State::Finished(result) => {
                    events.push(Event::Finished {
                        run: run(),
                        epoch: result.epochs,
                        step: result.steps,
                        validation_accuracy: result.validation_accuracy,
                        test_accuracy: result.test_accuracy,
                    });
                }
                State::Failed(error) => {
                    events.push(Event::Failed { run: run(), epoch, step, error: error.clone() });
                }
            }
        }
        *self = Self { points: curve.points.len(), epochs: history.len(), state: now };
    }
}

#[cfg(test)]
mod tests {
    use super::super::curve::Point;
    use super::*;
    use crate::config::TrainConfig;

    /// Names of the events that a watcher is shown when it looks.
    fn shown(cursor: &mut Cursor, version: u64, entries: &BTreeMap<String, Entry>) -> Vec<&'static str> {
        cursor.collect(version, entries).iter().map(Event::name).collect()
    }

    #[test]
    fn who_looks_rarely_is_shown_the_latest_steps_and_every_epoch_and_end() {
        let mut entry = Entry::new(&TrainConfig::default(), None, None);
        let record = EpochRecord {
            epoch: 1,
            steps: 50,
            train_loss: 0.5,
            train_accuracy: 0.8,
            validation_loss: Some(0.4),
            validation_accuracy: Some(0.9),
            learning_rate: 0.01,
            seconds: 1.0,
        };
        for step in 1..=200 {
            entry.curve.points.push(Point { epoch: 1, step, train_loss: 1.0, train_accuracy: 0.5 });
        }
        entry.history = vec![record; 4];
        entry.state = State::Failed("diverged".into());
        let mut entries = BTreeMap::from([("u8".to_string(), entry)]);

        let (mut slow, mut quick) = (Cursor::default(), Cursor::default());
        let events = slow.collect(1, &entries);
        let steps: Vec<usize> = events
            .iter()
            .filter_map(|event| match event {
                Event::Step { step, .. } => Some(*step),
                _ => None,
            })
            .collect();
        assert_eq!(steps, (177..=200).collect::<Vec<_>>());
        let names: Vec<_> = events.iter().map(Event::name).filter(|name| *name != "step").collect();
        assert_eq!(names, ["epoch", "epoch", "epoch", "epoch", "failed"]);

        quick.collect(1, &entries);
        assert!(!quick.is_behind(1) && quick.is_behind(2));
        assert_eq!(shown(&mut quick, 2, &entries), Vec::<&str>::new(), "nothing is shown twice");
        let points = &mut entries.get_mut("u8").unwrap().curve.points;
        points.push(Point { epoch: 2, step: 201, train_loss: 1.0, train_accuracy: 0.5 });
        assert_eq!(shown(&mut quick, 3, &entries), ["step"]);
    }
}
