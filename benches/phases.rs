//! Where the time of a training step goes, by number of units: milliseconds for 128 real images, the fastest of many steps.
//! First a whole step on all cores, then the LSTM kernel's processor time on one thread.
//!
//!     cargo run --release -p rowlstm-benches --features phases
//!
//! With numbers of threads, what a step would take on so many cores: the critical path of the kernel, replayed from the
//! processor time of each piece of work; batch and Adam, shared in tasks of equal size; and what stays serial: burn's graph,
//! loss, and the norm of the gradient.
//!
//!     cargo run --release -p rowlstm-benches --features phases -- 2 4 8 16

mod replay;

use lstm_kernel::{Kernel, Output, Shape, Weights, phase};
use rowlstm::config::TrainConfig;
use rowlstm::data::{Batch, Dataset, EpochOrder};
use rowlstm::device::device;
use rowlstm::head_op::{Targets, cross_entropy};
use rowlstm::host::{from_values, into_values};
use rowlstm::machine::{thread_count, with_threads};
use rowlstm::model::{ModelWeights, RowClassifier, initializers::weights_of};
use rowlstm::training::{Optimizer, ParameterGradients, clip_factor};
use std::path::Path;
use std::time::Instant;

const BATCH: usize = 128;
/// The smallest task of filling a batch, and a task of Adam: those of `data/batches.rs` and `training/rules.rs`.
const IMAGES_PER_TASK: usize = 16;
const WEIGHTS_PER_TASK: usize = 1 << 14;
const UNITS: [usize; 6] = [16, 32, 64, 128, 256, 512];

fn main() {
    let data = Dataset::load(Path::new("data/mnist")).expect("run this from the root of the repository");
    let order = EpochOrder::shuffled(0..55_000, 1, 0);
    let cores: Vec<usize> =
        std::env::args().skip(1).map(|number| number.parse().expect("numbers of threads")).collect();
    if !cores.is_empty() {
        return bounds(&data, &order, &cores);
    }
    let threads = thread_count(0);
    println!("A whole step on {threads} threads");
    println!("units     batch   forward      loss  backward      clip      Adam     total");
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

/// A step on more cores than there are.
fn bounds(data: &Dataset, order: &EpochOrder, cores: &[usize]) {
    let meeting = replay::meeting_cost();
    println!(
        "A meeting of two threads: {meeting} ns. Milliseconds of a step; efficiency: share of linear speed-up"
    );
    println!("units  cores    serial    shared    kernel     total  efficiency  of the kernel");
    let mut batch = Batch::default();
    batch.fill(&data.train, &order.indices()[..BATCH]);
    for units in UNITS {
        let parts = with_threads(1, || whole_step(data, order, units)).expect("the thread can be started");
        let [batch_ms, forward, loss, backward, clip, adam] = parts;
        let of_kernel = |cores| {
            let passes =
                with_threads(cores, || rounds_of(&batch, units)).expect("the threads can be started");
            passes.iter().map(|pass| replay::critical_path(pass, meeting)).sum::<u64>() as f64 / 1e6
        };
        let one_kernel = of_kernel(1);
        // burn's graph and tensors.
        let around = (forward + backward - one_kernel).max(0.0);
        let serial = around + loss + clip;
        let one_total = one_kernel + serial + batch_ms + adam;
        for &cores in [1].iter().chain(cores) {
            let kernel = if cores == 1 { one_kernel } else { of_kernel(cores) };
            let shared = batch_ms / shares(BATCH, IMAGES_PER_TASK, cores)
                + adam / shares(4 * units * (28 + units), WEIGHTS_PER_TASK, cores);
            let total = kernel + serial + shared;
            println!(
                "{units:5} {cores:6} {serial:9.3} {shared:9.3} {kernel:9.3} {total:9.3} {:9.0} % {:12.0} %",
                100.0 * one_total / total / cores as f64,
                100.0 * one_kernel / kernel / cores as f64
            );
        }
    }
}

/// How many times as fast work is on `cores` cores when it is cut into tasks of equal size.
fn shares(size: usize, task: usize, cores: usize) -> f64 {
    let tasks = size.div_ceil(task);
    tasks as f64 / tasks.div_ceil(cores) as f64
}

/// The passes of a step, each piece of work as in the fastest of many steps.
fn rounds_of(batch: &Batch, units: usize) -> Vec<replay::Pass> {
    phase::take_passes();
    let mut step = kernel_step(batch, units);
    let rounds = (0..rounds(units) / 10).map(|_| {
        step();
        phase::take_passes()
    });
    replay::fastest(rounds.collect())
}

fn columns(milliseconds: &[f64]) -> String {
    milliseconds.iter().map(|value| format!("{value:9.3}")).collect::<Vec<_>>().join(" ")
}

fn rounds(units: usize) -> usize {
    (40_000 / units).clamp(20, 1000)
}

fn settings(units: usize) -> (TrainConfig, ModelWeights) {
    let config = TrainConfig { num_units: units, ..TrainConfig::default() };
    let weights = weights_of(&config);
    (config, weights)
}

/// The parts of a training step, each the fastest of many steps.
fn whole_step(data: &Dataset, order: &EpochOrder, units: usize) -> [f64; 6] {
    let (config, weights) = settings(units);
    let device = device(config.backend).autodiff();
    let mut model = RowClassifier::new(&weights, &device);
    let mut optimizer = Optimizer::new(&config);
    let mut batch = Batch::default();
    let mut fastest = [f64::INFINITY; 6];
    for indices in order.indices().chunks_exact(BATCH).cycle().take(rounds(units)) {
        let mut part = 0;
        let mut started = Instant::now();
        let mut end = || {
            fastest[part] = fastest[part].min(1e3 * started.elapsed().as_secs_f64());
            part += 1;
            started = Instant::now();
        };
        batch.fill(&data.train, indices);
        let rows = from_values(std::mem::take(&mut batch.pixels), [BATCH, 28, 28], &device);
        end();
        let logits = model.forward(rows.clone());
        end();
        let loss = cross_entropy(logits, Targets { labels: batch.labels.clone(), smoothing: 0.0 });
        end();
        let gradients = ParameterGradients::take(loss.backward(), &model);
        end();
        let scale = clip_factor(gradients.norm(), config.clip_norm);
        end();
        model = optimizer.step(1e-4, scale, model, &gradients);
        end();
        batch.pixels = into_values(rows.inner());
    }
    fastest
}

/// The phases of the kernel in the fastest of many training steps.
fn kernel(batch: &Batch, units: usize) -> Vec<f64> {
    let mut step = kernel_step(batch, units);
    let fastest = (0..rounds(units)).map(|_| step()).min_by_key(|phases| phases.iter().sum::<u64>());
    phase::take_passes();
    fastest.expect("at least one round").iter().map(|nanoseconds| *nanoseconds as f64 / 1e6).collect()
}

/// Forward and backward pass of the kernel, and the nanoseconds of their phases.
fn kernel_step(batch: &Batch, units: usize) -> impl FnMut() -> Vec<u64> {
    let (_, model) = settings(units);
    let shape = Shape { batch: BATCH, timesteps: 28, inputs: 28, units };
    let mut out = vec![0.0; BATCH * units];
    let gradient = vec![1e-3; BATCH * units];
    let kernel = Kernel::default();
    move || {
        let layer = &model.layers[0];
        let weights = Weights { input: &layer.input, recurrent: &layer.recurrent, bias: &layer.bias };
        let saved = kernel.forward(shape, &batch.pixels, &weights, Output::Last, false, &mut out);
        std::hint::black_box(kernel.backward(&batch.pixels, &weights, &saved, &gradient));
        phase::take().to_vec()
    }
}
