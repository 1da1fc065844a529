//! Where the LSTM kernel's time goes: processor time of one thread by phase and number of units, in milliseconds a
//! training step of 128 real images, the fastest of many.
//!
//!     cargo run --release --features phases --example phases

use rowlstm::config::InitializerName;
use rowlstm::data::{Batch, Dataset, EpochOrder};
use rowlstm::lstm_op::kernel::{Kernel, Output, Shape, Wants, Weights, phase};
use rowlstm::model::{ModelShape, initializers::initial_weights};
use rowlstm::training::with_threads;
use std::path::Path;

const BATCH: usize = 128;

fn main() {
    let data = Dataset::load(Path::new("data/mnist")).expect("run it from the repository's root");
    let order = EpochOrder::shuffled(0..55_000, 1, 0);
    let mut batch = Batch::default();
    batch.fill(&data.train, &order.indices()[..BATCH]);
    println!("units      pack   forward transpose      time   weights    unpack     total   GFLOP/s");
    for units in [16, 32, 64, 128, 256, 512] {
        let nanoseconds = with_threads(1, || fastest(&batch, units)).expect("one thread is to be had");
        let total: u64 = nanoseconds.iter().sum();
        let columns: Vec<String> = nanoseconds.iter().map(|ns| format!("{:9.3}", *ns as f64 / 1e6)).collect();
        let operations = (6 * 28 * BATCH * 4 * units * (28 + units)) as f64;
        println!(
            "{units:5} {} {:9.3} {:9.1}",
            columns.join(" "),
            total as f64 / 1e6,
            operations / total as f64
        );
    }
}

/// The phases of the fastest of several training steps.
fn fastest(batch: &Batch, units: usize) -> Vec<u64> {
    let model =
        initial_weights(InitializerName::Keras, ModelShape { inputs: 28, units, layers: 1, classes: 10 }, 1);
    let layer = &model.layers[0];
    let weights = Weights { input: &layer.input, recurrent: &layer.recurrent, bias: &layer.bias };
    let shape = Shape { batch: BATCH, timesteps: 28, inputs: 28, units };
    let mut out = vec![0.0; BATCH * units];
    let gradient = vec![1e-3; BATCH * units];
    let kernel = Kernel::default();
    let mut step = || {
        let saved =
            kernel.forward(shape, &batch.pixels, &weights, None, Output::Last, Wants::default(), &mut out);
        std::hint::black_box(kernel.backward(&batch.pixels, &weights, &saved, &gradient));
        phase::take().to_vec()
    };
    let rounds = (40_000 / units).clamp(20, 1000);
    (0..rounds).map(|_| step()).min_by_key(|phases| phases.iter().sum::<u64>()).expect("at least one round")
}
