//! The learning rate of every training step, as a pure function of the step's number: a resumed run needs no state for
//! it.

use crate::config::{ScheduleName, TrainConfig};
use std::f64::consts::PI;

/// One-cycle starts at the peak divided by this.
const START_DIVISOR: f64 = 25.0;
/// One-cycle ends at its start divided by this.
const END_DIVISOR: f64 = 1e4;

/// The learning rate over a run of `total` training steps, with peak p. For step s, counted from 0:
///
/// ```text
/// constant    p
/// step        p · decay_factor^floor(s / (decay_every · steps_per_epoch))
/// cosine      p · (1 + cos(π s / total)) / 2
/// one-cycle   from p/25 to p over the first warmup · total steps, then to p/25/10⁴ at the last step,
///             both along half a cosine
/// ```
///
/// Cosine is the schedule of Loshchilov and Hutter (SGDR, 2017) without restarts; one-cycle is Smith and Topin's
/// (Super-convergence, 2018) with the cosine phases and the divisors of fast.ai and PyTorch's OneCycleLR.
#[derive(Clone, Debug)]
pub struct Schedule {
    name: ScheduleName,
    peak: f64,
    total: usize,
    warmup: f64,
    decay_steps: usize,
    decay_factor: f64,
}

impl Schedule {
    /// The schedule that the settings ask for.
    pub fn new(config: &TrainConfig) -> Self {
        Self {
            name: config.schedule,
            peak: config.learning_rate,
            total: config.total_steps(),
            warmup: config.warmup,
            decay_steps: config.decay_every * config.steps_per_epoch(),
            decay_factor: config.decay_factor,
        }
    }

    /// The learning rate of training step `step`, counted from 0.
    pub fn learning_rate(&self, step: usize) -> f64 {
        match self.name {
            ScheduleName::Constant => self.peak,
            ScheduleName::Step => self.peak * self.decay_factor.powi((step / self.decay_steps) as i32),
            ScheduleName::Cosine => cosine(self.peak, 0.0, step as f64 / self.total as f64),
            ScheduleName::OneCycle => self.one_cycle(step as f64),
        }
    }

    fn one_cycle(&self, step: f64) -> f64 {
        let start = self.peak / START_DIVISOR;
        let last = (self.total - 1) as f64;
        let top = (self.warmup * self.total as f64 - 1.0).max(0.0);
        if step < top {
            cosine(start, self.peak, step / top)
        } else {
            let fraction = if last > top { (step - top) / (last - top) } else { 0.0 };
            cosine(self.peak, start / END_DIVISOR, fraction)
        }
    }
}

/// Half a cosine from `from` (fraction 0) to `to` (fraction 1).
fn cosine(from: f64, to: f64, fraction: f64) -> f64 {
    to + (from - to) * (1.0 + libm::cos(PI * fraction.min(1.0))) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::lr_scheduler::cosine::CosineAnnealingLrSchedulerConfig;
    use burn::lr_scheduler::step::StepLrSchedulerConfig;

    fn schedule(name: ScheduleName) -> Schedule {
        Schedule::new(&TrainConfig {
            schedule: name,
            learning_rate: 0.01,
            steps: 100,
            train_limit: 100,
            batch_size: 10,
            decay_every: 3,
            decay_factor: 0.5,
            ..TrainConfig::default()
        })
    }

    /// Both sides are f64 closed forms; a few roundings apart.
    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-12 * expected.abs().max(1e-6), "{found}, expected {expected}");
    }

    #[test]
    fn cosine_and_step_agree_with_burns_schedulers() {
        let mut cosine = CosineAnnealingLrSchedulerConfig::new(0.01, 100).init().unwrap();
        let mut step = StepLrSchedulerConfig::new(0.01, 30).with_gamma(0.5).init().unwrap();
        for number in 0..100 {
            let expected = cosine.step().base();
            assert_close(schedule(ScheduleName::Cosine).learning_rate(number), expected);
            let expected = step.step().base();
            assert_close(schedule(ScheduleName::Step).learning_rate(number), expected);
        }
    }

    /// Golden values: torch 2.15.0, `s = OneCycleLR(SGD([p], 1), 0.01, total_steps=100)`, `s.get_last_lr()` before each
    /// `s.step()`.
    #[test]
    fn one_cycle_agrees_with_pytorchs() {
        let rates = schedule(ScheduleName::OneCycle);
        let golden = [
            (0, 0.0004),
            (10, 0.002_951_639_484_641_007),
            (29, 0.01),
            (30, 0.009_994_965_352_845_242),
            (60, 0.005_892_800_902_855_287),
            (99, 4e-8),
        ];
        for (number, expected) in golden {
            assert_close(rates.learning_rate(number), expected);
        }
        for number in 0..99 {
            let rising = rates.learning_rate(number + 1) > rates.learning_rate(number);
            assert_eq!(rising, number < 29, "step {number}");
        }
    }

    #[test]
    fn runs_of_one_training_step_have_a_learning_rate() {
        for name in [ScheduleName::OneCycle, ScheduleName::Cosine, ScheduleName::Step, ScheduleName::Constant]
        {
            let one = Schedule { total: 1, ..schedule(name) };
            assert_close(one.learning_rate(0), 0.01);
        }
    }
}
