//! The LSTM operation against the same in burn's tensor operations and against PyTorch; bit-identical results for any
//! number of threads.

use super::support::{DEVICES, assert_within};
use super::{golden, reference_lstm};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rowlstm::head_op::{Targets, cross_entropy};
use rowlstm::lstm_op::{LstmWeights, hidden_sequence, last_hidden_state};
use rowlstm::machine::with_threads;
use rowlstm::seeds;

/// Sizes of an operation: B, T, W, U.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    batch: usize,
    timesteps: usize,
    inputs: usize,
    units: usize,
}

/// The output of an operation, and the gradients of a weighted sum of it with respect to x if tracked, Wx, Wh and b.
struct Results {
    output: Vec<f32>,
    gradients: Vec<Vec<f32>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Sequence,
    Last,
}

/// The operation's inputs as numbers; the first timesteps of some images are blank, as MNIST's first rows are.
struct Inputs {
    sizes: Sizes,
    x: Vec<f32>,
    weights: [Vec<f32>; 3],
    /// The weight of each output value in the sum that is differentiated.
    output_weights: Vec<f32>,
}

impl Inputs {
    fn new(sizes: Sizes, form: Form) -> Self {
        let Sizes { batch, timesteps, inputs, units } = sizes;
        let mut generator = seeds::generator(5, "lstm operation", &[units as u64]);
        let mut draw = |count: usize, bound: f32| -> Vec<f32> {
            (0..count).map(|_| generator.random_range(-bound..bound)).collect()
        };
        let bound = 1.0 / (units as f32).sqrt();
        let mut x = draw(batch * timesteps * inputs, 1.0);
        for (image, pixels) in x.chunks_mut(timesteps * inputs).enumerate() {
            pixels[..(3 * image % timesteps) * inputs].fill(0.0);
        }
        let outputs = if form == Form::Last { batch * units } else { batch * timesteps * units };
        Self {
            sizes,
            x,
            weights: [
                draw(inputs * 4 * units, bound),
                draw(units * 4 * units, bound),
                draw(4 * units, bound),
            ],
            output_weights: draw(outputs, 1.0),
        }
    }

    fn run(&self, form: Form, fused: bool, track_x: bool, device: &Device) -> Results {
        let device = device.clone().autodiff();
        let Sizes { batch, timesteps, inputs, units } = self.sizes;
        let x = tensor(&self.x, [batch, timesteps, inputs], &device);
        let x = if track_x { x.require_grad() } else { x };
        let [input, recurrent] = [0, 1].map(|index| {
            tensor(&self.weights[index], [[inputs, units][index], 4 * units], &device).require_grad()
        });
        let bias = tensor(&self.weights[2], [4 * units], &device).require_grad();
        let weights = LstmWeights { input: input.clone(), recurrent: recurrent.clone(), bias: bias.clone() };
        let output = match (form, fused) {
            (Form::Sequence, true) => hidden_sequence(x.clone(), weights),
            (Form::Sequence, false) => Tensor::stack(reference_lstm::hidden_states(x.clone(), weights), 1),
            (Form::Last, true) => last_hidden_state(x.clone(), weights).unsqueeze_dim(1),
            (Form::Last, false) => {
                reference_lstm::hidden_states(x.clone(), weights).pop().unwrap().unsqueeze_dim(1)
            }
        };
        let output_weights = tensor(&self.output_weights, output.dims(), &device);
        let gradients = (output.clone() * output_weights).sum().backward();
        let mut found = Vec::new();
        found.extend(track_x.then(|| numbers(x.grad(&gradients).unwrap())));
        found.push(numbers(input.grad(&gradients).unwrap()));
        found.push(numbers(recurrent.grad(&gradients).unwrap()));
        found.push(numbers(bias.grad(&gradients).unwrap()));
        Results { output: numbers(output.inner()), gradients: found }
    }
}

fn tensor<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap()
}

fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

const SIZES: [Sizes; 6] = [
    Sizes { batch: 1, timesteps: 1, inputs: 1, units: 1 },
    Sizes { batch: 5, timesteps: 4, inputs: 3, units: 3 },
    Sizes { batch: 5, timesteps: 28, inputs: 28, units: 17 },
    Sizes { batch: 33, timesteps: 6, inputs: 28, units: 129 },
    Sizes { batch: 2, timesteps: 784, inputs: 1, units: 4 },
    Sizes { batch: 130, timesteps: 3, inputs: 5, units: 16 },
];

#[test]
fn the_kernel_agrees_with_burns_tensor_operations_in_every_form() {
    for sizes in SIZES {
        for (form, track_x) in
            [(Form::Last, false), (Form::Last, true), (Form::Sequence, true), (Form::Sequence, false)]
        {
            let inputs = Inputs::new(sizes, form);
            for device in DEVICES.iter().copied().map(rowlstm::device::device) {
                let fused = inputs.run(form, true, track_x, &device);
                let reference = inputs.run(form, false, track_x, &device);
                let what = format!("{sizes:?}, {form:?}, x tracked: {track_x}");
                // Two f32 computations of sums of up to 158 terms, over up to 784 timesteps.
                assert_within(&fused.output, &widened(&reference.output), 5e-6, &what);
                assert_eq!(fused.gradients.len(), reference.gradients.len());
                for (index, (found, expected)) in fused.gradients.iter().zip(&reference.gradients).enumerate()
                {
                    assert_within(found, &widened(expected), 2e-5, &format!("{what}, gradient {index}"));
                }
            }
        }
    }
}

#[test]
fn results_are_bit_identical_for_any_number_of_threads() {
    for sizes in SIZES {
        for (form, track_x) in [(Form::Last, false), (Form::Sequence, true)] {
            let inputs = Inputs::new(sizes, form);
            for device in DEVICES.iter().copied().map(rowlstm::device::device) {
                let run =
                    |threads| with_threads(threads, || inputs.run(form, true, track_x, &device)).unwrap();
                let one = run(1);
                for threads in [2, 3, 4] {
                    let other = run(threads);
                    assert!(one.output == other.output, "{sizes:?}, {form:?}: output on {threads} threads");
                    assert!(
                        one.gradients == other.gradients,
                        "{sizes:?}, {form:?}: gradients on {threads} threads"
                    );
                }
            }
        }
    }
}

#[test]
fn hidden_states_agree_with_pytorch() {
    let mut checked = 0;
    for case in golden::cases().into_iter().filter(|case| case.weights.shape.layers == 1) {
        let (batch, timesteps) = case.size;
        let (units, inputs) = (case.weights.shape.units, case.weights.shape.inputs);
        for device in DEVICES.iter().copied().map(rowlstm::device::device) {
            let layer = &case.weights.layers[0];
            let weights = LstmWeights {
                input: tensor(&layer.input, [inputs, 4 * units], &device),
                recurrent: tensor(&layer.recurrent, [units, 4 * units], &device),
                bias: tensor(&layer.bias, [4 * units], &device),
            };
            let x = tensor(&case.x, [batch, timesteps, inputs], &device);
            let found = hidden_sequence(x.clone(), weights.clone());
            // PyTorch in f64 from the same f32 numbers: what differs is our rounding over at most 28 timesteps.
            assert_within(&numbers(found), &case.hidden, 2e-6, &case.name);
            let last: Vec<f64> = (0..batch)
                .flat_map(|image| {
                    let start = (image * timesteps + timesteps - 1) * units;
                    case.hidden[start..start + units].to_vec()
                })
                .collect();
            assert_within(&numbers(last_hidden_state(x, weights)), &last, 2e-6, &case.name);
            checked += 1;
        }
    }
    assert_eq!(checked, 4 * DEVICES.len(), "four cases of one layer on each backend");
}

#[test]
fn gradients_with_respect_to_the_input_agree_with_pytorch() {
    for case in golden::cases().into_iter().filter(|case| case.weights.shape.layers == 1) {
        let (batch, timesteps) = case.size;
        let (units, inputs) = (case.weights.shape.units, case.weights.shape.inputs);
        for device in DEVICES.iter().copied().map(rowlstm::device::device) {
            let device = device.autodiff();
            let layer = &case.weights.layers[0];
            let weights = LstmWeights {
                input: tensor(&layer.input, [inputs, 4 * units], &device),
                recurrent: tensor(&layer.recurrent, [units, 4 * units], &device),
                bias: tensor(&layer.bias, [4 * units], &device),
            };
            let x = tensor(&case.x, [batch, timesteps, inputs], &device).require_grad();
            let last = last_hidden_state(x.clone(), weights);
            let head = tensor(&case.weights.head_weights, [units, 10], &device);
            let logits = last.matmul(head) + tensor(&case.weights.head_bias, [10], &device).unsqueeze();
            let loss = cross_entropy(logits, Targets { labels: case.labels.clone(), smoothing: 0.0 });
            let gradients = loss.backward();
            assert_within(&numbers(x.grad(&gradients).unwrap()), &case.plain.x, 2e-6, &case.name);
        }
    }
}

#[test]
fn states_of_evaluation_and_training_are_bit_identical() {
    let sizes = Sizes { batch: 37, timesteps: 28, inputs: 28, units: 24 };
    let inputs = Inputs::new(sizes, Form::Last);
    for device in DEVICES.iter().copied().map(rowlstm::device::device) {
        let trained = inputs.run(Form::Last, true, false, &device).output;
        let weights = LstmWeights {
            input: tensor(&inputs.weights[0], [28, 96], &device),
            recurrent: tensor(&inputs.weights[1], [24, 96], &device),
            bias: tensor(&inputs.weights[2], [96], &device),
        };
        let scored = last_hidden_state(tensor(&inputs.x, [37, 28, 28], &device), weights);
        assert!(trained == numbers(scored));
    }
}
