//! Random masks for dropout.

use super::{DropoutMasks, ModelShape};
use crate::seeds;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;

impl DropoutMasks {
    /// Draws the masks of one update: each value is 0 with probability `rate`, else 1/(1 - rate) (inverted dropout,
    /// Srivastava et al. 2014), drawn anew for every timestep.
    ///
    /// * `rate`: in 0..1.
    /// * `size`: batch B and timesteps T.
    /// * `seed_and_step`: the run's seed and the update's number, on which alone the masks depend.
    pub fn draw(
        rate: f64,
        shape: ModelShape,
        size: [usize; 2],
        seed_and_step: (u64, u64),
        device: &Device,
    ) -> Self {
        let [batch, timesteps] = size;
        let (seed, step) = seed_and_step;
        let scale = (1.0 / (1.0 - rate)) as f32;
        let draw = |place: u64, count: usize| -> Vec<f32> {
            let mut generator = seeds::generator(seed, "dropout", &[step, place]);
            (0..count).map(|_| if generator.random::<f64>() < rate { 0.0 } else { scale }).collect()
        };
        let between = (1..shape.layers).map(|layer| {
            let values = draw(layer as u64, batch * timesteps * shape.units);
            Tensor::from_data(TensorData::new(values, [batch, timesteps, shape.units]), device)
        });
        let head = draw(0, batch * shape.units);
        Self {
            between_layers: between.collect(),
            before_head: Tensor::from_data(TensorData::new(head, [batch, shape.units]), device),
        }
    }
}
