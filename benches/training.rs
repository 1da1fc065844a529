//! The LSTM operation and one training step: `cargo bench -p rowlstm-benches`. `rowlstm bench` measures training by number of units, as a
//! fraction of the machine's peak.

#[path = "../tests/integration/reference_lstm.rs"]
mod reference_lstm;

use burn::tensor::{Tensor, TensorData};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use lstm_kernel::{Kernel, Output, Shape, Weights};
use rowlstm::benchmark::StepTimer;
use rowlstm::config::{HeadInitializerName, InitializerName, TrainConfig};
use rowlstm::data::{Augmenter, Batch, Dataset, EpochOrder};
use rowlstm::lstm_op::{LstmWeights, last_hidden_state};
use rowlstm::machine::with_threads;
use rowlstm::model::{ModelShape, ModelWeights, initializers::initial_weights};
use std::hint::black_box;
use std::path::Path;
use std::sync::OnceLock;

const BATCH: usize = 128;
const UNITS: [usize; 4] = [16, 64, 128, 256];

fn data() -> &'static Dataset {
    static DATA: OnceLock<Dataset> = OnceLock::new();
    DATA.get_or_init(|| {
        Dataset::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist"))
            .expect("the data is committed")
    })
}

fn batch() -> Batch {
    let order = EpochOrder::shuffled(0..55_000, 1, 0);
    let mut batch = Batch::default();
    batch.fill(&data().train, &order.indices()[..BATCH]);
    batch
}

fn weights(units: usize) -> ModelWeights {
    initial_weights(
        InitializerName::Keras,
        HeadInitializerName::Same,
        ModelShape { inputs: 28, units, layers: 1, classes: 10 },
        28,
        1,
    )
}

/// The kernel alone, forward and backward, on real images.
fn kernel(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("kernel, forward and backward");
    group.throughput(Throughput::Elements(BATCH as u64));
    let batch = batch();
    for units in UNITS {
        let model = weights(units);
        let layer = &model.layers[0];
        let weights = Weights { input: &layer.input, recurrent: &layer.recurrent, bias: &layer.bias };
        let shape = Shape { batch: BATCH, timesteps: 28, inputs: 28, units };
        let mut out = vec![0.0; BATCH * units];
        let gradient = vec![1e-3; BATCH * units];
        group.bench_function(BenchmarkId::from_parameter(units), |bencher| {
            let kernel = Kernel::default();
            bencher.iter(|| {
                let saved = kernel.forward(shape, &batch.pixels, &weights, Output::Last, false, &mut out);
                black_box(kernel.backward(&batch.pixels, &weights, &saved, &gradient))
            });
        });
    }
}

/// The operation as a node in burn's autograd graph, and the same in burn's tensor operations, forward and backward.
fn operation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("operation at 64 units, forward and backward");
    group.throughput(Throughput::Elements(BATCH as u64));
    let (batch, model) = (batch(), weights(64));
    for &backend in rowlstm::device::BUILT_IN {
        let device = rowlstm::device::device(backend).autodiff();
        let layer = &model.layers[0];
        let tensor = |values: &[f32], shape: [usize; 2]| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device).require_grad()
        };
        let bias = TensorData::new(layer.bias.clone(), [256]);
        let weights = LstmWeights {
            input: tensor(&layer.input, [28, 256]),
            recurrent: tensor(&layer.recurrent, [64, 256]),
            bias: Tensor::from_data(bias, &device).require_grad(),
        };
        let x = Tensor::<3>::from_data(TensorData::new(batch.pixels.clone(), [BATCH, 28, 28]), &device);
        group.bench_function(format!("fused, {backend}"), |bencher| {
            bencher.iter(|| black_box(last_hidden_state(x.clone(), weights.clone()).sum().backward()));
        });
        group.bench_function(format!("tensor operations, {backend}"), |bencher| {
            bencher.iter(|| {
                let last = reference_lstm::hidden_states(x.clone(), weights.clone()).pop();
                black_box(last.expect("there is a timestep").sum().backward())
            });
        });
    }
}

/// One step of a training run.
fn training_step(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training step");
    group.throughput(Throughput::Elements(BATCH as u64));
    for units in UNITS {
        let config = TrainConfig { num_units: units, epochs: 100, ..TrainConfig::default() };
        let mut timer = StepTimer::new(&config, data());
        group.bench_function(BenchmarkId::from_parameter(units), |bencher| {
            bencher.iter(|| timer.step().expect("the default settings do not diverge"));
        });
    }
}

/// Filling a batch with changed images, on one thread.
fn augmentation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("augmentation");
    group.throughput(Throughput::Elements(BATCH as u64));
    let order = EpochOrder::shuffled(0..55_000, 1, 0);
    for text in [
        "affine",
        "elastic",
        "thickness",
        "softness",
        "contrast",
        "affine+elastic+thickness+softness+contrast",
    ] {
        let augmenter = Augmenter::new(text.parse().expect("a kind of augmentation"), 1, 0);
        let mut batch = Batch::default();
        group.bench_function(BenchmarkId::from_parameter(text), |bencher| {
            let fill = || {
                bencher.iter(|| {
                    batch.fill_augmented(&data().train, &order.indices()[..BATCH], &augmenter);
                    black_box(&batch.pixels);
                });
            };
            with_threads(1, fill).expect("a thread can be started");
        });
    }
}

criterion_group!(benches, kernel, operation, training_step, augmentation);
criterion_main!(benches);
