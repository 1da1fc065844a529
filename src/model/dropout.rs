//! Random masks for dropout.

use super::ModelShape;
use crate::seeds;
use rand::RngExt;

/// The factors of dropout in one training step, in row-major order: for the hidden states `[B, T, U]` of each layer below
/// another, from the first layer on, and for the last hidden state `[B, U]`.
#[derive(Clone, Debug)]
pub struct DropoutMasks(pub(super) Vec<Vec<f32>>);

impl DropoutMasks {
    /// Draws the masks of one training step: each value is 0 with probability `p`, else 1/(1 - p) (inverted dropout,
    /// Srivastava et al. 2014), drawn independently for every timestep.
    ///
    /// * `p`: in 0..1.
    /// * `size`: batch B and timesteps T.
    /// * `seed_and_step`: the run's seed and the number of the training step; the masks depend on nothing else.
    pub fn draw(p: f64, shape: ModelShape, size: [usize; 2], seed_and_step: (u64, u64)) -> Self {
        let [batch, timesteps] = size;
        let (seed, step) = seed_and_step;
        let scale = (1.0 / (1.0 - p)) as f32;
        let draw = |place: usize, count: usize| -> Vec<f32> {
            let mut generator = seeds::generator(seed, "dropout", &[step, place as u64]);
            (0..count).map(|_| if generator.random::<f64>() < p { 0.0 } else { scale }).collect()
        };
        let between = (1..shape.layers).map(|layer| draw(layer, batch * timesteps * shape.units));
        Self(between.chain([draw(0, batch * shape.units)]).collect())
    }
}
