//! Where the time of a training step goes, by number of units: milliseconds for 128 real images, the fastest of many steps.
//! First a whole step on all cores, then the LSTM kernel's processor time on one thread.
//!
//!     cargo run --release -p rowlstm-benches --features phases

use burn::tensor::{Tensor, TensorData};
use lstm_kernel::{Kernel, Output, Shape, Weights, phase};
use rowlstm::config::TrainConfig;
use rowlstm::data::{Batch, Dataset, EpochOrder};
use rowlstm::device::device;
use rowlstm::head_op::{Targets, cross_entropy};
use rowlstm::machine::{thread_count, with_threads};
use rowlstm::model::{ModelShape, ModelWeights, RowClassifier, initializers::initial_weights};
use rowlstm::training::{Optimizer, ParameterGradients, clip_factor};
use std::path::Path;
use std::time::Instant;

const BATCH: usize = 128;
const UNITS: [usize; 6] = [16, 32, 64, 128, 256, 512];

fn main() {
    let data = Dataset::load(Path::new("data/mnist")).expect("run this from the root of the repository");
    let order = EpochOrder::shuffled(0..55_000, 1, 0);
    let threads = thread_count(0);
    println!("A whole step on {threads} threads");
    println!("units     batch   forward      loss  backward clip, Adam     total");
    for units in UNITS {
        let milliseconds =
            with_threads(threads, || whole_step(&data, &order, units)).expect("the threads can be started");
        println!("{units:5} {} {:9.3}", columns(&milliseconds), milliseconds.iter().sum::<f64>());
    }
    println!("\nThe LSTM kernel on one thread");
    println!("units      pack   forward transpose      time   weights    unpack     total   GFLOP/s");
    let mut batch = Batch::default();
    batch.fill(&data.train, &order.indices()[..BATCH]);
    for units in UNITS {
        let milliseconds = with_threads(1, || kernel(&batch, units)).expect("the thread can be started");
        let total: f64 = milliseconds.iter().sum();
        let operations = (6 * 28 * BATCH * 4 * units * (28 + units)) as f64;
        println!("{units:5} {} {total:9.3} {:9.1}", columns(&milliseconds), operations / total / 1e6);
    }
}

fn columns(milliseconds: &[f64]) -> String {
    milliseconds.iter().map(|value| format!("{value:9.3}")).collect::<Vec<_>>().join(" ")
}

fn rounds(units: usize) -> usize {
    (40_000 / units).clamp(20, 1000)
}

fn settings(units: usize) -> (TrainConfig, ModelWeights) {
    let config = TrainConfig { num_units: units, ..TrainConfig::default() };
    let weights =
        initial_weights(config.initializer, config.head_initializer, ModelShape::of(&config), config.seed);
    (config, weights)
}

/// The parts of a training step, each the fastest of many steps.
fn whole_step(data: &Dataset, order: &EpochOrder, units: usize) -> [f64; 5] {
    let (config, weights) = settings(units);
    let device = device(config.backend).autodiff();
    let mut model = RowClassifier::new(&weights, &device);
    let mut optimizer = Optimizer::new(&config);
    let mut batch = Batch::default();
    let mut fastest = [f64::INFINITY; 5];
    for indices in order.indices().chunks_exact(BATCH).cycle().take(rounds(units)) {
        let mut part = 0;
        let mut started = Instant::now();
        let mut end = || {
            fastest[part] = fastest[part].min(1e3 * started.elapsed().as_secs_f64());
            part += 1;
            started = Instant::now();
        };
        batch.fill(&data.train, indices);
        let pixels = TensorData::new(std::mem::take(&mut batch.pixels), [BATCH, 28, 28]);
        let rows = Tensor::<3>::from_data(pixels, &device);
        end();
        let logits = model.forward(rows.clone());
        end();
        let loss = cross_entropy(logits, Targets { labels: batch.labels.clone(), smoothing: 0.0 });
        end();
        let gradients = ParameterGradients::take(loss.backward(), &model);
        end();
        let scale = clip_factor(gradients.norm(), config.clip_norm);
        model = optimizer.step(1e-4, scale, model, &gradients);
        end();
        batch.pixels = rows.inner().into_data().try_into_vec().expect("pixels are f32");
    }
    fastest
}

/// The phases of the kernel in the fastest of many training steps.
fn kernel(batch: &Batch, units: usize) -> Vec<f64> {
    let (_, model) = settings(units);
    let layer = &model.layers[0];
    let weights = Weights { input: &layer.input, recurrent: &layer.recurrent, bias: &layer.bias };
    let shape = Shape { batch: BATCH, timesteps: 28, inputs: 28, units };
    let mut out = vec![0.0; BATCH * units];
    let gradient = vec![1e-3; BATCH * units];
    let kernel = Kernel::default();
    let mut step = || {
        let saved = kernel.forward(shape, &batch.pixels, &weights, Output::Last, false, &mut out);
        std::hint::black_box(kernel.backward(&batch.pixels, &weights, &saved, &gradient));
        phase::take()
    };
    let fastest = (0..rounds(units)).map(|_| step()).min_by_key(|phases| phases.iter().sum::<u64>());
    fastest.expect("at least one round").iter().map(|nanoseconds| *nanoseconds as f64 / 1e6).collect()
}
