//! What a unit count costs on this machine: real training steps and inference, timed.

use crate::config::TrainConfig;
use crate::data::{Dataset, Reading, TEST_IMAGES};
use crate::device::device;
use crate::error::TrainError;

use crate::inference::evaluate;
use crate::machine::{peak_memory_bytes, reset_peak_memory};
use crate::model::{ModelShape, RowClassifier, initializers::initial_weights};
use crate::run::RunFolder;
use crate::training::Session;
use lstm_kernel::{Tier, multiply_add_peak};
use serde::Serialize;
use std::time::{Duration, Instant};

/// Training steps before the first that counts.
const WARM_UP: usize = 10;
/// Passes over the test images, of which the median counts.
const INFERENCE_PASSES: usize = 5;

/// What one unit count costs. The field names are an interface.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// LSTM units U.
    pub num_units: usize,
    /// LSTM layers L.
    pub num_layers: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// Images in a step B.
    pub batch_size: usize,
    /// Threads computed with.
    pub threads: usize,
    /// Backend of the tensor operations.
    pub backend: String,
    /// Vector instructions of the kernel.
    pub instructions: String,
    /// Training steps timed.
    pub steps: usize,
    /// Median time of a step: batch from memory, forward, loss, backward, clipping, update.
    pub train_step_ms: f64,
    /// Fastest step.
    pub train_step_ms_min: f64,
    /// Nine of ten steps were faster.
    pub train_step_ms_90: f64,
    /// Training images a second, by the median step.
    pub images_per_second: f64,
    /// Test images scored a second, by the median of several passes over all of them.
    pub inference_images_per_second: f64,
    /// 6 floating-point operations (3 multiply-adds) for each weight of the matrix products, image and timestep, by the
    /// median step, in 10⁹ a second: the arithmetic of dense products, whether or not it was spared.
    pub gflop_per_second: f64,
    /// The machine's measured multiply-add peak, in 10⁹ a second.
    pub peak_gflop_per_second: f64,
    /// `gflop_per_second` of `peak_gflop_per_second`.
    pub peak_share: f64,
    /// The most memory the process held meanwhile, the data set included; `null` where the system does not tell.
    pub peak_memory_bytes: Option<u64>,
    /// Weights and biases.
    pub parameters: usize,
    /// Mean loss of all steps, as evidence that they train.
    pub mean_loss: f64,
}

/// Times `steps` training steps, and inference on the test images, with these settings. Stores nothing.
///
/// # Errors
/// As for training.
pub fn measure(config: &TrainConfig, data: &Dataset, steps: usize) -> Result<Measurement, TrainError> {
    let tier = Tier::best();
    let peak = multiply_add_peak(tier) / 1e9;
    reset_peak_memory();
    let folder = RunFolder::at("unused");
    let mut session = Session::new(config, data, &folder, None)?;
    session.time_updates(WARM_UP)?;
    let mut times: Vec<f64> =
        session.time_updates(steps)?.iter().map(|time| 1e3 * time.as_secs_f64()).collect();
    let mean_loss = session.mean_loss();
    times.sort_by(f64::total_cmp);
    let step_ms = times[times.len() / 2];

    let shape = ModelShape::of(config);
    let operations = 6.0 * (shape.multiply_adds(config.timesteps) * config.batch_size) as f64;
    let gflop_per_second = operations / step_ms / 1e6;
    Ok(Measurement {
        num_units: config.num_units,
        num_layers: config.num_layers,
        timesteps: config.timesteps,
        batch_size: config.batch_size,
        threads: rayon::current_num_threads(),
        backend: config.backend.to_string(),
        instructions: format!("{tier:?}").to_lowercase(),
        steps,
        train_step_ms: step_ms,
        train_step_ms_min: times[0],
        train_step_ms_90: times[(times.len() * 9 / 10).min(times.len() - 1)],
        images_per_second: 1e3 * config.batch_size as f64 / step_ms,
        inference_images_per_second: inference_rate(config, data),
        gflop_per_second,
        peak_gflop_per_second: peak,
        peak_share: gflop_per_second / peak,
        peak_memory_bytes: peak_memory_bytes(),
        parameters: shape.parameters(),
        mean_loss,
    })
}

/// Seconds of a training step on the current threads: the median of as many as fit in a quarter of a second after a first
/// one, at least five. Stores nothing.
///
/// # Errors
/// As for training.
pub fn step_seconds(config: &TrainConfig, data: &Dataset) -> Result<f64, TrainError> {
    let folder = RunFolder::at("unused");
    let mut session = Session::new(config, data, &folder, None)?;
    session.time_updates(1)?;
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || (start.elapsed() < Duration::from_millis(250) && times.len() < 100) {
        times.extend(session.time_updates(1)?);
    }
    times.sort_unstable();
    Ok(times[times.len() / 2].as_secs_f64())
}

/// Test images scored a second.
fn inference_rate(config: &TrainConfig, data: &Dataset) -> f64 {
    let device = device(config.backend);
    let weights =
        initial_weights(config.initializer, config.head_initializer, ModelShape::of(config), config.seed);
    let model = RowClassifier::new(&weights, &device);
    let reading = Reading::new(config);
    let pass = || {
        let start = Instant::now();
        evaluate(&model, &data.test, 0..TEST_IMAGES, &reading, &device);
        start.elapsed().as_secs_f64()
    };
    pass();
    let mut seconds: Vec<f64> = (0..INFERENCE_PASSES).map(|_| pass()).collect();
    seconds.sort_by(f64::total_cmp);
    TEST_IMAGES as f64 / seconds[INFERENCE_PASSES / 2]
}
