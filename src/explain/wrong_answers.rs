//! Three common wrong answers to "what is num_units?", each with the fact that refutes it, computed for one network.

use crate::format::{count, thousands};
use crate::model::ModelShape;
use serde::Serialize;
use std::collections::BTreeMap;

/// A wrong answer and what refutes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WrongAnswer {
    /// The wrong claim about num_units.
    pub claim: &'static str,
    /// Why it is wrong.
    pub fact: String,
    /// The numbers in `fact`.
    pub numbers: BTreeMap<&'static str, usize>,
}

/// The three, for a network that reads `timesteps` timestep slices.
pub(super) fn all(shape: &ModelShape, timesteps: usize) -> Vec<WrongAnswer> {
    vec![cells(shape, timesteps), length(shape, timesteps), layers(shape)]
}

/// Parameters of all LSTM layers.
fn lstm(shape: &ModelShape) -> usize {
    shape.parameters() - shape.head_parameters()
}

fn cells(shape: &ModelShape, timesteps: usize) -> WrongAnswer {
    let (weights, units) = (lstm(shape), thousands(shape.units));
    let separate = timesteps * weights;
    let drawn = match shape.layers {
        1 => count(timesteps, "cell"),
        layers => format!("{} in each of the {layers} layers", count(timesteps, "cell")),
    };
    let fact = if timesteps == 1 {
        format!(
            "The picture has {drawn}, because the image is read in 1 timestep. It stays one cell, whatever num_units is; \
             here {} in it.",
            if shape.units == 1 { "1 unit is".into() } else { format!("{units} units are") }
        )
    } else {
        let (one, set) = match shape.layers {
            1 => ("one cell".to_string(), format!("one set of {} weights", thousands(weights))),
            _ => (
                "one cell per layer".to_string(),
                format!("one set of weights per layer, {} in total", thousands(weights)),
            ),
        };
        format!(
            "The picture has {drawn}, but they are {one}, drawn once per timestep: they share {set}. Separate cells \
             would have {} × {} = {}. Each drawn cell holds all {}.",
            thousands(timesteps),
            thousands(weights),
            thousands(separate),
            count(shape.units, "unit")
        )
    };
    let numbers = [
        ("cells_drawn", timesteps * shape.layers),
        ("parameters", weights),
        ("parameters_unshared", separate),
    ];
    WrongAnswer { claim: "the number of LSTM cells in the unrolled picture", fact, numbers: numbers.into() }
}

fn length(shape: &ModelShape, timesteps: usize) -> WrongAnswer {
    let (now, doubled) = (shape.multiply_adds(timesteps), shape.multiply_adds(2 * timesteps));
    let fact = format!(
        "A sequence twice as long, {} timesteps of {}, is read by the same {} weights with the same {}. Only the work \
         grows, from {} to {} multiply-adds per image.",
        thousands(2 * timesteps),
        count(shape.inputs, "value"),
        thousands(lstm(shape)),
        count(shape.units, "unit"),
        thousands(now),
        thousands(doubled)
    );
    let numbers = [
        ("timesteps_doubled", 2 * timesteps),
        ("parameters", lstm(shape)),
        ("multiply_adds", now),
        ("multiply_adds_doubled", doubled),
    ];
    WrongAnswer { claim: "the length of the input sequence", fact, numbers: numbers.into() }
}

fn layers(shape: &ModelShape) -> WrongAnswer {
    let deeper = lstm(&ModelShape { layers: shape.layers + 1, ..*shape });
    let wider = lstm(&ModelShape { units: 2 * shape.units, ..*shape });
    let network = |layers: usize, units: usize, weights: usize| {
        format!("{} of {}: {} weights", count(layers, "layer"), count(units, "unit"), thousands(weights))
    };
    let fact = format!(
        "That is num_layers, a separate option. {}; {}; {}.",
        network(shape.layers, shape.units, lstm(shape)),
        network(shape.layers + 1, shape.units, deeper),
        network(shape.layers, 2 * shape.units, wider)
    );
    let numbers = [
        ("parameters", lstm(shape)),
        ("parameters_one_layer_more", deeper),
        ("parameters_twice_the_units", wider),
    ];
    WrongAnswer { claim: "the number of layers stacked at a timestep", fact, numbers: numbers.into() }
}
