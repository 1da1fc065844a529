//! The network against independent references: a plain scalar f64 LSTM written here (gradients by central differences),
//! burn-nn's own `Lstm`, and PyTorch.

use super::golden;
use super::support::{DEVICES, assert_within};
use burn::module::{Param, ParamId};
use burn::nn::{Linear, LstmConfig, LstmState};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rowlstm::config::{HeadInitializerName, InitializerName};
use rowlstm::head_op::{Targets, cross_entropy};
use rowlstm::model::{LayerWeights, ModelShape, ModelWeights, RowClassifier, initializers};
use rowlstm::seeds;

/// Batch B and timesteps T of a case.
type Size = (usize, usize);

/// The network in plain f64 arithmetic, one number at a time.
struct Scalar {
    shape: ModelShape,
    /// In the order of [`ModelWeights::tensors`].
    tensors: Vec<Vec<f64>>,
}

impl Scalar {
    fn new(weights: &ModelWeights) -> Self {
        let widen = |tensor: &[f32]| tensor.iter().map(|value| f64::from(*value)).collect();
        Self { shape: weights.shape, tensors: weights.tensors().map(widen).collect() }
    }

    /// The scores of one image of T timestep slices.
    fn logits(&self, image: &[f64]) -> Vec<f64> {
        let ModelShape { inputs, units, layers, classes } = self.shape;
        let mut sequence: Vec<Vec<f64>> = image.chunks(inputs).map(<[f64]>::to_vec).collect();
        for layer in 0..layers {
            let [wx, wh, b] = [0, 1, 2].map(|part| &self.tensors[3 * layer + part]);
            let (mut h, mut c) = (vec![0.0; units], vec![0.0; units]);
            for x in &mut sequence {
                let z = |gate: usize, unit: usize| {
                    let column = gate * units + unit;
                    let input: f64 = x.iter().enumerate().map(|(k, v)| v * wx[k * 4 * units + column]).sum();
                    let past: f64 = h.iter().enumerate().map(|(k, v)| v * wh[k * 4 * units + column]).sum();
                    input + past + b[column]
                };
                let sigmoid = |value: f64| 1.0 / (1.0 + (-value).exp());
                let mut next = h.clone();
                for unit in 0..units {
                    c[unit] = sigmoid(z(1, unit)) * c[unit] + sigmoid(z(0, unit)) * z(2, unit).tanh();
                    next[unit] = sigmoid(z(3, unit)) * c[unit].tanh();
                }
                h = next;
                x.clone_from(&h);
            }
        }
        let h = sequence.last().unwrap();
        let [weights, bias] = [0, 1].map(|part| &self.tensors[3 * layers + part]);
        let score = |class: usize| -> f64 {
            bias[class] + h.iter().enumerate().map(|(k, v)| v * weights[k * classes + class]).sum::<f64>()
        };
        (0..classes).map(score).collect()
    }

    fn loss(&self, images: &[Vec<f64>], labels: &[i32]) -> f64 {
        let one = |(image, label): (&Vec<f64>, &i32)| {
            let logits = self.logits(image);
            logits.iter().map(|score| score.exp()).sum::<f64>().ln() - logits[*label as usize]
        };
        images.iter().zip(labels).map(one).sum::<f64>() / images.len() as f64
    }

    /// The derivative of the loss with respect to one weight, by central differences: their error is about
    /// step^2 + 1e-16/step, below 1e-9 here.
    fn derivative(&mut self, tensor: usize, index: usize, images: &[Vec<f64>], labels: &[i32]) -> f64 {
        let (value, step) = (self.tensors[tensor][index], 1e-5);
        self.tensors[tensor][index] = value + step;
        let above = self.loss(images, labels);
        self.tensors[tensor][index] = value - step;
        let below = self.loss(images, labels);
        self.tensors[tensor][index] = value;
        (above - below) / (2.0 * step)
    }
}

/// Random weights with biases, random images with blank first timesteps as MNIST has them, random labels.
fn case(shape: ModelShape, (batch, timesteps): Size, seed: u64) -> (ModelWeights, Vec<f32>, Vec<i32>) {
    let weights =
        initializers::initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, seed);
    let mut generator = seeds::generator(seed, "test", &[]);
    let length = timesteps * shape.inputs;
    let mut x: Vec<f32> = (0..batch * length).map(|_| generator.random::<f32>()).collect();
    for (image, pixels) in x.chunks_mut(length).enumerate() {
        pixels[..(image % timesteps) * shape.inputs].fill(0.0);
    }
    let labels = (0..batch).map(|_| generator.random_range(0..shape.classes as i32)).collect();
    (weights, x, labels)
}

fn slices(x: &[f32], shape: ModelShape, (batch, timesteps): Size, device: &Device) -> Tensor<3> {
    Tensor::from_data(TensorData::new(x.to_vec(), [batch, timesteps, shape.inputs]), device)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

fn targets(labels: &[i32], smoothing: f64) -> Targets {
    Targets { labels: labels.to_vec(), smoothing }
}

/// The gradients of the mean cross-entropy in the order of [`ModelWeights::tensors`].
fn gradients(
    weights: &ModelWeights,
    x: &[f32],
    labels: &[i32],
    size: Size,
    smoothing: f64,
    device: &Device,
) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let model = RowClassifier::new(weights, &device);
    let logits = model.forward(slices(x, weights.shape, size, &device));
    let gradients = cross_entropy(logits, targets(labels, smoothing)).backward();
    let gradients = GradientsParams::from_grads(gradients, &model);
    // Parameters are numbered from 1 in the order of ModelWeights::tensors; every third of a layer and the last are
    // vectors.
    let count = 3 * weights.shape.layers + 2;
    let one = |index: usize| {
        let id = ParamId::from(index as u64 + 1);
        if index % 3 == 2 || index + 1 == count {
            numbers(gradients.get::<1>(id).expect("every weight has a gradient"))
        } else {
            numbers(gradients.get::<2>(id).expect("every weight has a gradient"))
        }
    };
    (0..count).map(one).collect()
}

const CASES: [(ModelShape, Size); 4] = [
    (ModelShape { inputs: 4, units: 6, layers: 1, classes: 10 }, (3, 5)),
    (ModelShape { inputs: 3, units: 5, layers: 2, classes: 10 }, (2, 4)),
    (ModelShape { inputs: 1, units: 1, layers: 1, classes: 3 }, (1, 1)),
    (ModelShape { inputs: 2, units: 17, layers: 1, classes: 4 }, (5, 7)),
];

#[test]
fn logits_and_all_gradients_agree_with_a_scalar_lstm() {
    for (seed, (shape, size)) in CASES.into_iter().enumerate() {
        let (weights, x, labels) = case(shape, size, seed as u64);
        let images: Vec<Vec<f64>> = x
            .chunks(size.1 * shape.inputs)
            .map(|image| image.iter().map(|value| f64::from(*value)).collect())
            .collect();
        let mut scalar = Scalar::new(&weights);
        let expected: Vec<f64> = images.iter().flat_map(|image| scalar.logits(image)).collect();
        for device in DEVICES.iter().copied().map(rowlstm::device::device) {
            let model = RowClassifier::new(&weights, &device);
            // f32 sums of a few dozen terms of size 1: 1e-6 is about ten roundings.
            assert_within(
                &numbers(model.forward(slices(&x, shape, size, &device))),
                &expected,
                1e-6,
                "logits",
            );
            for (tensor, found) in gradients(&weights, &x, &labels, size, 0.0, &device).iter().enumerate() {
                let expected: Vec<f64> = (0..found.len())
                    .map(|index| scalar.derivative(tensor, index, &images, &labels))
                    .collect();
                assert_within(found, &expected, 1e-6, &format!("gradient {tensor} of {shape:?}"));
            }
        }
    }
}

/// burn-nn's layer with the weights of ours.
fn burn_nn_lstm(layer: &LayerWeights, inputs: usize, units: usize, device: &Device) -> burn::nn::Lstm {
    let mut lstm = LstmConfig::new(inputs, units, true).init(device);
    let columns = |matrix: &[f32], rows: usize, gate: usize| -> Tensor<2> {
        let picked = (0..rows).flat_map(|row| {
            let start = row * 4 * units + gate * units;
            matrix[start..start + units].to_vec()
        });
        Tensor::from_data(TensorData::new(picked.collect::<Vec<f32>>(), [rows, units]), device)
    };
    let vector =
        |values: Vec<f32>| -> Tensor<1> { Tensor::from_data(TensorData::new(values, [units]), device) };
    let linear = |weight: Tensor<2>, bias: Vec<f32>| Linear {
        weight: Param::from_tensor(weight),
        bias: Some(Param::from_tensor(vector(bias))),
    };
    let controllers = [
        &mut lstm.input_gate,
        lstm.forget_gate.as_mut().unwrap(),
        &mut lstm.cell_gate,
        &mut lstm.output_gate,
    ];
    for (gate, controller) in controllers.into_iter().enumerate() {
        let bias = layer.bias[gate * units..(gate + 1) * units].to_vec();
        controller.input_transform = linear(columns(&layer.input, inputs, gate), bias);
        controller.hidden_transform = linear(columns(&layer.recurrent, units, gate), vec![0.0; units]);
    }
    lstm
}

#[test]
fn logits_agree_with_burns_own_lstm() {
    let (shape, size) = (ModelShape { inputs: 28, units: 16, layers: 1, classes: 10 }, (4, 28));
    let (weights, x, _) = case(shape, size, 9);
    for device in DEVICES.iter().copied().map(rowlstm::device::device) {
        let found = RowClassifier::new(&weights, &device).forward(slices(&x, shape, size, &device));
        let lstm = burn_nn_lstm(&weights.layers[0], 28, 16, &device);
        let (_, LstmState { hidden, .. }) = lstm.forward(slices(&x, shape, size, &device), None);
        let head = Tensor::<2>::from_data(TensorData::new(weights.head_weights.clone(), [16, 10]), &device);
        let bias = Tensor::<1>::from_data(TensorData::new(weights.head_bias.clone(), [10]), &device);
        let expected = hidden.matmul(head) + bias.unsqueeze();
        let expected: Vec<f64> = numbers(expected).into_iter().map(f64::from).collect();
        // Two f32 computations in another order, 28 timesteps of sums of 44 terms.
        assert_within(&numbers(found), &expected, 2e-6, "logits");
    }
}

#[test]
fn one_image_scores_the_same_alone_and_in_a_batch() {
    let (shape, size) = (ModelShape { inputs: 28, units: 16, layers: 1, classes: 10 }, (5, 28));
    let (weights, x, _) = case(shape, size, 3);
    let device = rowlstm::device::device(DEVICES[0]);
    let model = RowClassifier::new(&weights, &device);
    let together = numbers(model.forward(slices(&x, shape, size, &device)));
    for (index, image) in x.chunks(784).enumerate() {
        let alone = numbers(model.forward(slices(image, shape, (1, 28), &device)));
        let expected: Vec<f64> =
            together[index * 10..(index + 1) * 10].iter().map(|score| f64::from(*score)).collect();
        assert_within(&alone, &expected, 1e-6, "an image's scores"); // matrix products of another shape round differently
    }
}

#[test]
fn logits_losses_and_gradients_agree_with_pytorch() {
    for case in golden::cases() {
        for device in DEVICES.iter().copied().map(rowlstm::device::device) {
            let model = RowClassifier::new(&case.weights, &device);
            let logits = model.forward(slices(&case.x, case.weights.shape, case.size, &device));
            // PyTorch computed in f64 from the same f32 weights: what differs is f32 rounding over at most 28 timesteps.
            assert_within(&numbers(logits.clone()), &case.logits, 2e-6, &case.name);
            for (smoothing, expected) in [(0.0, &case.plain), (0.1, &case.smoothed)] {
                let loss = numbers(cross_entropy(logits.clone(), targets(&case.labels, smoothing)));
                assert_within(&loss, &[expected.loss], 2e-6, &case.name);
                let found = gradients(&case.weights, &case.x, &case.labels, case.size, smoothing, &device);
                for (index, (found, expected)) in found.iter().zip(&expected.gradients).enumerate() {
                    assert_within(found, expected, 2e-6, &format!("{}, gradient {index}", case.name));
                }
            }
        }
    }
}
