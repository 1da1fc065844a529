//! Cases: a shape, weights, inputs and gradients of the output, and the results of the kernel.

use crate::{Gradients, Kernel, Output, Shape, Tier, Weights};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// All inputs of an operation.
#[derive(Clone, Debug)]
pub struct Case {
    pub shape: Shape,
    pub output: Output,
    pub x: Vec<f32>,
    pub input_weights: Vec<f32>,
    pub recurrent_weights: Vec<f32>,
    pub bias: Vec<f32>,
    pub grad_out: Vec<f32>,
    pub input_gradient: bool,
}

/// All outputs of an operation.
#[derive(Debug)]
pub struct Results {
    pub out: Vec<f32>,
    pub gradients: Gradients,
}

/// `len` numbers in `-range..range`, multiples of 2^-16.
fn random(rng: &mut ChaCha8Rng, len: usize, range: f32) -> Vec<f32> {
    (0..len).map(|_| (rng.random_range(-range..range) * 65_536.0).round() / 65_536.0).collect()
}

impl Case {
    /// Dense inputs in `-1..1`, weights as small as those of a network; sizes are B, T, W, U.
    pub fn random(seed: u64, [batch, timesteps, inputs, units]: [usize; 4], output: Output) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shape = Shape { batch, timesteps, inputs, units };
        let range = 1.5 / ((inputs + units) as f32).sqrt();
        Case {
            shape,
            output,
            x: random(&mut rng, batch * timesteps * inputs, 1.0),
            input_weights: random(&mut rng, inputs * 4 * units, range),
            recurrent_weights: random(&mut rng, units * 4 * units, range),
            bias: random(&mut rng, 4 * units, 0.5),
            grad_out: random(&mut rng, output.len(shape), 1.0),
            input_gradient: false,
        }
    }

    pub fn with_input_gradient(mut self) -> Case {
        self.input_gradient = true;
        self
    }

    /// Keeps about one input in `keep_one_in` and makes the first `blank(image)` timesteps of each image zero.
    pub fn with_zeros(mut self, keep_one_in: u32, blank: impl Fn(usize) -> usize) -> Case {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        self.x.iter_mut().for_each(|x| *x *= f32::from(u8::from(rng.random_range(0..keep_one_in) == 0)));
        let (t, w) = (self.shape.timesteps, self.shape.inputs);
        for (image, x) in self.x.chunks_exact_mut(t * w).enumerate() {
            x[..blank(image).min(t) * w].fill(0.0);
        }
        self
    }

    /// One image of the batch by itself.
    pub fn alone(&self, image: usize) -> Case {
        let Shape { batch, timesteps, inputs, .. } = self.shape;
        let part = |values: &[f32], len: usize| values[image * len..(image + 1) * len].to_vec();
        let mut case = self.clone();
        case.shape.batch = 1;
        case.x = part(&self.x, timesteps * inputs);
        case.grad_out = part(&self.grad_out, self.grad_out.len() / batch);
        case
    }

    pub fn weights(&self) -> Weights<'_> {
        Weights { input: &self.input_weights, recurrent: &self.recurrent_weights, bias: &self.bias }
    }

    /// The output without a backward pass.
    pub fn infer(&self, tier: Tier) -> Vec<f32> {
        let kernel = Kernel::on(tier).unwrap();
        let mut out = vec![f32::NAN; self.output.len(self.shape)];
        kernel.infer(self.shape, &self.x, &self.weights(), self.output, &mut out);
        out
    }

    /// One training step.
    pub fn train(&self, tier: Tier) -> Results {
        let kernel = Kernel::on(tier).unwrap();
        let mut out = vec![f32::NAN; self.output.len(self.shape)];
        let weights = self.weights();
        let saved = kernel.forward(self.shape, &self.x, &weights, self.output, self.input_gradient, &mut out);
        let gradients = kernel.backward(&self.x, &weights, &saved, &self.grad_out);
        Results { out, gradients }
    }
}

impl Results {
    /// The bits of every number.
    pub fn all(&self) -> Vec<u32> {
        let g = &self.gradients;
        let fields = [&self.out, &g.input_weights, &g.recurrent_weights, &g.bias];
        fields.into_iter().flatten().chain(g.input.iter().flatten()).map(|v| v.to_bits()).collect()
    }
}
