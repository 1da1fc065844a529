//! What a unit count costs on this machine: real training steps and inference, timed. Nothing is stored.

use crate::config::TrainConfig;
use crate::data::{Dataset, EpochOrder, Images, Reading, Split, TEST_IMAGES};
use crate::device::device;
use crate::error::TrainError;
use crate::inference::{evaluate, probabilities};
use crate::machine::{peak_memory_bytes, reset_peak_memory};
use crate::model::{ModelShape, RowClassifier, initializers::weights_of};
use crate::training::Trainer;
use burn::tensor::Device;
use lstm_kernel::{Tier, multiply_add_peak};
use serde::Serialize;
use std::convert::Infallible;
use std::time::{Duration, Instant};

/// Training steps before the first that counts.
const WARM_UP: usize = 10;
/// Passes over the test images, of which the median counts.
const INFERENCE_PASSES: usize = 5;

/// Multiply-adds of the images that are read together to be timed, at most: a few tenths of a second.
const BATCH_MULTIPLY_ADDS: usize = 2_000_000_000;

/// What one unit count costs. The field names are an interface.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    /// LSTM units U.
    pub num_units: usize,
    /// LSTM layers L.
    pub num_layers: usize,
    /// Timesteps T.
    pub timesteps: usize,
    /// Images per step B.
    pub batch_size: usize,
    pub threads: usize,
    pub backend: String,
    /// Vector instructions of the kernel.
    pub instructions: String,
    pub steps: usize,
    /// Median time of a step: batch from memory, forward, loss, backward, clipping, optimiser.
    pub train_step_ms: f64,
    /// Time of the fastest step.
    pub train_step_ms_min: f64,
    /// 90th percentile of the step times.
    pub train_step_ms_90: f64,
    /// Training images/s, from the median step.
    pub images_per_second: f64,
    /// Test images/s, from the median of several passes over all of them.
    pub inference_images_per_second: f64,
    /// Milliseconds per test image, likewise.
    pub inference_ms_per_image: f64,
    /// GFLOP/s, from the median step: 6 floating-point operations (3 multiply-adds) per weight of the matrix products,
    /// image and timestep. Products with zeros that the kernel skips are counted too.
    pub gflop_per_second: f64,
    /// The machine's measured multiply-add peak in GFLOP/s.
    pub peak_gflop_per_second: f64,
    /// `gflop_per_second` as a fraction of `peak_gflop_per_second`.
    pub peak_share: f64,
    /// Peak memory of the process meanwhile, the data set included; `null` if the system does not report it.
    pub peak_memory_bytes: Option<u64>,
    /// Weights and biases.
    pub parameters: usize,
    /// Bytes of the parameters.
    pub model_bytes: usize,
    /// Multiply-adds of the matrix products that score one image.
    pub multiply_adds: usize,
    /// Mean loss of all steps, the untimed ones included, as evidence that they train.
    pub mean_loss: f64,
}

/// Takes training steps with shuffled batches of full size, as a run does, and times each.
pub struct StepTimer<'a> {
    trainer: Trainer<'a>,
    data: &'a Dataset,
    order: EpochOrder,
    batch_size: usize,
    steps_done: usize,
    loss_sum: f64,
}

impl<'a> StepTimer<'a> {
    /// Prepares training of validated settings.
    pub fn new(config: &'a TrainConfig, data: &'a Dataset) -> Self {
        let order = EpochOrder::shuffled(Split::of(config, data.train.len()).train, config.seed, 0);
        let (trainer, batch_size) = (Trainer::new(config), config.batch_size);
        Self { trainer, data, order, batch_size, steps_done: 0, loss_sum: 0.0 }
    }

    /// Takes the next training step and returns how long it took.
    ///
    /// # Errors
    /// [`TrainError::Diverged`].
    pub fn step(&mut self) -> Result<Duration, TrainError> {
        let mut batches = self.order.indices().chunks_exact(self.batch_size);
        let indices = batches.nth(self.steps_done % batches.len()).expect("a run has a batch of full size");
        let start = Instant::now();
        let step = self.trainer.step(&self.data.train, indices, 0, self.steps_done)?;
        let duration = start.elapsed();
        self.steps_done += 1;
        self.loss_sum += step.loss;
        Ok(duration)
    }
}

/// Times `steps` training steps, and inference on the test images, with these settings.
///
/// # Errors
/// As for training.
pub fn measure(config: &TrainConfig, data: &Dataset, steps: usize) -> Result<Measurement, TrainError> {
    let tier = Tier::best();
    let peak = multiply_add_peak(tier) / 1e9;
    reset_peak_memory();
    let mut timer = StepTimer::new(config, data);
    for _ in 0..WARM_UP {
        timer.step()?;
    }
    let times = (0..steps).map(|_| timer.step().map(|time| 1e3 * time.as_secs_f64()));
    let mut times = times.collect::<Result<Vec<f64>, _>>()?;
    times.sort_by(f64::total_cmp);
    let step_ms = times[times.len() / 2];

    let shape = ModelShape::of(config);
    let operations = 6.0 * (shape.multiply_adds(config.timesteps) * config.batch_size) as f64;
    let gflop_per_second = operations / step_ms / 1e6;
    let inference = inference_images_per_second(config, data);
    Ok(Measurement {
        num_units: config.num_units,
        num_layers: config.num_layers,
        timesteps: config.timesteps,
        batch_size: config.batch_size,
        threads: rayon::current_num_threads(),
        backend: config.backend.to_string(),
        instructions: crate::lstm_op::instructions(),
        steps,
        train_step_ms: step_ms,
        train_step_ms_min: times[0],
        train_step_ms_90: times[(times.len() * 9 / 10).min(times.len() - 1)],
        images_per_second: 1e3 * config.batch_size as f64 / step_ms,
        inference_images_per_second: inference,
        inference_ms_per_image: 1e3 / inference,
        gflop_per_second,
        peak_gflop_per_second: peak,
        peak_share: gflop_per_second / peak,
        peak_memory_bytes: peak_memory_bytes(),
        parameters: shape.parameters(),
        model_bytes: shape.bytes(),
        multiply_adds: shape.multiply_adds(config.timesteps),
        mean_loss: timer.loss_sum / timer.steps_done as f64,
    })
}

/// What reading images takes a network, in seconds. The field names are an interface.
#[derive(Clone, Debug, Serialize)]
pub struct InferenceTime {
    /// One image alone: the median.
    pub alone: f64,
    /// Each image of `batch` together: the median.
    pub per_image: f64,
    pub batch: usize,
    pub threads: usize,
}

/// Times a network on some images, for about half a second, or longer if a single image takes it.
///
/// * `model`: on `device`, which records no gradients.
/// * `reading`: what is read of each image, as when the network was trained.
pub fn inference_time(
    model: &RowClassifier,
    images: &Images,
    reading: &Reading,
    device: &Device,
) -> InferenceTime {
    let multiply_adds = model.shape().multiply_adds(reading.timesteps());
    let batch = (BATCH_MULTIPLY_ADDS / multiply_adds).clamp(1, 500).min(images.len());
    let median = |batch: usize| {
        let pass = || {
            let start = Instant::now();
            probabilities(model, images, 0..batch, reading, device);
            Ok::<_, Infallible>(start.elapsed())
        };
        let Ok(_) = pass();
        let Ok(median) = median_time(pass);
        median.as_secs_f64()
    };
    let (alone, per_image) = (median(1), median(batch) / batch as f64);
    InferenceTime { alone, per_image, batch, threads: rayon::current_num_threads() }
}

/// The median of at least five times, and of as many as fit in a quarter of a second, up to 100.
fn median_time<E>(mut time: impl FnMut() -> Result<Duration, E>) -> Result<Duration, E> {
    let (start, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || (start.elapsed() < Duration::from_millis(250) && times.len() < 100) {
        times.push(time()?);
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

/// Seconds per training step on the current threads: the median of at least five steps after a first one, and of as
/// many as fit in a quarter of a second, up to 100.
///
/// # Errors
/// As for training.
pub fn step_seconds(config: &TrainConfig, data: &Dataset) -> Result<f64, TrainError> {
    let mut timer = StepTimer::new(config, data);
    timer.step()?;
    Ok(median_time(|| timer.step())?.as_secs_f64())
}

fn inference_images_per_second(config: &TrainConfig, data: &Dataset) -> f64 {
    let device = device(config.backend);
    let model = RowClassifier::new(&weights_of(config), &device);
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
