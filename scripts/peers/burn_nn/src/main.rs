//! Times the training step of an LSTM classifier built from burn-nn's `Lstm` and `Linear`, on MNIST rows: batch from
//! memory, forward, cross-entropy, backward, clipping, Adam. Prints one JSON object.
//!
//!     burn_nn_step --backend ndarray|flex --num-units U --batch-size B --steps N --threads N --json

#![allow(deprecated)] // burn-ndarray is deprecated upstream; it is one of the two backends that are measured

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig, Lstm, LstmConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::grad_clipping::GradientClippingConfig;
use burn::tensor::{Device, Int, Tensor, TensorData};
use std::collections::HashMap;
use std::io::Read;
use std::time::Instant;

#[derive(Module, Debug)]
struct Classifier {
    lstm: Lstm,
    head: Linear,
}

impl Classifier {
    fn forward(&self, rows: Tensor<3>) -> Tensor<2> {
        let (_, state) = self.lstm.forward(rows, None);
        self.head.forward(state.hidden) // [B, 10]
    }
}

/// The payload of a gzip IDX file, without its header.
fn idx(path: &str, header: usize) -> Vec<u8> {
    let file = std::fs::File::open(path).expect("run from the repository's root");
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).expect("the committed data is whole");
    bytes.split_off(header)
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--json").collect();
    let options: HashMap<&str, &str> =
        arguments.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    let number = |name: &str| options[name].parse::<usize>().expect("a number");
    let (units, batch, steps) = (number("--num-units"), number("--batch-size"), number("--steps"));
    // burn's backends compute on rayon's global pool.
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("RAYON_NUM_THREADS", options["--threads"]) };
    let device = if options["--backend"] == "flex" { Device::flex() } else { Device::ndarray() }.autodiff();

    let images = idx("data/mnist/train-images-idx3-ubyte.gz", 16);
    let labels = idx("data/mnist/train-labels-idx1-ubyte.gz", 8);
    let mut model = Classifier {
        lstm: LstmConfig::new(28, units, true).init(&device),
        head: LinearConfig::new(units, 10).init(&device),
    };
    let clipping = GradientClippingConfig::Norm(1.0);
    let mut optimizer = AdamConfig::new().with_grad_clipping(Some(clipping)).init();
    let loss = CrossEntropyLossConfig::new().init(&device);
    let (mut times, mut losses) = (Vec::new(), Vec::new());
    for step in 0..steps + 2 {
        let start = Instant::now();
        let first = step * batch % (labels.len() - batch);
        let pixels: Vec<f32> =
            images[first * 784..(first + batch) * 784].iter().map(|byte| f32::from(*byte) / 255.0).collect();
        let targets: Vec<i32> = labels[first..first + batch].iter().map(|label| i32::from(*label)).collect();
        let rows = Tensor::<3>::from_data(TensorData::new(pixels, [batch, 28, 28]), &device);
        let targets = Tensor::<1, Int>::from_data(TensorData::new(targets, [batch]), &device);
        let value = loss.forward(model.forward(rows), targets);
        losses.push(value.clone().into_scalar::<f32>());
        let gradients = GradientsParams::from_grads(value.backward(), &model);
        model = optimizer.step(1e-3, model, gradients);
        // Two steps of warm-up.
        if step >= 2 {
            times.push(1e3 * start.elapsed().as_secs_f64());
        }
    }
    times.sort_by(f64::total_cmp);
    let result = serde_json::json!({
        "backend": options["--backend"], "num_units": units, "batch_size": batch,
        "train_step_ms": times[times.len() / 2], "first_loss": losses[0], "last_loss": losses[losses.len() - 1],
    });
    println!("{result}");
}
