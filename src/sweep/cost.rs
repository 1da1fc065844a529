//! How long trials take on this machine, and how to divide it among them.
//!
//! A training step's time is interpolated between unit counts that are timed on this machine, on logarithmic scales of the
//! step's multiply-adds: between two timed points the time follows a power of the work, beyond the last one it grows with
//! the work. Scoring costs a third of training per image, without a backward pass. The model ignores other load on the
//! machine and trials that compete for memory bandwidth. [`CostModel::error`] is its error at a unit count that it was not
//! calibrated with.

use super::Trial;
use crate::benchmark::step_seconds;
use crate::config::TrainConfig;
use crate::data::{Dataset, TEST_IMAGES};
use crate::error::TrainError;
use crate::machine::with_threads;
use crate::model::ModelShape;

/// Unit counts that are timed.
const TIMED_UNITS: [usize; 3] = [8, 48, 192];
/// Unit count at which the model's error is measured.
const TRIED_UNITS: usize = 96;

/// Times of training steps by their number of multiply-adds.
#[derive(Clone, Debug)]
struct StepTimes {
    /// (ln multiply-adds of a step, ln seconds), by work.
    points: Vec<(f64, f64)>,
}

/// Predicts the time of a trial.
#[derive(Clone, Debug)]
pub struct CostModel {
    /// With one thread, and with as many as there are cores.
    times: [StepTimes; 2],
    cores: usize,
    /// Relative error at a unit count that the model was not calibrated with: 0.1 for a prediction 10 % too high.
    pub error: f64,
}

/// How a machine is divided among trials.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JobSchedule {
    /// Trials at a time.
    pub jobs: usize,
    pub threads: usize,
    /// Predicted time to finish all.
    pub seconds: f64,
}

impl StepTimes {
    fn seconds(&self, multiply_adds: f64) -> f64 {
        let work = multiply_adds.ln();
        let last = self.points.len() - 1;
        let upper = self.points.iter().position(|(x, _)| *x >= work).unwrap_or(last).max(1);
        let ((x0, y0), (x1, y1)) = (self.points[upper - 1], self.points[upper]);
        let slope = (y1 - y0) / (x1 - x0);
        if work > self.points[last].0 {
            return (y1 + (work - x1)).exp();
        }
        // Below the first point a step's fixed cost remains.
        if work < self.points[0].0 {
            return y0.exp();
        }
        (y0 + slope * (work - x0)).exp()
    }
}

/// Multiply-adds of one training step.
fn step_work(config: &TrainConfig) -> f64 {
    3.0 * (ModelShape::of(config).multiply_adds(config.timesteps) * config.batch_size) as f64
}

impl CostModel {
    /// Times a few training steps: about a second.
    ///
    /// # Errors
    /// As for training.
    pub fn calibrate(data: &Dataset, cores: usize) -> Result<Self, TrainError> {
        let time = |units: usize, threads: usize| {
            let config = TrainConfig { num_units: units, threads, ..TrainConfig::default() };
            let seconds = with_threads(threads, || step_seconds(&config, data))??;
            Ok::<_, TrainError>((step_work(&config).ln(), seconds.ln()))
        };
        let times = |threads: usize| {
            let points = TIMED_UNITS.iter().map(|units| time(*units, threads));
            points.collect::<Result<_, _>>().map(|points| StepTimes { points })
        };
        let mut model = Self { times: [times(1)?, times(cores)?], cores, error: 0.0 };
        let (work, seconds) = time(TRIED_UNITS, 1)?;
        model.error = model.times[0].seconds(work.exp()) / seconds.exp() - 1.0;
        Ok(model)
    }

    /// A model of the proportions of trials without this machine's speed, which takes no time.
    pub fn uncalibrated(cores: usize) -> Self {
        const MULTIPLY_ADDS_PER_SECOND: f64 = 2e10;
        let line = |x: f64| (x, x - MULTIPLY_ADDS_PER_SECOND.ln());
        let times = StepTimes { points: vec![line(0.0), line(1.0)] };
        Self { times: [times.clone(), times], cores, error: f64::NAN }
    }

    /// Predicted seconds of a trial with `threads` threads.
    pub fn seconds(&self, trial: &Trial, threads: usize) -> f64 {
        let config = &trial.config;
        let work = step_work(config);
        let [one, all] = [0, 1].map(|index| self.times[index].seconds(work));
        // Between one thread and all of them, time falls with a power of their number.
        let step = match (threads, self.cores) {
            (1, _) | (_, 1) => one,
            (threads, cores) => one * (all / one).powf((threads as f64).ln() / (cores as f64).ln()),
        };
        let scored = config.validation_images() * (config.total_epochs() + 1) + TEST_IMAGES;
        step * (config.total_steps() as f64 + scored as f64 / config.batch_size as f64 / 3.0)
    }
}

/// The schedule that finishes these trials soonest on `cores` cores; `jobs` fixes the number of trials at a time.
pub fn best_schedule(model: &CostModel, trials: &[Trial], cores: usize, jobs: Option<usize>) -> JobSchedule {
    let candidates = jobs.map_or(1..=cores.min(trials.len()).max(1), |jobs| jobs..=jobs);
    let schedules = candidates.map(|jobs| {
        let threads = (cores / jobs).max(1);
        JobSchedule {
            jobs,
            threads,
            seconds: makespan(trials.iter().map(|trial| model.seconds(trial, threads)), jobs),
        }
    });
    schedules.min_by(|a, b| a.seconds.total_cmp(&b.seconds)).expect("there is at least one candidate")
}

/// When the last job ends if the longest start first, each on the first free worker.
fn makespan(seconds: impl Iterator<Item = f64>, workers: usize) -> f64 {
    let mut seconds: Vec<f64> = seconds.collect();
    seconds.sort_by(|a, b| b.total_cmp(a));
    let mut free_at: Vec<f64> = vec![0.0; workers];
    for duration in seconds {
        let next = free_at.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("there is a worker");
        *next += duration;
    }
    free_at.into_iter().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model() -> CostModel {
        let line =
            |factor: f64| StepTimes { points: vec![(0.0, factor.ln()), (10.0, (factor * 10f64.exp()).ln())] };
        CostModel { times: [line(2.0), line(1.0)], cores: 4, error: 0.0 }
    }

    #[test]
    fn times_are_met_at_timed_points_and_grow_with_the_work_beyond() {
        let times = StepTimes { points: vec![(1.0, -3.0), (2.0, -2.5), (4.0, -1.0)] };
        for (work, seconds) in &times.points {
            assert!((times.seconds(work.exp()).ln() - seconds).abs() < 1e-12);
        }
        assert!((times.seconds(3f64.exp()).ln() + 1.75).abs() < 1e-12);
        assert!((times.seconds(6f64.exp()).ln() - 1.0).abs() < 1e-12);
        assert!((times.seconds(0.1).ln() + 3.0).abs() < 1e-12);
    }

    #[test]
    fn the_makespan_is_that_of_longest_first() {
        assert_eq!(makespan([3.0, 1.0, 2.0, 2.0].into_iter(), 2), 4.0);
        assert_eq!(makespan([3.0, 1.0].into_iter(), 1), 4.0);
        assert_eq!(makespan([].into_iter(), 3), 0.0);
    }

    #[test]
    fn many_trials_run_side_by_side_and_one_trial_takes_all_cores() {
        let trial = |seed: u64| Trial {
            config: TrainConfig { seed, ..TrainConfig::default() },
            identity: seed.to_string(),
            name: seed.to_string(),
        };
        let many: Vec<Trial> = (1..=16).map(trial).collect();
        // Four threads make a trial only twice as fast here.
        let schedule = best_schedule(&model(), &many, 4, None);
        assert_eq!((schedule.jobs, schedule.threads), (4, 1));
        let one = best_schedule(&model(), &many[..1], 4, None);
        assert_eq!((one.jobs, one.threads), (1, 4));
        assert_eq!(best_schedule(&model(), &many, 4, Some(2)).threads, 2);
    }
}
