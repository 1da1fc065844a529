use super::*;
use crate::config::{BackendName, HeadInitializerName, InitializerName};
use crate::device::{BUILT_IN, device};
use crate::model::initializers::initial_weights;
use burn::module::ParamId;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, RmsPropConfig, SgdConfig};
use burn::tensor::{Bytes as BurnBytes, Device};

/// 100 units: the recurrent weights, 40,000 values, are three chunks.
fn network(device: &Device) -> RowClassifier {
    let shape = ModelShape { inputs: 28, units: 100, layers: 1, classes: 10 };
    RowClassifier::new(
        &initial_weights(InitializerName::Pytorch, HeadInitializerName::Same, shape, 28, 1),
        &device.clone().autodiff(),
    )
}

/// The bits of all weights.
fn bits(model: &RowClassifier) -> Vec<u32> {
    let weights = model.to_weights();
    let layer = &weights.layers[0];
    let all = [&layer.input, &layer.recurrent, &layer.bias, &weights.head_weights, &weights.head_bias];
    all.into_iter().flatten().map(|value| value.to_bits()).collect()
}

/// Gradients of many magnitudes, with zeros of both signs and subnormal numbers among them.
fn noise(step: u32, config: &TrainConfig) -> ParameterGradients {
    let value = |index: u32| {
        let noise = (index + 7919 * step).wrapping_mul(2_654_435_761) >> 8;
        let value = noise as f32 / (1 << 23) as f32 - 1.0;
        match noise % 16 {
            0 => 0.0,
            1 => -0.0,
            2 => value * 1e-41,
            3 => value * 1e-22,
            4 => value * 100.0,
            _ => value * 0.01,
        }
    };
    let shapes = RowClassifier::parameter_shapes(ModelShape::of(config));
    let values = |shape: Vec<usize>| (0..shape.iter().product::<usize>() as u32).map(value).collect();
    ParameterGradients(shapes.map(values).collect())
}

/// A learning rate that falls.
fn learning_rate(step: u32) -> f64 {
    0.01 / f64::from(step + 3)
}

fn our_step(
    optimizer: &mut Optimizer,
    network: RowClassifier,
    step: u32,
    config: &TrainConfig,
) -> RowClassifier {
    optimizer.step(learning_rate(step), 1.0, network, &noise(step, config))
}

fn burns_step(
    optimizer: &mut ModuleOptimizer,
    network: RowClassifier,
    step: u32,
    config: &TrainConfig,
) -> RowClassifier {
    let device = device(config.backend);
    let mut gradients = GradientsParams::new();
    let shapes = RowClassifier::parameter_shapes(ModelShape::of(config));
    for ((number, values), shape) in (1u64..).zip(noise(step, config).0).zip(shapes) {
        let id = ParamId::from(number);
        match *shape {
            [length] => gradients.register(id, from_values(values, [length], &device)),
            [rows, columns] => gradients.register(id, from_values(values, [rows, columns], &device)),
            _ => unreachable!("parameters are vectors and matrices"),
        }
    }
    optimizer.step(learning_rate(step), network, gradients)
}

/// Settings, and burn's optimiser of the same rule: with and without weight decay and momentum.
fn pairs() -> Vec<(TrainConfig, ModuleOptimizer)> {
    let mut pairs = Vec::new();
    for weight_decay in [0.0, 0.013] {
        let decay = (weight_decay > 0.0).then(|| WeightDecayConfig::new(weight_decay));
        let base =
            TrainConfig { num_units: 100, weight_decay: weight_decay.into(), ..TrainConfig::default() };
        let config = TrainConfig { optimizer: OptimizerName::Rmsprop, ..base.clone() };
        let burns = RmsPropConfig::new().with_alpha(0.9).with_momentum(0.0).with_epsilon(1e-8);
        pairs.push((config, burns.with_weight_decay(decay.clone()).init()));
        for momentum in [0.0, 0.9] {
            let config = TrainConfig { optimizer: OptimizerName::Sgd, momentum, ..base.clone() };
            let inertia = MomentumConfig::new().with_momentum(momentum).with_dampening(0.0);
            let burns = SgdConfig::new().with_momentum((momentum > 0.0).then_some(inertia));
            pairs.push((config, burns.with_weight_decay(decay.clone()).init()));
        }
    }
    pairs
}

fn name(config: &TrainConfig) -> String {
    let TrainConfig { optimizer, weight_decay, momentum, backend, .. } = config;
    format!("{optimizer}, weight decay {weight_decay}, momentum {momentum}, {backend}")
}

#[test]
fn rmsprop_and_sgd_are_bit_identical_with_burns_own() {
    for &backend in BUILT_IN {
        for (config, mut burns) in pairs() {
            let config = TrainConfig { backend, ..config };
            let mut ours = Optimizer::new(&config);
            let device = device(backend);
            let (mut one, mut other) = (network(&device), network(&device));
            for step in 0..30 {
                one = our_step(&mut ours, one, step, &config);
                other = burns_step(&mut burns, other, step, &config);
                assert!(bits(&one) == bits(&other), "{}, step {step}", name(&config));
            }
        }
    }
}

#[test]
fn a_state_that_burn_wrote_is_read_here_and_the_other_way_round() {
    let device = device(BackendName::Ndarray);
    for (config, mut burns) in pairs() {
        let fresh = burns.clone();
        let mut ours = Optimizer::new(&config);
        let mut model = network(&device);
        for step in 0..5 {
            let before = model.clone();
            model = our_step(&mut ours, model, step, &config);
            burns_step(&mut burns, before, step, &config);
        }
        let state = burns.into_bytes().unwrap().to_vec();
        let mut restored = Optimizer::restore(&config, state).unwrap();
        let written = BurnBytes::from_bytes_vec(ours.state().unwrap());
        let mut burns_restored = fresh.from_bytes(written).unwrap();
        assert_eq!(burns_restored.to_record().len(), burns.to_record().len(), "{}", name(&config));
        let (mut one, mut other) = (model.clone(), model.clone());
        for step in 5..8 {
            model = our_step(&mut ours, model, step, &config);
            one = our_step(&mut restored, one, step, &config);
            other = burns_step(&mut burns_restored, other, step, &config);
            assert!(bits(&one) == bits(&model), "{}, step {step}, read here", name(&config));
            assert!(bits(&other) == bits(&model), "{}, step {step}, read by burn", name(&config));
        }
    }
}

#[test]
fn adam_continues_with_the_number_of_its_step() {
    let config = TrainConfig { num_units: 100, ..TrainConfig::default() };
    let mut optimizer = Optimizer::new(&config);
    let mut model = network(&device(BackendName::Ndarray));
    for step in 0..3 {
        model = our_step(&mut optimizer, model, step, &config);
    }
    let mut restored = Optimizer::restore(&config, optimizer.state().unwrap()).unwrap();
    let again = our_step(&mut restored, model.clone(), 3, &config);
    assert!(bits(&again) == bits(&our_step(&mut optimizer, model, 3, &config)));
}

#[test]
fn a_state_before_the_first_step_and_a_foreign_one() {
    let config = TrainConfig { num_units: 100, ..TrainConfig::default() };
    let mut optimizer = Optimizer::restore(&config, Optimizer::new(&config).state().unwrap()).unwrap();
    our_step(&mut optimizer, network(&device(BackendName::Ndarray)), 0, &config);
    let state = optimizer.state().unwrap();
    let smaller = TrainConfig { num_units: 99, ..config.clone() };
    let other = TrainConfig { optimizer: OptimizerName::Rmsprop, ..config.clone() };
    let cut = state[..state.len() - 1].to_vec();
    for (config, state) in [(&smaller, &state), (&other, &state), (&config, &cut)] {
        assert!(matches!(Optimizer::restore(config, state.clone()), Err(TrainError::OptimizerState { .. })));
    }
}
