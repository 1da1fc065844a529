//! The optimiser that the settings ask for, its state as bytes, and clipping by the norm of the whole gradient. The
//! arithmetic is `rules`'s.

use super::rules::Rule;
use crate::config::{OptimizerName, TrainConfig};
use crate::error::TrainError;
use crate::host::{from_values, into_values};
use crate::model::{ModelShape, RowClassifier};
use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};
use burn_pack::{Bytes, DType, Reader, Writer};

/// The gradient of every parameter of a network, in the order in which the network numbers them.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterGradients(pub Vec<Vec<f32>>);

impl ParameterGradients {
    /// Takes them out of what a backward pass returned.
    pub fn take(gradients: Gradients, network: &RowClassifier) -> Self {
        struct Take(Gradients, Vec<Vec<f32>>);
        impl ModuleVisitor for Take {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                let gradient = param.val().grad_remove(&mut self.0);
                self.1.push(into_values(gradient.expect("the loss depends on every parameter")));
            }
        }
        let mut take = Take(gradients, Vec::new());
        network.visit(&mut take);
        Self(take.1)
    }

    /// The Euclidean norm of the whole gradient; not finite when a gradient is not.
    pub fn norm(&self) -> f64 {
        self.0.iter().map(|values| square_sum(values)).sum::<f64>().sqrt()
    }
}

/// The sum of squares in f64, in an order that the length alone decides: eight sums side by side, then their sum.
fn square_sum(values: &[f32]) -> f64 {
    let mut sums = [0.0; 8];
    let (chunks, rest) = values.as_chunks::<8>();
    for chunk in chunks {
        for (sum, value) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(*value) * f64::from(*value);
        }
    }
    sums.iter().sum::<f64>() + rest.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>()
}

/// The factor that scales a gradient of this norm down to at most `limit` (Pascanu, Mikolov and Bengio, On the
/// difficulty of training recurrent neural networks, 2013); 1 if nothing is to be done. A `limit` of 0 is none.
pub fn clip_factor(norm: f64, limit: f64) -> f32 {
    if limit > 0.0 && norm.is_finite() && norm > limit { (limit / norm) as f32 } else { 1.0 }
}

/// Turns gradients into new weights, and holds the state that this needs.
#[derive(Debug)]
pub struct Optimizer {
    rule: Rule,
    /// Steps taken.
    time: u64,
    /// Of every parameter, in the order in which the network numbers them, from 1 on.
    states: Vec<State>,
}

#[derive(Debug)]
struct State {
    /// Of the parameter.
    shape: Vec<usize>,
    /// As many as the rule has, each as long as the parameter.
    vectors: Vec<Vec<f32>>,
}

impl Optimizer {
    /// The optimiser that the settings ask for, before its first step.
    pub fn new(config: &TrainConfig) -> Self {
        let weight_decay = config.weight_decay as f32;
        let rule = match config.optimizer {
            OptimizerName::Adam => Rule::Adam { weight_decay, decoupled: false },
            OptimizerName::Adamw => Rule::Adam { weight_decay, decoupled: true },
            OptimizerName::Rmsprop => Rule::RmsProp { weight_decay },
            OptimizerName::Sgd => Rule::Sgd { weight_decay, momentum: config.momentum as f32 },
        };
        let state = |shape: Vec<usize>| {
            let vector = vec![0.0; shape.iter().product()];
            State { shape, vectors: vec![vector; rule.vectors()] }
        };
        Self {
            rule,
            time: 0,
            states: RowClassifier::parameter_shapes(ModelShape::of(config)).map(state).collect(),
        }
    }

    /// Changes the weights by one step along `scale * gradients`.
    ///
    /// # Panics
    ///
    /// If the network is not of the settings' size, or a gradient is not as long as its parameter.
    pub fn step(
        &mut self,
        learning_rate: f64,
        scale: f32,
        network: RowClassifier,
        gradients: &ParameterGradients,
    ) -> RowClassifier {
        self.time += 1;
        let parts = self.states.iter_mut().zip(&gradients.0);
        network.map(&mut StepMapper { rule: self.rule, time: self.time, learning_rate, scale, parts })
    }

    /// The optimiser's state in burnpack, burn's format, under the names of burn's own optimisers.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`].
    pub fn state(&self) -> Result<Vec<u8>, TrainError> {
        let (mut tensors, mut scalars) = (Vec::new(), Vec::new());
        let states = if self.time == 0 { &[] } else { self.states.as_slice() };
        for (number, State { shape, vectors }) in (1u64..).zip(states) {
            scalars.push((format!("{number}.__rank"), shape.len() as u64));
            if let Rule::Adam { .. } = self.rule {
                scalars.push((format!("{number}.{TIME}"), self.time));
            }
            for &(field, vector) in fields(self.rule) {
                let bytes = vectors[vector].iter().flat_map(|value| value.to_le_bytes()).collect();
                let (name, bytes) = (format!("{number}.{field}"), Bytes::from_bytes_vec(bytes));
                tensors.push(burn_pack::Tensor::new(name, DType::F32, shape.clone(), Some(number), bytes));
            }
        }
        let writer = Writer::new(tensors);
        let writer =
            scalars.iter().fold(writer, |writer, (key, value)| writer.with_scalar(key, (*value).into()));
        writer.into_bytes().map(|bytes| bytes.to_vec()).map_err(|error| state_error(error.to_string()))
    }

    /// The optimiser that the settings ask for, with what [`Self::state`] returned.
    ///
    /// # Errors
    /// [`TrainError::OptimizerState`] when the bytes are not a state of this optimiser for a network of this size.
    pub fn restore(config: &TrainConfig, bytes: Vec<u8>) -> Result<Self, TrainError> {
        let mut optimizer = Self::new(config);
        let damaged = |error: burn_pack::Error| state_error(error.to_string());
        let file = Reader::from_bytes(Bytes::from_bytes_vec(bytes)).map_err(damaged)?;
        if file.scalars().is_empty() {
            return Ok(optimizer); // saved before the first step
        }
        let time = file.scalars().get(&format!("1.{TIME}"));
        // Other rules ask only whether a step is the first.
        optimizer.time = time.map_or(Some(1), |time| u64::try_from(*time).ok()).ok_or_else(foreign)?;
        for (number, State { vectors, .. }) in (1..).zip(&mut optimizer.states) {
            for &(field, vector) in fields(optimizer.rule) {
                let bytes = file.tensor_data(&format!("{number}.{field}")).map_err(damaged)?;
                let (values, rest) = bytes.as_chunks();
                if values.len() != vectors[vector].len() || !rest.is_empty() {
                    return Err(foreign());
                }
                vectors[vector] = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
            }
        }
        Ok(optimizer)
    }
}

const TIME: &str = "time";

/// The tensors of the state of one parameter: name and which vector of the state it is.
fn fields(rule: Rule) -> &'static [(&'static str, usize)] {
    match rule {
        Rule::Adam { .. } => &[("moment_1", 0), ("moment_2", 1)],
        // burn stores the average twice.
        Rule::RmsProp { .. } => &[("square_avg.square_avg", 0), ("centered.avg", 0)],
        Rule::Sgd { .. } if rule.vectors() == 1 => &[("momentum.velocity", 0)],
        Rule::Sgd { .. } => &[],
    }
}

fn foreign() -> TrainError {
    state_error("it is not a state of this optimizer for a network of this size".into())
}

fn state_error(detail: String) -> TrainError {
    TrainError::OptimizerState { detail }
}

/// Takes one step with every parameter in turn.
struct StepMapper<I> {
    rule: Rule,
    time: u64,
    learning_rate: f64,
    scale: f32,
    /// State and gradient of the parameters that are left.
    parts: I,
}

impl<'a, I: Iterator<Item = (&'a mut State, &'a Vec<f32>)>> ModuleMapper for StepMapper<I> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (state, gradient) = self.parts.next().expect("there is a gradient for every parameter");
        param.map(|tensor| {
            let (shape, is_tracked) = (tensor.dims(), tensor.is_require_grad());
            let device = tensor.device().inner();
            let mut weights = into_values(tensor.inner());
            assert_eq!(gradient.len(), weights.len(), "a gradient is as long as its parameter");
            let Self { rule, time, learning_rate, scale, .. } = *self;
            rule.step(time, learning_rate, scale, &mut weights, gradient, &mut state.vectors);
            let tensor = Tensor::from_inner(from_values(weights, shape, &device));
            if is_tracked { tensor.require_grad() } else { tensor }
        })
    }
}

#[cfg(test)]
mod tests;
